//! What stands beside a run that failed: its repeats on a real target, and the control run without its faults.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering, mpsc::channel},
    thread::ScopedJoinHandle,
};

use deadzone_history::{Abandon, ClaimKind, EventKind, History, Origin};
use deadzone_play::Timing;
use deadzone_script::Control;
use deadzone_spec::ClauseId;
use deadzone_verdict::{ControlResult, ScenarioResult, Verdict, VerdictKind};

use crate::{
    Planned,
    job::{JobContext, Run, once, panic_text},
};

/// How many times a failure on a real target is tried again.
const REPEATS: u32 = 2;

/// How long a repeat or a control run waits for what the first run waited for in vain, ms.
const AGAIN_PATIENCE_MS: u64 = 3_000;

/// What wakes the watch over a first run.
enum Word {
    /// A wait has passed its `within`.
    Doubt,
    /// It ended; whether it failed.
    Ended(bool),
}

/// The first run, and beside it, from the moment on that it may fail, what would be asked for after a failure. Without this
/// a run would last as long as two patiences one after another.
pub(crate) fn first_and_others(
    context: &JobContext,
    planned: &Planned,
) -> (Result<Run, String>, Option<Others>) {
    let (sender, words) = channel();
    let doubting = Mutex::new(sender.clone());
    let doubt = Arc::new(move || {
        // Nobody listens any more once the watch knows.
        let _ = doubting.lock().unwrap_or_else(PoisonError::into_inner).send(Word::Doubt);
    });
    let first = JobContext { doubt, ..context.clone() };
    // The senders belong to the closure, so that the watch ends even if the first run panics.
    std::thread::scope(move |scope| {
        let others = scope.spawn(move || match words.recv() {
            Ok(Word::Doubt | Word::Ended(true)) => Some(again_and_without(context, planned)),
            Ok(Word::Ended(false)) | Err(_) => None,
        });
        let run = once(&first, planned, context.run, 0);
        let failed = run.as_ref().is_ok_and(|run| run.verdict.kind == VerdictKind::Fail);
        let _ = sender.send(Word::Ended(failed));
        (run, others.join().ok().flatten())
    })
}

/// What was performed beside a first run that failed.
pub(crate) struct Others {
    repeats: Vec<Result<Run, String>>,
    without: Option<Result<Run, String>>,
}

/// The repeats on a real target and the control run: at once, since they mostly wait, unless the scenario wants the broker
/// for itself. The first run has the whole patience; these need only show the same again.
pub(crate) fn again_and_without(context: &JobContext, planned: &Planned) -> Others {
    let timing = Timing { patience_ms: AGAIN_PATIENCE_MS, ..context.timing };
    let quick = JobContext { timing, ..context.clone() };
    let repeats = if context.target.is_embedded() { 0 } else { REPEATS };
    let mut wanted: Vec<(Origin, u32)> = (1..=repeats).map(|attempt| (Origin::Scenario, attempt)).collect();
    if !matches!(planned.scenario.control, Control::None(_)) {
        wanted.push((Origin::Control, REPEATS + 1));
    }
    let perform = |(run, attempt): &(Origin, u32)| once(&quick, planned, *run, *attempt);
    let mut runs: Vec<Result<Run, String>> = if planned.scenario.solo {
        wanted.iter().map(perform).collect()
    } else {
        std::thread::scope(|scope| {
            let started: Vec<_> = wanted.iter().map(|w| scope.spawn(move || perform(w))).collect();
            let ended = |h: ScopedJoinHandle<'_, Result<Run, String>>| {
                h.join().unwrap_or_else(|p| Err(panic_text(&*p)))
            };
            started.into_iter().map(ended).collect()
        })
    };
    let without = runs.split_off(repeats as usize).pop();
    Others { repeats: runs, without }
}

