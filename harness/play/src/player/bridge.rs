//! The bridge in a performance: steps on its link, and its connections in the record. What passes there comes from another thread
//! and is written down when it is heard of: beside the clients' packets its order is not exact, and nothing is judged by it.

use std::{collections::BTreeMap, rc::Rc};

use deadzone_history::{ClientIx, ConnId, EventKind, Purpose, Tap};
use deadzone_link::LinkStep;
use deadzone_spec::Node;
use tokio::sync::mpsc::UnboundedReceiver;

use super::network::Network;
use crate::{
    bridge::{Bridge, BridgeEvent},
    recorder::SharedRecorder,
};

/// The largest packet that is kept, bytes of Remaining Length.
const KEEP_BYTES: u32 = 1024 * 1024;

/// The bridge of a performance.
pub(super) struct PlayedBridge {
    client: ClientIx,
    bridge: Rc<dyn Bridge>,
}

impl PlayedBridge {
    /// The bridge of a scenario that has one, on a target that has one.
    pub(super) fn of(client: Option<usize>, bridge: Option<Rc<dyn Bridge>>) -> Option<Self> {
        Some(Self { client: client?.into(), bridge: bridge? })
    }

    /// Whether this is what the script calls it.
    pub(super) fn is(&self, client: usize) -> bool {
        self.client.index() == client
    }

    pub(super) fn step(&self, step: LinkStep) {
        self.bridge.step(step);
    }

    pub(super) fn restore(&self) {
        self.bridge.restore();
    }

    /// Writes down what happens there from here on.
    pub(super) fn record(&self, network: &Rc<Network>) {
        let heard = self.bridge.listen();
        let writer = Writer {
            client: self.client,
            network: Rc::clone(network),
            recorder: network.recorder.clone(),
            taps: BTreeMap::new(),
        };
        network.spawn(writer.write(heard));
    }
}

struct Writer {
    client: ClientIx,
    network: Rc<Network>,
    recorder: SharedRecorder,
    taps: BTreeMap<u64, (ConnId, Tap)>,
}

impl Writer {
    async fn write(mut self, mut heard: UnboundedReceiver<BridgeEvent>) {
        while let Some(event) = heard.recv().await {
            if self.recorder.overflow().is_none() {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: BridgeEvent) {
        let recorder = self.recorder.clone();
        let append = &mut |kind| recorder.append(kind);
        match event {
            BridgeEvent::Open { number, version } => {
                let conn = self.network.new_conn();
                append(EventKind::Opened { conn, client: self.client, node: Node::FIRST });
                let tap = match version {
                    Some(version) => Tap::new(conn, version, KEEP_BYTES),
                    None => Tap::of_stranger(conn, KEEP_BYTES),
                };
                self.taps.insert(number, (conn, tap));
            }
            BridgeEvent::Bytes { number, direction, end, bytes } => {
                if let Some((_, tap)) = self.taps.get_mut(&number) {
                    tap.pass(direction, end, Purpose::Script, &bytes, append);
                }
            }
            BridgeEvent::Note { number, note } => {
                let conn = number.and_then(|number| Some(self.taps.get(&number)?.0));
                append(EventKind::Link { client: self.client, conn, note: Box::new(note) });
            }
            BridgeEvent::Closed { number, end, by, how } => {
                if let Some((conn, _)) = self.taps.get(&number) {
                    append(EventKind::Closed { conn: *conn, end, by, how });
                }
            }
        }
    }
}
