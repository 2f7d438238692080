//! Foreign links, made by another program, for a whole run: which scenarios they can carry, and what a performance gets of them.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use deadzone_link::Fault;
use deadzone_play::{Dial, Dialling, ForeignLinks};
use deadzone_script::{Control, Scenario, Step, StepKind, TriggerTemplate};
use deadzone_transport::Approach;

/// How long the end of a run waits until nothing of it is left where the links come from.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
/// The same for a process that is to end at once.
const EXIT_LIMIT: Duration = Duration::from_secs(2);

/// Every provider that a run uses.
static IN_USE: Mutex<Vec<Weak<dyn LinkProvider>>> = Mutex::new(Vec::new());

/// What a question to a provider comes to, or why it could not be asked.
pub type Greeting<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// Where foreign links come from.
pub trait LinkProvider: Debug + Send + Sync {
    /// Asks, once and before anything else, what it is that makes the links to this target.
    fn greet(&self, target: SocketAddr) -> Greeting<'_>;
    /// What makes the links, for people: kind, version and address.
    fn describe(&self) -> String;
    /// Why it can't make this fault, if it can't.
    fn refuses(&self, fault: &Fault) -> Option<String>;
    /// Why it can't change a link with bytes under way in it, if it can't.
    fn refuses_change_under_way(&self) -> Option<String>;
    /// Links to this target for one performance; `word` is unique to it.
    fn open(&self, target: SocketAddr, word: &str) -> Rc<dyn ForeignLinks>;
    /// Takes down what any performance left, within this time, and lets nothing be made afterwards.
    fn leave(&self, limit: Duration);
}

/// A provider for as long as a run uses it. However the run ends, nothing of it stays there.
pub(crate) struct InUse(Arc<dyn LinkProvider>);

impl InUse {
    pub(crate) fn new(provider: &Arc<dyn LinkProvider>) -> Self {
        let mut all = in_use();
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(provider));
        Self(Arc::clone(provider))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        self.0.leave(LEAVE_LIMIT);
    }
}

/// For a process that is about to end without cleaning up.
pub(crate) fn leave_all() {
    let all: Vec<_> = in_use().drain(..).filter_map(|known| known.upgrade()).collect();
    for provider in all {
        provider.leave(EXIT_LIMIT);
    }
}

fn in_use() -> MutexGuard<'static, Vec<Weak<dyn LinkProvider>>> {
    IN_USE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a scenario can't be performed over such links, if it can't.
pub(crate) fn refusal(links: &dyn LinkProvider, scenario: &Scenario) -> Option<String> {
    let profile = scenario.profiles().first().map(|name| format!("its links have the profile {name}"));
    let own_control: &[Step] = match &scenario.control {
        Control::Steps(steps) => steps,
        _ => &[],
    };
    let of = |steps: &[Step]| {
        steps.iter().find_map(|step| refused(links, &step.kind)).or_else(|| changed_under_way(links, steps))
    };
    profile
        .or_else(|| of(&scenario.steps))
        .or_else(|| of(own_control))
        .map(|why| format!("not over foreign links: {why}"))
}

/// Whether a client's link changes again once anything may be under way in its delay.
fn changed_under_way(links: &dyn LinkProvider, steps: &[Step]) -> Option<String> {
    let why = links.refuses_change_under_way()?;
    // For each client whose link delays, whether anything happened since.
    let mut delayed: BTreeMap<usize, bool> = BTreeMap::new();
    for step in steps {
        let StepKind::Link { client, fault, .. } = &step.kind else {
            delayed.values_mut().for_each(|under_way| *under_way = true);
            continue;
        };
        if delayed.get(client) == Some(&true) {
            return Some(format!("`{fault}` comes while bytes may be under way in a delay: {why}"));
        }
        if matches!(fault, Fault::Delay(_, us) if *us > 0) {
            delayed.insert(*client, false);
        }
    }
    None
}

fn refused(links: &dyn LinkProvider, step: &StepKind) -> Option<String> {
    match step {
        StepKind::Link { fault, when, .. } => links.refuses(fault).or_else(|| match when {
            TriggerTemplate::Now => None,
            TriggerTemplate::AfterMs(_) => Some(format!("`{fault}` is to happen at a time of its own")),
            TriggerTemplate::On { .. } => Some(format!("`{fault}` is to happen at a packet")),
        }),
        StepKind::CutTls { .. } => Some("a cut below TLS".to_owned()),
        StepKind::LinkProfile { profile, .. } => Some(format!("a link changes to the profile {profile}")),
        StepKind::LinkSaw { .. } => Some("the broker's end of a link can't be seen".to_owned()),
        _ => None,
    }
}

/// The first client's foreign link as a way to the target: how a probe sees what the scenarios will see.
pub(crate) struct ThroughLink(pub(crate) Rc<dyn ForeignLinks>);

impl Dial for ThroughLink {
    fn dial<'a>(&'a self, _approach: &'a Approach) -> Dialling<'a> {
        self.0.dial(0)
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, rc::Rc, time::Duration};

    use deadzone_link::Fault;
    use deadzone_play::ForeignLinks;

    use super::{Greeting, LinkProvider, refusal};

    /// Makes every fault, but changes nothing under way.
    #[derive(Debug)]
    struct Careful;

    impl LinkProvider for Careful {
        fn greet(&self, _: SocketAddr) -> Greeting<'_> {
            Box::pin(async { Ok(()) })
        }

        fn describe(&self) -> String {
            "careful".to_owned()
        }

        fn refuses(&self, _: &Fault) -> Option<String> {
            None
        }

        fn refuses_change_under_way(&self) -> Option<String> {
            Some("it would let go".to_owned())
        }

        fn open(&self, _: SocketAddr, _: &str) -> Rc<dyn ForeignLinks> {
            unreachable!("nothing is performed")
        }

        fn leave(&self, _: Duration) {}
    }

    /// Why a scenario of these steps is refused, if it is.
    fn refused(steps: &[&str]) -> Option<String> {
        let head = "mqt 1\n\nscenario s\n  title     A title\n  clauses   5.0/MQTT-3.1.2-22\n  \
                    catches   mutant-close-swallowed\n\n  client a\n  client b\n\n";
        let steps: String = steps.iter().map(|step| format!("  {step}\n")).collect();
        let end = "  control none a test\n";
        let parsed = crate::parse("s.mqt", "s", &format!("{head}{steps}{end}"), false).unwrap();
        refusal(&Careful, parsed.scenarios.first().expect("it is a scenario"))
    }

    #[test]
    fn a_delay_is_changed_only_while_nothing_can_be_under_way() {
        let connect = "a connect clean";
        assert_eq!(refused(&[connect, "link a delay up 2s", "a ping"]), None);
        assert_eq!(refused(&[connect, "link a slice up 1", "link a delay both 50ms", "a ping"]), None);
        assert_eq!(refused(&[connect, "link a delay up 2s", "link a delay up 4s", "a ping"]), None);
        assert_eq!(refused(&["link a delay up 2s", connect, "b connect clean", "link b delay up 2s"]), None);
        for second in ["link a delay up 4s", "link a restore", "link a slice up 1"] {
            let why = refused(&[connect, "link a delay up 2s", "a ping", second, "a ping"]).unwrap();
            assert!(why.contains("under way") && why.contains("it would let go"), "{why}");
        }
    }
}