/// Weighs them against the first run.
pub(crate) fn weigh(context: &JobContext, planned: &Planned, others: Others, result: &mut ScenarioResult) {
    if context.cancel.load(Ordering::Relaxed) {
        // They were cut short: what they show takes nothing from what the first run showed.
        return;
    }
    if !others.repeats.is_empty() {
        weigh_repeats(others.repeats, result);
    }
    if result.verdict.kind == VerdictKind::Fail {
        weigh_control(planned, others.without, result);
    }
}

/// A failure on a real target must show again: most of the runs, with the same first clause.
fn weigh_repeats(runs: Vec<Result<Run, String>>, result: &mut ScenarioResult) {
    let clause = first_clause(&result.verdict);
    let (mut same, all) = (1, 1 + runs.len());
    for run in runs {
        let kind = run.as_ref().map_or(VerdictKind::Error, |run| run.verdict.kind);
        result.repeats.push(kind);
        if run.is_ok_and(|run| run.verdict.kind == VerdictKind::Fail && first_clause(&run.verdict) == clause)
        {
            same += 1;
        }
    }
    if same * 2 <= all {
        result.verdict.kind = VerdictKind::Inconclusive;
        result.verdict.reason = Some(format!("it failed in {same} of {all} runs: too little for a verdict"));
    }
}

/// The same without the fault: is the fault needed for the failure?
pub(crate) fn weigh_control(
    planned: &Planned,
    run: Option<Result<Run, String>>,
    result: &mut ScenarioResult,
) {
    if let Control::None(why) = &planned.scenario.control {
        let text = format!("none: {why}");
        let kind = VerdictKind::NotApplicable;
        result.control = Some(ControlResult { kind, same_clause: false, text, history: None });
        return;
    }
    let run = match run {
        Some(Ok(run)) => run,
        Some(Err(why)) => {
            let text = format!("could not be made: {why}");
            result.control =
                Some(ControlResult { kind: VerdictKind::Error, same_clause: false, text, history: None });
            return;
        }
        None => return,
    };
    let clause = first_clause(&result.verdict);
    let same_clause = run.verdict.findings.iter().any(|f| Some(f.clause) == clause);
    let text = match run.verdict.kind {
        VerdictKind::Fail if same_clause => "fails too: the fault is not needed for it".to_owned(),
        VerdictKind::Fail => {
            format!("fails with another clause: {}", first_clause(&run.verdict).map_or("", ClauseId::as_str))
        }
        kind => match &run.verdict.reason {
            Some(reason) => format!("{}: {reason}", kind.word()),
            None => "the same steps hold without the fault".to_owned(),
        },
    };
    if run.verdict.kind == VerdictKind::Inconclusive && is_unreachable(&run.history) {
        result.verdict.kind = VerdictKind::Inconclusive;
        let reason = run.verdict.reason.clone().unwrap_or_default();
        result.verdict.reason =
            Some(format!("even without the fault the experiment can't be made: {reason}"));
    }
    result.control =
        Some(ControlResult { kind: run.verdict.kind, same_clause, text, history: Some(run.history) });
}

/// Whether the experiment can't be made at all: what must come about before anything is claimed did not. Our own starvation or
/// a deadline that passed says nothing of the kind.
fn is_unreachable(history: &History) -> bool {
    let (mut preconditions, mut unreachable) = (BTreeSet::new(), false);
    for event in &history.events {
        match &event.kind {
            EventKind::Starved { .. } => return false,
            EventKind::Claim(claim) if matches!(claim.kind, ClaimKind::Precondition { .. }) => {
                preconditions.insert(claim.id);
            }
            EventKind::Unmet { claim, .. } => unreachable |= preconditions.contains(claim),
            EventKind::Abandoned { why, .. } => unreachable |= !matches!(why, Abandon::Deadline { .. }),
            _ => {}
        }
    }
    unreachable
}

fn first_clause(verdict: &Verdict) -> Option<ClauseId> {
    verdict.findings.first().map(|f| f.clause)
}
