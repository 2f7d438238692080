//! The table of gates: what the scenarios of each say together, and what that means for those that stand on them.

use std::collections::BTreeMap;

use deadzone_script::{ConnectMode, Gate, Scenario, Step, StepKind};
use deadzone_spec::ClauseId;
use deadzone_verdict::{GateState, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::Version;

use super::state::{State, state};
use crate::Planned;

/// All gates of a run that were tried. One that no scenario is stays open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gates {
    states: BTreeMap<(Version, Gate), State>,
    /// Whether a session works, by how it begins: behind a clean start, or at once.
    sessions: BTreeMap<(Version, Begins), bool>,
}

/// How a new session begins: two legal ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Begins {
    Emptied,
    AtOnce,
}

impl Gates {
    /// Takes the result of a gate's scenario. Several scenarios may be one gate, each in another legal way: one that passes
    /// opens it.
    pub(crate) fn take(&mut self, gate: Gate, result: &ScenarioResult) {
        let state = state(result);
        let key = (result.key.version, gate);
        let better = |known: &State| rank(&state) < rank(known);
        if self.states.get(&key).is_none_or(better) {
            self.states.insert(key, state);
        }
    }

    /// Takes the result of one way to begin a session.
    pub(crate) fn take_session(&mut self, scenario: &Scenario, result: &ScenarioResult) {
        let fresh = |step: &Step| matches!(step.kind, StepKind::Connect { mode: ConnectMode::Fresh, .. });
        let way = if scenario.steps.iter().any(fresh) { Begins::Emptied } else { Begins::AtOnce };
        let works = match state(result) {
            State::Open => true,
            State::Failed { .. } => false,
            State::Limited(_) | State::Unknown(_) => return,
        };
        self.sessions.insert((result.key.version, way), works);
    }

    /// A session has to begin at once: the other way goes wrong.
    pub(crate) fn session_at_once(&self, version: Version) -> bool {
        let works = |way| self.sessions.get(&(version, way)).copied();
        works(Begins::Emptied) == Some(false) && works(Begins::AtOnce) == Some(true)
    }

    /// How a gate ended.
    pub(crate) fn state(&self, gate: Gate, version: Version) -> &State {
        self.states.get(&(version, gate)).unwrap_or(&State::Open)
    }

    /// The target was found to send one unacknowledged message at a time.
    pub(crate) fn one_in_flight(&self, version: Version) -> bool {
        self.is_spoken(version) && matches!(self.state(Gate::InFlight, version), State::Limited(_))
    }

    /// It was seen to take a message of QoS 2.
    pub(crate) fn takes_qos_2(&self, version: Version) -> bool {
        self.states.get(&(version, Gate::Qos2In)) == Some(&State::Open)
    }

    /// Whether the target speaks this version: without that no gate of it was tried.
    fn is_spoken(&self, version: Version) -> bool {
        !matches!(self.state(Gate::Connection, version), State::Limited(_))
    }

    /// The gates that are not open, as a run tells them: of a version that is not spoken the connection alone.
    pub(crate) fn shut(&self) -> impl Iterator<Item = GateState> {
        let told = |gate: &GateState| {
            gate.state != "open" && (self.is_spoken(gate.version) || gate.gate == Gate::Connection.name())
        };
        self.all().into_iter().filter(told)
    }

    /// The verdict of what stands on a gate that is not open.
    pub(crate) fn verdict(&self, planned: &Planned) -> Option<Verdict> {
        let version = planned.key.version;
        let own = planned.scenario.gate;
        let shut = planned.scenario.stands_on.iter().filter(|gate| Some(**gate) != own);
        let (gate, state) = shut
            .map(|gate| (*gate, self.state(*gate, version)))
            .filter(|(_, state)| **state != State::Open)
            .min_by_key(|(gate, state)| (blocking_rank(state), *gate))?;
        Some(match state {
            State::Open => return None,
            State::Failed { scenario, clause } => blocked(
                gate,
                format!("gate {gate} failed: {scenario} [{version}] breaks {}", breach(*clause)),
            ),
            State::Unknown(why) => blocked(gate, format!("gate {gate} is not known: {why}")),
            State::Limited(why) => {
                Verdict::because(VerdictKind::NotApplicable, format!("gate {gate}: {why}"))
            }
        })
    }

