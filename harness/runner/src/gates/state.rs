//! What the runs of one gate's scenario show together. It knows nothing of other scenarios, nor of what stands on the gate.

use deadzone_history::History;
use deadzone_spec::ClauseId;
use deadzone_verdict::{Finding, ScenarioResult, Verdict, VerdictKind};

use crate::confirm::came_about;

/// How a gate ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// What stands on it may be tried.
    Open,
    /// A violation: one finding, and what stands on it is blocked.
    Failed {
        /// The gate's scenario.
        scenario: String,
        /// The clause that it breaks.
        clause: Option<ClauseId>,
    },
    /// A legal refusal: what stands on it does not apply.
    Limited(String),
    /// Not known, for this reason: what stands on it is blocked, and not counted.
    Unknown(String),
}

/// What one run shows of the property.
enum Shown {
    Held,
    /// Within the target's rights, for this reason.
    Refused(String),
    Violated,
    Nothing,
}

/// What a gate's scenario shows in all of its runs, as the head of this module has it.
pub(super) fn state(result: &ScenarioResult) -> State {
    let verdict = &result.verdict;
    // One that was cut short shows nothing, whatever its verdict is.
    let repeats = result.repeats.iter().filter(|repeat| !repeat.cut_short);
    let again = repeats.map(|repeat| shown(&repeat.verdict, repeat.history.as_deref()));
    let mut held = false;
    for shown in std::iter::once(shown(verdict, result.history.as_deref())).chain(again) {
        match shown {
            Shown::Refused(why) => return State::Limited(why),
            Shown::Held => held = true,
            Shown::Violated | Shown::Nothing => {}
        }
    }
    match verdict.kind {
        _ if held => State::Open,
        VerdictKind::Fail => match claimed(verdict).next() {
            // One that a repeat alone shows is confirmed as well.
            Some(finding) => State::Failed { scenario: result.key.id.clone(), clause: Some(finding.clause) },
            None => State::Unknown(beside(verdict)),
        },
        _ => State::Unknown(reason(verdict.reason.as_ref())),
    }
}

/// What a run shows. Of the first run the verdict is that of all runs: what a repeat alone found in it is not this run's.
fn shown(verdict: &Verdict, record: Option<&History>) -> Shown {
    match verdict.kind {
        VerdictKind::Pass | VerdictKind::PassSlow => Shown::Held,
        VerdictKind::NotApplicable => Shown::Refused(reason(verdict.reason.as_ref())),
        VerdictKind::Fail if claimed(verdict).any(|finding| finding.repeat.is_none()) => Shown::Violated,
        VerdictKind::Fail => match &verdict.otherwise {
            Some((VerdictKind::NotApplicable, why)) => Shown::Refused(reason(why.as_ref())),
            None | Some((VerdictKind::PassSlow, _)) if record.is_some_and(came_about) => Shown::Held,
            _ => Shown::Nothing,
        },
        VerdictKind::Inconclusive | VerdictKind::Blocked | VerdictKind::Error => Shown::Nothing,
    }
}

/// The findings by which what the gate itself claims did not hold, with what follows from them.
fn claimed(verdict: &Verdict) -> impl Iterator<Item = &Finding> {
    let is_claimed = |finding: &Finding| finding.claim.is_some();
    verdict.findings.iter().filter(move |head| is_claimed(head) || head.folded.iter().any(is_claimed))
}

fn reason(why: Option<&String>) -> String {
    why.cloned().unwrap_or_else(|| "no reason was given".to_owned())
}

