//! A target that is up, and what a worker needs of it.

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadzone_play::{Bridge, Dial, ForeignLinks, NetDial, Ways};
use deadzone_target::{Declared, LogTail, NodePlaces, Places, Recipe, Started, Store};
use deadzone_transport::{Presented, Transport};
use deadzone_wire::{Credentials, Version};

use super::{
    BridgeLink, EMBEDDED_NODES, EmbeddedSpec, Offer, Pulse, ScriptedProcess, TargetSpec, embedded_dials,
    watched::WatchedDial,
};
use crate::{
    LinkProvider, Mutant, RunError,
    mutant::MutantDial,
    pace::{Pace, PacedDial},
};

/// How long a bridge may take to connect before scenarios begin all the same.
const BRIDGE_WITHIN: Duration = Duration::from_secs(20);

/// A target that is up.
pub(crate) enum Target {
    Embedded(EmbeddedSpec),
    Remote {
        name: String,
        places: Places,
        declared: Arc<Declared>,
        /// The process, if it is ours: it may be restarted.
        process: Option<Arc<Started>>,
        /// The link between its two brokers, if that is what its nodes are.
        bridge: Option<BridgeLink>,
        pulse: Arc<Pulse>,
        /// Where others use it: how fast it may be dialled.
        pace: Option<Arc<Pace>>,
    },
}

impl Target {
    pub(crate) fn start(spec: &TargetSpec, cancel: &AtomicBool) -> Result<Self, RunError> {
        let remote = |name: &str, places: Places, declared, process| {
            let bridge = places.bridge().map(|at| bridge(name, at, &places, cancel)).transpose()?;
            let (name, pulse) = (name.to_owned(), Arc::default());
            Ok(Self::Remote { name, places, declared, process, bridge, pulse, pace: None })
        };
        match spec {
            TargetSpec::Embedded(spec) => Ok(Self::Embedded(spec.clone())),
            TargetSpec::Remote { name, places, declared } => {
                remote(name, places.clone(), Arc::clone(declared), None)
            }
            TargetSpec::Started { recipe, declared, switches } => {
                let recipe = switched(recipe, switches.as_ref());
                let process = Started::start(&recipe, cancel)?;
                let credentials = process.credentials().cloned();
                let declared = Declared { credentials, ..Declared::clone(declared) };
                remote(&recipe.name, process.places().clone(), Arc::new(declared), Some(Arc::new(process)))
            }
        }
    }

    pub(crate) fn handle(&self) -> TargetHandle {
        match self {
            Self::Embedded(spec) => TargetHandle::Embedded(spec.clone()),
            Self::Remote { places, process, declared, bridge, pulse, pace, .. } => TargetHandle::Remote {
                places: places.clone(),
                declared: Arc::clone(declared),
                process: process.clone(),
                bridge: bridge.clone(),
                pulse: Arc::clone(pulse),
                pace: pace.clone(),
            },
        }
    }

    /// Waits for one that others run, until it answers a CONNECT.
    pub(crate) fn wait_for(&self, limit: Duration, cancel: &AtomicBool) -> Result<(), RunError> {
        let Self::Remote { places, process: None, name, declared, .. } = self else { return Ok(()) };
        let credentials = declared.credentials.as_ref();
        deadzone_target::wait_until_it_answers(places, credentials, limit, cancel).map_err(|why| match cancel
            .load(Ordering::Relaxed)
        {
            true => RunError::Interrupted,
            false => RunError::Target { target: name.clone(), why },
        })
    }

    /// The process, if it is ours.
    pub(crate) fn process(&self) -> Option<&Started> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { process, .. } => process.as_deref(),
        }
    }

    /// Ends what is left of a process of ours and starts it anew, at the same address and with nothing stored. `false`: it is
    /// not ours.
    pub(crate) fn restart(&mut self, cancel: &AtomicBool) -> Result<bool, RunError> {
        let Self::Remote { process: Some(process), pulse, .. } = self else { return Ok(false) };
        process.restart(Store::Fresh, cancel)?;
        *pulse = Arc::default();
        Ok(true)
    }
}

/// The link from the second broker to the first.
fn bridge(name: &str, at: SocketAddr, places: &Places, cancel: &AtomicBool) -> Result<BridgeLink, RunError> {
    let link = BridgeLink::serve(at, places.place(Version::V311).address)
        .map_err(|why| RunError::Target { target: name.to_owned(), why })?;
    link.wait_until_connected(BRIDGE_WITHIN, cancel);
    Ok(link)
}

/// The recipe with what is switched on.
fn switched(recipe: &Arc<Recipe>, switches: Option<&EmbeddedSpec>) -> Arc<Recipe> {
    match switches {
        Some(spec) => Arc::new(Recipe::clone(recipe).with_arguments(spec.arguments())),
        None => Arc::clone(recipe),
    }
}

/// What a worker needs of a target.
#[derive(Clone, Debug)]
pub(crate) enum TargetHandle {
    Embedded(EmbeddedSpec),
    Remote {
        places: Places,
        declared: Arc<Declared>,
        process: Option<Arc<Started>>,
        bridge: Option<BridgeLink>,
        pulse: Arc<Pulse>,
        pace: Option<Arc<Pace>>,
    },
}

