//! What every step works with.

use std::{collections::BTreeMap, rc::Rc};

use bytes::Bytes;
use deadzone_history::{ConnId, MARKER};
use deadzone_script::Scenario;
use deadzone_spec::Node;
use deadzone_wire::Version;

use super::{
    claims::Claims, control::PutOff, footprint::Footprint, network::Network, parking::Parking, setting,
    wait::Signs,
};
use crate::{client::SharedClient, lower::Words, recorder::SharedRecorder, setup::Setup, timing::Timing};

/// One performance of one scenario, as its steps see it.
pub(crate) struct Stage<'a> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) network: Rc<Network>,
    pub(super) claims: Claims,
    pub(super) parking: Rc<Parking>,
    pub(super) signs: Signs,
    pub(super) words: Words,
    pub(super) footprint: Footprint,
    /// Control run: clients whose cut was put off.
    pub(super) put_off: BTreeMap<usize, PutOff>,
    markers: u32,
    /// Where the last step was that a client of the script took.
    pub(super) last_node: Option<Node>,
    /// A wait ended in silence: what would be silent behind it says nothing.
    pub(super) silent: bool,
    /// The walk is over: the target is being left as it was found, whatever ended the walk.
    pub(super) leaving: bool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(setup: &'a Setup<'a>, scenario: &Scenario, recorder: &SharedRecorder) -> Self {
        let timing = setting::timing(setup);
        let network = Rc::new(Network::new(setup, scenario, timing, recorder.clone()));
        if let Some(bridge) = &network.bridge {
            bridge.record(&network);
        }
        Self {
            setup,
            network,
            claims: Claims::new(recorder.clone(), setup.experiment.version),
            parking: Rc::new(Parking::new(
                Rc::clone(&setup.shared.slots),
                recorder.clone(),
                setup.timing.slow_ms * 1000,
            )),
            signs: Signs::default(),
            words: Words {
                run: setup.names.nonce.clone(),
                credentials: setup.access.credentials.clone(),
                ..Words::default()
            },
            footprint: Footprint::default(),
            put_off: BTreeMap::new(),
            markers: 0,
            last_node: None,
            silent: false,
            leaving: false,
        }
    }

    pub(super) fn recorder(&self) -> &SharedRecorder {
        &self.network.recorder
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.network.timing
    }

    pub(super) fn now_us(&self) -> u64 {
        self.network.recorder.now_us()
    }

    pub(super) fn client(&self, client: usize) -> &SharedClient {
        &self.network.clients[client]
    }

    pub(super) fn version(&self, client: usize) -> Version {
        self.client(client).borrow().version
    }

    /// The newest connection of a client, alive or not.
    pub(super) fn last_conn(&self, client: usize) -> Option<ConnId> {
        self.client(client).borrow().presence.last_conn
    }

    /// Whether what is waited for is not wanted any more.
    pub(super) fn cancelled(&self) -> bool {
        !self.leaving && self.setup.cancelled()
    }

    pub(super) fn is_derived_control(&self) -> bool {
        setting::is_derived_control(self.setup)
    }

    /// The payload of a message of the harness's own, told from every other.
    pub(super) fn marker(&mut self) -> Bytes {
        self.markers += 1;
        let mut payload = MARKER.to_vec();
        payload.extend_from_slice(format!("{} {}", self.words.run, self.markers).as_bytes());
        payload.into()
    }
}