/// Why a gate is not known where all that was found stands beside what it claims.
fn beside(verdict: &Verdict) -> String {
    let clauses: Vec<&str> = verdict.findings.iter().map(|finding| finding.clause.as_str()).collect();
    let why = verdict.otherwise.as_ref().and_then(|(_, why)| why.as_ref());
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("what it claims did not come about beside a breach of {}{why}", clauses.join(", "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deadzone_history::{Ended, HandMade, HowOften, Start};
    use deadzone_spec::id;
    use deadzone_verdict::{Fact, Repeat};
    use deadzone_wire::Version;

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    /// What a run came to, and its record.
    type Run = (Verdict, Option<Arc<History>>);

    fn failed(finding: Finding) -> Verdict {
        Verdict { kind: VerdictKind::Fail, findings: vec![finding], ..Verdict::pass() }
    }

    fn violation() -> Finding {
        Finding { claim: Some(0), ..Finding::new(id!("5.0/MQTT-4.3.3-8"), Fact::WrongPacket, "arrival") }
    }

    /// A record whose walk ends behind its claim, or is given up before it; or in which what is claimed does not come.
    fn record(how: fn(&mut HandMade)) -> Option<Arc<History>> {
        let mut h = HandMade::new(Version::V5);
        let dev = h.client("dev");
        h.connect(dev, Start::Clean);
        how(&mut h);
        Some(Arc::new(h.finish()))
    }

    fn met(h: &mut HandMade) {
        h.step("expect dev receives");
        let claim = h.receives(0, &["m"], HowOften::AtLeastOnce);
        h.met(claim, &[1]);
    }

    fn unmet(h: &mut HandMade) {
        h.step("expect dev receives");
        let claim = h.receives(0, &["m"], HowOften::AtLeastOnce);
        h.unmet(claim, 1, Ended::NotConnected, None);
    }

    fn given_up(h: &mut HandMade) {
        let step = h.step("pub connect clean");
        h.abandoned(step, "client `pub` has no connection");
    }

    fn violated() -> Run {
        (failed(violation()), record(unmet))
    }

    fn passed() -> Run {
        (Verdict::pass(), record(met))
    }

    fn unclear() -> Run {
        (Verdict::because(VerdictKind::Inconclusive, "closed"), record(given_up))
    }

    fn refused() -> Run {
        (Verdict::because(VerdictKind::NotApplicable, "it holds the next message back"), record(unmet))
    }

    /// A rule alone found something, in a run that went so.
    fn beside(how: fn(&mut HandMade)) -> Run {
        (failed(Finding::new(id!("5.0/MQTT-3.1.4-5"), Fact::WrongPacket, "connack")), record(how))
    }

    fn limit() -> State {
        State::Limited("it holds the next message back".to_owned())
    }

    fn broken() -> State {
        State::Failed { scenario: "gate".to_owned(), clause: Some(id!("5.0/MQTT-4.3.3-8")) }
    }

    /// How a gate ends by the verdict that was composed, and by its repeats, each cut short or not.
    fn ends(first: Run, repeats: Vec<(Run, bool)>) -> State {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let mut result = blank(&context, &plan.items[0], &"".into());
        result.key.id = "gate".to_owned();
        (result.verdict, result.history) = first;
        let repeat = |((verdict, history), cut_short)| Repeat { verdict, history, cut_short };
        result.repeats = repeats.into_iter().map(repeat).collect();
        state(&result)
    }

    fn whole<const N: usize>(first: Run, repeats: [Run; N]) -> State {
        ends(first, repeats.into_iter().map(|run| (run, false)).collect())
    }

    #[test]
    fn what_held_in_any_run_is_open() {
        assert_eq!(whole(passed(), []), State::Open);
        for first in [unclear(), violated()] {
            assert_eq!(whole(first.clone(), [passed()]), State::Open);
            assert_eq!(whole(first.clone(), [violated(), beside(met)]), State::Open);
            assert_ne!(whole(first.clone(), [violated(), unclear()]), State::Open);
        }
        assert_eq!(whole(violated(), [violated(), unclear()]), broken());
        assert_eq!(whole(unclear(), [unclear()]), State::Unknown("closed".to_owned()));
    }

    #[test]
    fn what_was_found_beside_it_opens_a_gate_only_where_its_claim_was_met() {
        for how in [given_up, unmet] {
            assert_eq!(whole(violated(), [beside(how), violated()]), broken());
            let State::Unknown(why) = whole(beside(how), [beside(how)]) else { panic!("it is not known") };
            assert_eq!(why, "what it claims did not come about beside a breach of 5.0/MQTT-3.1.4-5");
        }
        assert_eq!(whole(violated(), [beside(met), violated()]), State::Open);
        assert_eq!(whole(beside(met), []), State::Open);
        // The oracle has a reason of its own why nothing came of it.
        let (mut verdict, record) = beside(met);
        verdict.otherwise = Some((VerdictKind::Inconclusive, Some("closed 1 of 3".to_owned())));
        let State::Unknown(why) = whole((verdict.clone(), record.clone()), []) else { panic!("as above") };
        assert!(why.ends_with("5.0/MQTT-3.1.4-5: closed 1 of 3"), "{why}");
        assert_eq!(whole(violated(), [(verdict, record)]), broken());
        let (mut slow, record) = beside(met);
        slow.otherwise = Some((VerdictKind::PassSlow, None));
        assert_eq!(whole((slow, record), [violated()]), State::Open);
    }

    #[test]
    fn a_run_that_was_cut_short_neither_opens_nor_limits() {
        assert_eq!(ends(violated(), vec![(passed(), true), (violated(), false)]), broken());
        assert_eq!(ends(violated(), vec![(refused(), true), (violated(), false)]), broken());
    }

    #[test]
    fn a_refusal_in_any_of_the_runs_is_a_limit() {
        for first in [passed(), unclear(), violated(), beside(met), refused()] {
            assert_eq!(whole(first.clone(), [refused(), passed()]), limit());
            assert_eq!(whole(first, [passed(), refused()]), limit());
        }
        assert_eq!(whole(violated(), [refused(), violated()]), limit());
        // It is one too where a rule found something beside it.
        let (mut verdict, record) = beside(unmet);
        verdict.otherwise = Some((VerdictKind::NotApplicable, refused().0.reason));
        assert_eq!(whole((verdict, record), []), limit());
    }

    /// The verdict of all runs has what the repeats found as well.
    #[test]
    fn a_first_run_that_held_is_not_blamed_for_its_repeats() {
        let composed = |first: Run| {
            let (mut verdict, record) = first;
            verdict.findings.push(violation().of_run(Some(1)));
            (verdict, record)
        };
        assert_eq!(whole(composed(beside(met)), [violated(), violated()]), State::Open);
        assert_eq!(whole(composed(beside(given_up)), [violated(), violated()]), broken());
        let (mut verdict, record) = composed(beside(met));
        verdict.findings[0].folded = vec![violation()];
        let head = State::Failed { scenario: "gate".to_owned(), clause: Some(id!("5.0/MQTT-3.1.4-5")) };
        assert_eq!(whole((verdict, record), [violated(), violated()]), head, "by what follows from it");
    }
}
