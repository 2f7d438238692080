//! The repeats and the control run of one scenario, one after another: none runs beside what it repeats.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_history::{CutShort, History, Origin};
use deadzone_script::Control;
use deadzone_verdict::{ControlResult, FactClass, Finding, Repeat, ScenarioResult, Verdict, VerdictKind};

use super::{Wanted, compose, settle};
use crate::{
    Planned,
    job::{JobContext, Run, once},
    record,
};

/// The number of the control run among the attempts at a scenario: behind every repeat.
const CONTROL_ATTEMPT: u32 = 9;

/// What was performed beside a first run.
struct Others {
    repeats: Vec<Result<Run, String>>,
    control: Option<Result<Run, String>>,
}

impl Others {
    /// Performs what is wanted. A repeat has the patience alone: it tells always from intermittent.
    fn perform(context: &JobContext, planned: &Planned, wanted: Wanted) -> Self {
        let mut context = context.clone();
        context.timing.quick = !context.target.is_embedded();
        let play = |origin, attempt| {
            let run = once(&context, planned, origin, attempt, None)?;
            Ok(Run { verdict: run.verdict.at_the_patience(), ..run })
        };
        let repeats = (1..=wanted.repeats).map(|n| play(Origin::Scenario, n)).collect();
        let control = wanted.control.then(|| play(Origin::Control, CONTROL_ATTEMPT));
        Self { repeats, control }
    }
}

/// Performs what a first run wants and makes one verdict of all of it.
pub(crate) fn confirm(
    context: &JobContext,
    planned: &Planned,
    wanted: Wanted,
    waited_out: bool,
    result: &mut ScenarioResult,
) {
    let others = Others::perform(context, planned, wanted);
    let cut_short = context.is_halted();
    if cut_short && others.repeats.iter().any(Result::is_err) {
        settle(&mut result.verdict, waited_out);
        return;
    }
    let failed = result.verdict.kind == VerdictKind::Fail;
    let first = result.history.clone();
    result.repeats = others.repeats.into_iter().map(|run| repeat(run, first.as_deref())).collect();
    // What is embedded gave the same bytes twice.
    let certain = usize::from(context.target.is_embedded());
    compose(result, certain, waited_out);
    if failed && result.verdict.kind == VerdictKind::Fail && !cut_short {
        weigh_control(planned, others.control, result);
    }
}

fn repeat(run: Result<Run, String>, first: Option<&History>) -> Repeat {
    match run {
        Ok(run) => as_repeat(run.verdict, run.history, false, first),
        Err(why) => {
            Repeat { verdict: Verdict::because(VerdictKind::Error, why), history: None, cut_short: false }
        }
    }
}

/// A repeat that was performed; `cut_off`: its file has no end. One that was ended from outside shows nothing, and one whose
/// clients were turned away where the first run's were let in shows what was done wrong in it, and nothing else. Where the script
/// asks for the refusal the repeat passes: it is the first run that let in whom it must not.
pub(crate) fn as_repeat(
    mut verdict: Verdict,
    history: Arc<History>,
    cut_off: bool,
    first: Option<&History>,
) -> Repeat {
    let passed = matches!(verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow);
    let no_repeat = !passed && record::is_no_repeat(first, &history);
    if no_repeat {
        verdict.findings.retain(|finding| finding.fact.class() == FactClass::Done);
    }
    let from_outside = history.header.cut_short.as_ref().is_some_and(CutShort::is_from_outside);
    let ended = from_outside && verdict.kind == VerdictKind::Inconclusive;
    let shows_nothing = no_repeat && verdict.findings.is_empty();
    if shows_nothing && verdict.kind == VerdictKind::Fail {
        verdict = Verdict::because(VerdictKind::Inconclusive, "its clients were turned away");
    }
    let cut_short = cut_off || ended || shows_nothing;
    Repeat { verdict, history: Some(history), cut_short }
}

