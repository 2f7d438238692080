//! Links that somebody else makes, for a whole run: which scenarios they can carry, and what a performance gets of them.

use std::{fmt::Debug, net::SocketAddr, rc::Rc};

use deadzone_link::Fault;
use deadzone_play::{Dial, Dialling, ForeignLinks};
use deadzone_script::{Scenario, StepKind, TriggerTemplate};

/// Where foreign links come from.
pub trait LinkProvider: Debug + Send + Sync {
    /// Why it can't make this fault, if it can't.
    fn refuses(&self, fault: &Fault) -> Option<String>;
    /// Links to this target for one performance; `word` is nobody else's.
    fn open(&self, target: SocketAddr, word: &str) -> Rc<dyn ForeignLinks>;
}

/// Why a scenario can't be performed over such links, if it can't.
pub(crate) fn refusal(links: &dyn LinkProvider, scenario: &Scenario) -> Option<String> {
    let profile = scenario.profiles().first().map(|name| format!("its links have the profile {name}"));
    profile
        .or_else(|| scenario.steps.iter().find_map(|step| refused(links, &step.kind)))
        .map(|why| format!("not over foreign links: {why}"))
}

fn refused(links: &dyn LinkProvider, step: &StepKind) -> Option<String> {
    match step {
        StepKind::Link { fault, when, .. } => links.refuses(fault).or_else(|| match when {
            TriggerTemplate::Now => None,
            TriggerTemplate::AfterMs(_) => Some(format!("`{fault}` is to happen at a time of its own")),
            TriggerTemplate::On { .. } => Some(format!("`{fault}` is to happen at a packet")),
        }),
        StepKind::LinkProfile { profile, .. } => Some(format!("a link changes to the profile {profile}")),
        StepKind::LinkSaw { .. } => Some("the broker's end of a link can't be seen".to_owned()),
        _ => None,
    }
}

/// The first client's foreign link as a way to the target: how a probe sees what the scenarios will see.
pub(crate) struct ThroughLink(pub(crate) Rc<dyn ForeignLinks>);

impl Dial for ThroughLink {
    fn dial(&self) -> Dialling<'_> {
        self.0.dial(0)
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}