impl TargetHandle {
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// The process, if it is ours.
    fn process(&self) -> Option<&Arc<Started>> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { process, .. } => process.as_ref(),
        }
    }

    /// Whether a script may do something to its process: we started it.
    pub(crate) fn is_ours(&self) -> bool {
        self.process().is_some()
    }

    /// The tail of its log, if we started it.
    pub(crate) fn log(&self) -> Option<Arc<LogTail>> {
        self.process().map(|process| process.log())
    }

    /// Its process for a script, if we started it; a start ends early where `cancel` is set.
    pub(crate) fn scripted(&self, cancel: &Arc<AtomicBool>) -> Option<ScriptedProcess> {
        let Self::Remote { process, pulse, .. } = self else { return None };
        let (started, pulse) = (Arc::clone(process.as_ref()?), Arc::clone(pulse));
        Some(ScriptedProcess { started, pulse, cancel: Arc::clone(cancel) })
    }

    /// Where it listens, if it has an address.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { places, .. } => Some(places.first()),
        }
    }

    /// What carries the bytes to it; for the embedded broker nothing but memory, which is told as TCP.
    pub(crate) fn transport(&self) -> Transport {
        match self {
            Self::Embedded(_) => Transport::Tcp,
            Self::Remote { places, .. } => places.transport(),
        }
    }

    /// Whether clients can show it such a certificate.
    pub(crate) fn can_present(&self, presented: Presented) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Remote { places, .. } => places.all().all(|place| place.dialer().can_present(presented)),
        }
    }

    /// What its descriptor declares; absent for the embedded broker.
    pub(crate) fn declared(&self) -> Option<&Declared> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { declared, .. } => Some(declared),
        }
    }

    /// Who clients are to it.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        self.declared().and_then(|declared| declared.credentials.clone())
    }

    /// Many connections were made to it lately.
    pub(crate) fn was_busy(&self) -> bool {
        match self {
            Self::Embedded(_) => false,
            Self::Remote { pulse, .. } => pulse.is_busy(),
        }
    }

    /// Others use it: few connections are made a second.
    pub(crate) fn is_gentle(&self) -> bool {
        matches!(self, Self::Remote { pace: Some(_), .. })
    }

    /// Foreign links to it for one performance.
    pub(crate) fn links(
        &self,
        provider: Option<&dyn LinkProvider>,
        word: &str,
    ) -> Option<Rc<dyn ForeignLinks>> {
        Some(provider?.open(self.address()?, word))
    }

    /// How many endpoints it has that are one server.
    pub(crate) fn nodes(&self) -> usize {
        match self {
            Self::Embedded(_) => EMBEDDED_NODES,
            Self::Remote { places, .. } => places.nodes().len(),
        }
    }

    /// Its nodes are two brokers with a bridge between them.
    pub(crate) fn has_bridge(&self) -> bool {
        self.bridge().is_some()
    }

    /// The link between them for a performance.
    pub(crate) fn bridge(&self) -> Option<Rc<dyn Bridge>> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { bridge, .. } => bridge.as_ref().map(BridgeLink::played),
        }
    }

    /// The ways to each node for one performance: the script's clients go through the mutant if one is switched on, the direct
    /// ones to the same broker. Inside the performance's `LocalSet`.
    pub(crate) fn ways(&self, version: Version, mutant: Option<Mutant>, offer: Offer) -> Vec<Ways> {
        self.dials(version, offer).into_iter().map(|direct| ways(direct, mutant)).collect()
    }

    /// The ways for clients of other versions than this, where the target takes those at other addresses.
    pub(crate) fn ways_elsewhere(
        &self,
        version: Version,
        mutant: Option<Mutant>,
    ) -> Vec<(Version, Vec<Ways>)> {
        let Self::Remote { places, .. } = self else { return Vec::new() };
        let address = |of: Version| places.nodes().iter().map(move |node| node.place(of).address);
        let others = [Version::V31, Version::V311, Version::V5].into_iter();
        let elsewhere = others.filter(|other| !address(*other).eq(address(version)));
        elsewhere.map(|other| (other, self.ways(other, mutant, Offer::default()))).collect()
    }

    /// The way to its first node.
    pub(crate) fn dial(&self, version: Version) -> Rc<dyn Dial> {
        self.dials(version, Offer::default()).swap_remove(0)
    }

    fn dials(&self, version: Version, offer: Offer) -> Vec<Rc<dyn Dial>> {
        match self {
            Self::Embedded(spec) => embedded_dials(spec, offer),
            Self::Remote { places, pulse, pace, .. } => {
                let dial = |node: &NodePlaces| {
                    let place = node.place(version);
                    let dial = NetDial { dialer: place.dialer().clone(), address: place.address };
                    let mut inner: Rc<dyn Dial> = Rc::new(dial);
                    if let Some(pace) = pace {
                        inner = Rc::new(PacedDial { inner, pace: Arc::clone(pace) });
                    }
                    Rc::new(WatchedDial { inner, pulse: Arc::clone(pulse) }) as Rc<dyn Dial>
                };
                places.nodes().iter().map(dial).collect()
            }
        }
    }
}

fn ways(direct: Rc<dyn Dial>, mutant: Option<Mutant>) -> Ways {
    let dial: Rc<dyn Dial> = match mutant {
        Some(mutant) => Rc::new(MutantDial::new(Rc::clone(&direct), mutant)),
        None => Rc::clone(&direct),
    };
    Ways { dial, direct }
}
