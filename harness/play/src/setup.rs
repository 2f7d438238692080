//! What a performance needs, grouped by where it comes from.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadzone_history::{ClientInfo, Header, Origin, SCHEMA, TargetFacts};
use deadzone_link::Catalogue;
use deadzone_script::Scenario;
use deadzone_spec::Node;
use deadzone_wire::{Credentials, Version};

use crate::{
    bridge::Bridge, dial::Dial, foreign::ForeignLinks, memory::MemoryBudget, process::Process, slots::Slots,
    timing::Timing,
};

/// What to perform, against what.
pub struct Setup<'a> {
    /// What the plan chose.
    pub experiment: Experiment<'a>,
    /// The ways to the target.
    pub access: Access,
    /// What this performance's clients and topics are called.
    pub names: Names,
    /// What it shares with the other performances of its run.
    pub shared: Shared,
    /// Time-outs.
    pub timing: Timing,
    /// Facts about the target for the judge.
    pub target: TargetFacts,
    /// Clean the target up afterwards: it lives on.
    pub teardown: bool,
    /// Watch for our own starvation: time is real.
    pub heartbeat: bool,
}

/// The scenario to perform, in which version and with which chances.
#[derive(Clone, Copy)]
pub struct Experiment<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// In which version.
    pub version: Version,
    /// With its faults, or as a control.
    pub run: Origin,
    /// The link profiles that scenarios may name.
    pub profiles: &'a Catalogue,
    /// Seed of this scenario in this version.
    pub seed: u64,
}

/// How the target is reached.
#[derive(Clone)]
pub struct Access {
    /// The ways to each of its nodes.
    pub nodes: Vec<Ways>,
    /// The same for clients of another version than the performance has, where the target takes those at other addresses.
    pub elsewhere: Vec<(Version, Vec<Ways>)>,
    /// Clients for which the script names no node are dealt over all of them by the seed, instead of being at the first.
    pub spread: bool,
    /// Foreign links for the script's clients, instead of their `dial` and of our own faults. They lead to the first node.
    pub links: Option<Rc<dyn ForeignLinks>>,
    /// What a CONNECT without a user name and a password says, where the target asks for some.
    pub credentials: Option<Credentials>,
    /// The link between the target's two brokers, where that is what its nodes are.
    pub bridge: Option<Rc<dyn Bridge>>,
    /// The target's process, where the script may do something to it.
    pub process: Option<Rc<dyn Process>>,
}

/// The ways to one node.
#[derive(Clone)]
pub struct Ways {
    /// By the script's clients.
    pub dial: Rc<dyn Dial>,
    /// By the harness itself, without a link between: for signs of life, and to leave it as it was found.
    pub direct: Rc<dyn Dial>,
}

impl Access {
    /// The ways to a node for a client of this version; none where the target has no such node.
    pub(crate) fn ways(&self, node: Node, version: Version) -> Option<&Ways> {
        let own = self.elsewhere.iter().find(|(of, _)| *of == version).map(|(_, nodes)| nodes);
        own.unwrap_or(&self.nodes).get(node.index())
    }
}

/// The names of a performance.
#[derive(Clone, Debug)]
pub struct Names {
    /// What every `{run}` of the whole run begins with.
    pub run_prefix: String,
    /// What `{run}` stands for: letters and digits, at most 16, so that client ids stay within 23 bytes.
    pub nonce: String,
}

/// What the performances of one run share.
pub struct Shared {
    /// The performance's job slot, given away while a wait is extended.
    pub slots: Rc<dyn Slots>,
    /// Memory; without it only the bounds of each performance count.
    pub memory: Option<Arc<MemoryBudget>>,
    /// Set from outside to end the walk early. With a heartbeat it is noticed within milliseconds.
    pub cancel: Arc<AtomicBool>,
}

impl Setup<'_> {
    pub(crate) fn cancelled(&self) -> bool {
        self.shared.cancel.load(Ordering::Relaxed)
    }

    pub(crate) fn header(&self, scenario: &Scenario) -> Header {
        let timing = crate::player::timing(self);
        let Experiment { version, run, seed, .. } = self.experiment;
        Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.id.clone(),
            file: scenario.file.clone(),
            version,
            seed: format!("{seed:016x}"),
            origin: run,
            run_prefix: self.names.run_prefix.clone(),
            nonce: self.names.nonce.clone(),
            clauses: scenario.clauses_of(version).collect(),
            clients: scenario
                .clients
                .iter()
                .map(|c| ClientInfo {
                    name: c.name.clone(),
                    manual: c.manual,
                    direct: c.direct,
                    version: c.version.unwrap_or(version),
                    bridge: c.bridge,
                })
                .collect(),
            patience_us: timing.scaled_us(timing.patience_ms),
            long_bound_us: timing.long_bound_ms * 1000,
            target: TargetFacts {
                user: self.access.credentials.as_ref().and_then(|known| known.user.clone()),
                ..self.target.clone()
            },
            real_time: self.heartbeat,
            quick: self.timing.quick,
            cut_short: None,
            continues: None,
        }
    }
}