    /// Every gate that was tried.
    pub(crate) fn all(&self) -> Vec<GateState> {
        self.states
            .iter()
            .map(|((version, gate), state)| {
                let (word, why) = match state {
                    State::Open => ("open", String::new()),
                    State::Failed { scenario, clause } => {
                        ("failed", format!("{scenario}: {}", breach(*clause)))
                    }
                    State::Limited(why) => ("limited", why.clone()),
                    State::Unknown(why) => ("not known", why.clone()),
                };
                let failed_by = match state {
                    State::Failed { scenario, .. } => Some(scenario.clone()),
                    _ => None,
                };
                let (gate, state) = (gate.name().to_owned(), word.to_owned());
                GateState { version: *version, gate, state, why, failed_by }
            })
            .collect()
    }
}

/// The clause that a gate breaks, for people.
fn breach(clause: Option<ClauseId>) -> &'static str {
    clause.map_or("what it claims", ClauseId::as_str)
}

fn blocked(gate: Gate, reason: String) -> Verdict {
    Verdict { blocked_by: Some(gate.name().to_owned()), ..Verdict::because(VerdictKind::Blocked, reason) }
}

/// Of two scenarios that are one gate, which says what it is: open wins, then a violation, then a legal limit; of two alike the
/// one whose name or reason is less, so that it is no matter of which ended first.
fn rank(state: &State) -> (u8, &str) {
    match state {
        State::Open => (0, ""),
        State::Failed { scenario, .. } => (1, scenario),
        State::Limited(why) => (2, why),
        State::Unknown(why) => (3, why),
    }
}

/// Of several gates that are shut, which one is named: what can't apply needs no other reason.
fn blocking_rank(state: &State) -> u8 {
    match state {
        State::Limited(_) => 0,
        State::Failed { .. } => 1,
        State::Unknown(_) => 2,
        State::Open => 3,
    }
}

#[cfg(test)]
mod tests {
    use deadzone_verdict::Finding;

    use super::*;
    use crate::{EmbeddedSpec, Selection, Suite, job::JobContext, job::blank, target::TargetHandle};

    /// Two scenarios in 5.0, the second of which stands on these gates.
    fn pair(stands_on: &[Gate]) -> (ScenarioResult, Planned) {
        let suite = Suite::embedded().unwrap();
        let plan = crate::Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let result = blank(&context, &plan.items[0], &"".into());
        let mut other = plan.items[1].clone();
        std::sync::Arc::make_mut(&mut other.scenario).stands_on = stands_on.to_vec();
        (result, other)
    }

    fn with(result: &ScenarioResult, verdict: Verdict) -> ScenarioResult {
        ScenarioResult { verdict, ..result.clone() }
    }

    fn violation() -> Verdict {
        let finding = Finding {
            claim: Some(0),
            ..Finding::new(
                deadzone_spec::id!("5.0/MQTT-4.3.3-8"),
                deadzone_verdict::Fact::WrongPacket,
                "arrival",
            )
        };
        Verdict { kind: VerdictKind::Fail, findings: vec![finding], ..Verdict::pass() }
    }

    #[test]
    fn a_violation_blocks_and_names_its_gate() {
        let (result, other) = pair(&[Gate::Qos2In]);
        let mut gates = Gates::default();
        assert_eq!(gates.verdict(&other), None, "what was not tried is open");
        gates.take(Gate::Qos2In, &with(&result, violation()));
        let verdict = gates.verdict(&other).unwrap();
        assert_eq!((verdict.kind, verdict.blocked_by.as_deref()), (VerdictKind::Blocked, Some("qos2-in")));
        assert!(verdict.reason.unwrap().contains("5.0/MQTT-4.3.3-8"));
    }