/// The same without the fault: is the fault needed for the failure?
pub(crate) fn weigh_control(
    planned: &Planned,
    run: Option<Result<Run, String>>,
    result: &mut ScenarioResult,
) {
    let none = |kind, text| Some(ControlResult { kind, same_clause: false, text, history: None });
    if !planned.scenario.has_fault(planned.key.version) {
        return;
    }
    if let Control::None(why) = &planned.scenario.control {
        result.control = none(VerdictKind::NotApplicable, format!("none: {why}"));
        return;
    }
    let run = match run {
        Some(Ok(run)) => run,
        Some(Err(why)) => {
            result.control = none(VerdictKind::Error, format!("could not be made: {why}"));
            return;
        }
        None => return,
    };
    let found: BTreeSet<_> = run.verdict.findings.iter().map(Finding::fingerprint).collect();
    let same = result.verdict.findings.iter().any(|f| found.contains(&f.fingerprint()));
    let text = match run.verdict.kind {
        VerdictKind::Fail if same => "fails too: the fault is not needed for it".to_owned(),
        VerdictKind::Fail => {
            let clauses: Vec<&str> = run.verdict.findings.iter().map(|f| f.clause.as_str()).collect();
            format!("fails otherwise: {}", clauses.join(", "))
        }
        kind => match &run.verdict.reason {
            Some(reason) => format!("{}: {reason}", kind.word()),
            None => "the same steps hold without the fault".to_owned(),
        },
    };
    let impossible = run.verdict.kind == VerdictKind::Inconclusive && record::is_unreachable(&run.history);
    let done = result.verdict.findings.iter().any(|f| f.fact.class() == FactClass::Done);
    if impossible && !done {
        result.verdict.kind = VerdictKind::Inconclusive;
        let reason = run.verdict.reason.clone().unwrap_or_default();
        result.verdict.reason =
            Some(format!("even without the fault the experiment can't be made: {reason}"));
    }
    let history = Some(Arc::clone(&run.history));
    result.control = Some(ControlResult { kind: run.verdict.kind, same_clause: same, text, history });
}

#[cfg(test)]
mod tests {
    use deadzone_history::{HandMade, Start};
    use deadzone_spec::id;
    use deadzone_verdict::Fact;
    use deadzone_wire::{Connack, Version};

    use super::*;

    /// A record whose client is answered by these codes, one connection behind the other; `own`: one of the harness is let in.
    fn answered(codes: &[u8], own: bool) -> Arc<History> {
        let mut h = HandMade::new(Version::V311);
        let dev = h.client("dev");
        for code in codes {
            let connect = h.connect_packet(dev, Start::Clean);
            h.connect_with(dev, connect, Connack::new(Version::V311, false, *code));
        }
        if own {
            let own = h.harness();
            h.connect(own, Start::Clean);
        }
        Arc::new(h.finish())
    }

    fn record(code: u8) -> Arc<History> {
        answered(&[code], false)
    }

    /// It keeps what was done wrong in it, and is no repeat of anything else.
    #[test]
    fn a_repeat_whose_clients_are_turned_away_is_none() {
        let deed = Finding::new(id!("3.1.1/MQTT-4.3.3-2"), Fact::DeliveredTwice, "test");
        let close = Finding::new(id!("3.1.1/MQTT-3.1.4-4"), Fact::Refused, "test");
        let failed = |findings| Verdict { kind: VerdictKind::Fail, findings, ..Verdict::pass() };
        let (served, refused) = (record(0), record(3));
        let of = |verdict, first: &Arc<History>| as_repeat(verdict, Arc::clone(&refused), false, Some(first));
        assert!(of(failed(vec![close.clone()]), &served).cut_short);
        let both = of(failed(vec![close.clone(), deed]), &served);
        assert_eq!((both.cut_short, both.verdict.findings.len()), (false, 1));
        assert_eq!(of(failed(vec![close.clone()]), &served).verdict.kind, VerdictKind::Inconclusive);
        assert!(!of(failed(vec![close.clone()]), &refused).cut_short, "the first run was refused as well");
        // One that was let in first and turned away later had its experiment; a repeat that is turned away at once has none.
        let later = answered(&[0, 3], false);
        assert!(of(failed(vec![close]), &later).cut_short);
    }

    /// An acceptance of a wrong password that comes now and then is told as what it is: the refusals are its other runs.
    #[test]
    fn a_repeat_that_rightly_refuses_is_one() {
        let (served, refused) = (record(0), record(3));
        for verdict in [Verdict::pass(), Verdict { kind: VerdictKind::PassSlow, ..Verdict::pass() }] {
            let repeat = as_repeat(verdict.clone(), Arc::clone(&refused), false, Some(&served));
            assert_eq!((repeat.cut_short, repeat.verdict.kind), (false, verdict.kind));
        }
        let cut_off = as_repeat(Verdict::pass(), Arc::clone(&refused), true, Some(&served));
        assert!(cut_off.cut_short, "its file has no end");
    }

    /// That the harness's own client is let in says nothing of the script's.
    #[test]
    fn the_clients_of_the_harness_are_none_of_the_script() {
        let close = Finding::new(id!("3.1.1/MQTT-3.1.4-4"), Fact::Refused, "test");
        let failed = || Verdict { kind: VerdictKind::Fail, findings: vec![close.clone()], ..Verdict::pass() };
        let of = |first: &Arc<History>, repeat: Arc<History>| as_repeat(failed(), repeat, false, Some(first));
        let refused_both_times = of(&answered(&[3], true), record(3));
        assert!(!refused_both_times.cut_short, "the first run's client was turned away as well");
        let refused_at_once = of(&answered(&[0, 3], true), answered(&[3], true));
        assert!(refused_at_once.cut_short, "the first run's client was let in");
    }
}