    #[test]
    fn a_legal_refusal_does_not_apply_and_an_unknown_gate_blocks() {
        let (result, other) = pair(&[Gate::InFlight, Gate::Qos2In]);
        let mut gates = Gates::default();
        let limit = Verdict::because(VerdictKind::NotApplicable, "it holds the next message back");
        gates.take(Gate::InFlight, &with(&result, limit));
        assert!(gates.one_in_flight(Version::V5) && !gates.one_in_flight(Version::V311));
        assert!(!gates.takes_qos_2(Version::V5), "what was not asked is not known");
        assert_eq!(gates.verdict(&other).unwrap().kind, VerdictKind::NotApplicable);
        let (result, other) = pair(&[Gate::WillPublished]);
        gates.take(Gate::WillPublished, &with(&result, Verdict::because(VerdictKind::Inconclusive, "hm")));
        let verdict = gates.verdict(&other).unwrap();
        assert_eq!(verdict.kind, VerdictKind::Blocked);
        assert!(verdict.reason.unwrap().contains("hm"));
    }

    #[test]
    fn what_a_gate_is_blocked_by_is_the_same_whichever_of_its_scenarios_ends_first() {
        let (result, other) = pair(&[Gate::SessionResumed]);
        let reason_of = |order: [&str; 2]| {
            let mut gates = Gates::default();
            for id in order {
                let mut failed = with(&result, violation());
                failed.key.id = id.to_owned();
                gates.take(Gate::SessionResumed, &failed);
            }
            gates.verdict(&other).and_then(|verdict| verdict.reason)
        };
        assert_eq!(reason_of(["a", "b"]), reason_of(["b", "a"]));
    }

    #[test]
    fn another_legal_way_opens_a_gate() {
        let (result, other) = pair(&[Gate::SessionResumed]);
        let mut gates = Gates::default();
        gates.take(Gate::SessionResumed, &with(&result, violation()));
        gates.take(Gate::SessionResumed, &with(&result, Verdict::pass()));
        assert_eq!(gates.verdict(&other), None);
        gates.take(Gate::SessionResumed, &with(&result, violation()));
        assert_eq!(gates.verdict(&other), None, "in whatever order");
    }

    #[test]
    fn a_session_begins_in_the_way_that_works() {
        let suite = Suite::embedded().unwrap();
        let plan = crate::Plan::new(&suite, &Selection::default(), &[Version::V311], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let way = |id: &str| plan.items.iter().find(|p| p.key.id == id).unwrap();
        let (emptied, at_once) = (way("gates/keep/session-emptied-first"), way("gates/keep/session-at-once"));
        let result = |planned, verdict| with(&blank(&context, planned, &"".into()), verdict);
        let mut gates = Gates::default();
        gates.take_session(&emptied.scenario, &result(emptied, violation()));
        assert!(!gates.session_at_once(Version::V311), "the other way was not tried");
        gates.take_session(&at_once.scenario, &result(at_once, Verdict::pass()));
        assert!(gates.session_at_once(Version::V311) && !gates.session_at_once(Version::V5));
        gates.take_session(&emptied.scenario, &result(emptied, Verdict::pass()));
        assert!(!gates.session_at_once(Version::V311));
        // A way counts as its gate does: it goes wrong now and then, and it works.
        let again = |verdict| deadzone_verdict::Repeat { verdict, history: None, cut_short: false };
        let mut now_and_then = result(emptied, violation());
        now_and_then.repeats = vec![again(violation()), again(Verdict::pass())];
        gates.take(Gate::SessionResumed, &now_and_then);
        gates.take_session(&emptied.scenario, &now_and_then);
        assert_eq!(gates.state(Gate::SessionResumed, Version::V311), &State::Open);
        assert!(!gates.session_at_once(Version::V311));
        now_and_then.repeats.pop();
        gates.take_session(&emptied.scenario, &now_and_then);
        assert!(gates.session_at_once(Version::V311));
    }

    #[test]
    fn a_gate_does_not_block_itself() {
        let (result, mut other) = pair(&[Gate::Connection]);
        std::sync::Arc::make_mut(&mut other.scenario).gate = Some(Gate::Connection);
        let mut gates = Gates::default();
        gates.take(Gate::Connection, &with(&result, violation()));
        assert_eq!(gates.verdict(&other), None);
    }
}
