//! One scenario in one version: the main run, and after a failure its repeats and its control run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::AtomicBool},
    thread::ScopedJoinHandle,
    time::{Duration, Instant},
};

use deadzone_history::{ControlResult, History, RunKind, ScenarioResult, TargetFacts, Verdict, VerdictKind};
use deadzone_oracle::judge;
use deadzone_play::{Performance, Setup, Timing, nonce, perform};
use deadzone_script::Control;
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    LinkProvider, Mutant, Planned,
    profiles::profiles,
    seed,
    target::{TargetHandle, paused_runtime},
};

/// How many times a failure on a real target is tried again.
const REPEATS: u32 = 2;

/// How long a repeat or a control run waits for what the first run waited for in vain, ms.
const AGAIN_PATIENCE_MS: u64 = 3_000;

/// What every job of a run shares.
#[derive(Clone)]
pub(crate) struct JobContext {
    pub(crate) target: TargetHandle,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) links: Option<Arc<dyn LinkProvider>>,
    pub(crate) timing: Timing,
    pub(crate) seed: u64,
    /// The run's own word, in every `{run}`: the seed where the target is ours alone, else unique.
    pub(crate) word: String,
    pub(crate) cancel: Arc<AtomicBool>,
    /// Make repeats and control runs after a failure.
    pub(crate) investigate: bool,
    /// Everything of the repeat command but the scenario.
    pub(crate) command: String,
    /// A scenario whose judge shall panic: proves that a panic of ours is contained.
    pub(crate) panic_in: Option<String>,
}

/// One performance with its verdict.
struct Run {
    verdict: Verdict,
    history: Arc<History>,
}

/// Does all that is to be done for a scenario. A panic of ours becomes `error`.
pub(crate) fn carry_out(context: &JobContext, planned: &Planned, source: &Arc<str>) -> ScenarioResult {
    let started = Instant::now();
    let mark = match &context.target {
        TargetHandle::Remote { log: Some(log), .. } => Some((Arc::clone(log), log.mark())),
        _ => None,
    };
    let mut result = blank(context, planned, source);
    match &planned.excluded {
        Some(why) => result.verdict = Verdict::because(VerdictKind::NotApplicable, why.clone()),
        None => {
            let contained = catch_unwind(AssertUnwindSafe(|| investigate(context, planned, &mut result)));
            if let Err(panic) = contained {
                let why = format!("deadzone panicked: {}", panic_text(&*panic));
                result.verdict = Verdict {
                    findings: result.verdict.findings,
                    ..Verdict::because(VerdictKind::Error, why)
                };
            }
        }
    }
    if result.verdict.kind != VerdictKind::Pass
        && let Some((log, mark)) = mark
    {
        result.target_log = Some(log.since(mark));
    }
    result.wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    result
}

/// A result that says that nothing happened yet.
pub(crate) fn blank(context: &JobContext, planned: &Planned, source: &Arc<str>) -> ScenarioResult {
    let scenario = &planned.scenario;
    ScenarioResult {
        key: planned.key.clone(),
        title: scenario.title.clone(),
        file: scenario.file.clone(),
        source: Arc::clone(source),
        line: scenario.at.line,
        clauses: scenario.clauses_of(planned.key.version).map(str::to_owned).collect(),
        like: scenario.like.clone(),
        verdict: Verdict::because(VerdictKind::Inconclusive, "not performed"),
        control: None,
        repeats: Vec::new(),
        history: None,
        repeat_command: format!("{} --mqtt {} {}", context.command, planned.key.version, planned.key.id),
        wall_ms: 0,
        target_log: None,
    }
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a text").chars().take(300).collect()
}

fn investigate(context: &JobContext, planned: &Planned, result: &mut ScenarioResult) {
    let first = match once(context, planned, RunKind::Main, 0) {
        Ok(run) => run,
        Err(why) => {
            result.verdict = Verdict::because(VerdictKind::Error, why);
            return;
        }
    };
    result.history = Some(Arc::clone(&first.history));
    result.verdict = first.verdict;
    if context.panic_in.as_deref() == Some(planned.key.id.as_str()) {
        panic!("asked for, to show that a panic is contained");
    }
    if result.verdict.kind != VerdictKind::Fail || !context.investigate {
        return;
    }
    if context.target.is_embedded() {
        same_again(context, planned, result);
    }
    again_and_without(context, planned, result);
}

/// Embedded, the same run must give the same bytes: otherwise no verdict of ours can be trusted.
fn same_again(context: &JobContext, planned: &Planned, result: &mut ScenarioResult) {
    let again = once(context, planned, RunKind::Main, 0).ok().map(|run| run.history);
    if again != result.history {
        let why = "the same run gave another history: deadzone is not deterministic here";
        result.verdict.kind = VerdictKind::Error;
        result.verdict.reason = Some(why.to_owned());
    }
}

/// The repeats on a real target and the control run: at once, since they mostly wait, unless the scenario wants the broker
/// for itself. The first run has had the whole patience; these need only show the same again.
fn again_and_without(context: &JobContext, planned: &Planned, result: &mut ScenarioResult) {
    let timing = Timing { patience_ms: AGAIN_PATIENCE_MS, ..context.timing };
    let quick = JobContext { timing, ..context.clone() };
    let repeats = if context.target.is_embedded() { 0 } else { REPEATS };
    let mut wanted: Vec<(RunKind, u32)> = (1..=repeats).map(|attempt| (RunKind::Main, attempt)).collect();
    if !matches!(planned.scenario.control, Control::None(_)) {
        wanted.push((RunKind::Control, REPEATS + 1));
    }
    let perform = |(run, attempt): &(RunKind, u32)| once(&quick, planned, *run, *attempt);
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
    if repeats > 0 {
        weigh_repeats(runs, result);
    }
    if result.verdict.kind == VerdictKind::Fail {
        weigh_control(planned, without, result);
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
fn weigh_control(planned: &Planned, run: Option<Result<Run, String>>, result: &mut ScenarioResult) {
    if let Control::None(why) = &planned.scenario.control {
        let text = format!("none: {why}");
        let kind = VerdictKind::NotApplicable;
        result.control = Some(ControlResult { kind, same_clause: false, text, history: None });
        return;
    }
    let Some(Ok(run)) = run else { return };
    let clause = first_clause(&result.verdict);
    let same_clause = run.verdict.findings.iter().any(|f| Some(f.clause.as_str()) == clause.as_deref());
    let text = match run.verdict.kind {
        VerdictKind::Fail if same_clause => "fails too: the fault is not needed for it".to_owned(),
        VerdictKind::Fail => {
            format!("fails with another clause: {}", first_clause(&run.verdict).unwrap_or_default())
        }
        kind => match &run.verdict.reason {
            Some(reason) => format!("{}: {reason}", kind.word()),
            None => "the same steps hold without the fault".to_owned(),
        },
    };
    if run.verdict.kind == VerdictKind::Inconclusive {
        result.verdict.kind = VerdictKind::Inconclusive;
        let reason = run.verdict.reason.clone().unwrap_or_default();
        result.verdict.reason =
            Some(format!("even without the fault the experiment can't be made: {reason}"));
    }
    result.control =
        Some(ControlResult { kind: run.verdict.kind, same_clause, text, history: Some(run.history) });
}

fn first_clause(verdict: &Verdict) -> Option<String> {
    verdict.findings.first().map(|f| f.clause.clone())
}

/// Performs and judges once, on a runtime of its own.
fn once(context: &JobContext, planned: &Planned, run: RunKind, attempt: u32) -> Result<Run, String> {
    let embedded = context.target.is_embedded();
    let runtime =
        if embedded { paused_runtime() } else { Builder::new_current_thread().enable_all().build() };
    let runtime = runtime.map_err(|e| format!("no runtime: {e}"))?;
    let local = LocalSet::new();
    let performance = local.block_on(&runtime, async {
        // Embedded brokers are new for each run, so nothing needs to differ between attempts.
        let attempt = if embedded { 0 } else { attempt };
        let nonce = nonce(&context.word, &planned.key.id, planned.key.version, attempt);
        let links = context.target.links(context.links.as_deref(), &nonce);
        let setup = Setup {
            scenario: &planned.scenario,
            version: planned.key.version,
            run,
            dial: context.target.dial(context.mutant),
            links: links.clone(),
            nonce,
            profiles: profiles(),
            seed: seed::of_scenario(context.seed, &planned.key.id, planned.key.version),
            timing: context.timing,
            target: TargetFacts::default(),
            teardown: !embedded,
            heartbeat: !embedded,
            cancel: Arc::clone(&context.cancel),
        };
        let performance = perform(&setup).await;
        let Some(links) = links else { return Ok(performance) };
        links.close().await;
        links.failure().map_or(Ok(performance), Err)
    });
    drop(local);
    runtime.shutdown_timeout(Duration::from_millis(100));
    performance.map(judged)
}

fn judged(performance: Performance) -> Run {
    let verdict = if performance.cancelled {
        Verdict::because(VerdictKind::Inconclusive, "interrupted")
    } else if let Some(overflow) = performance.overflow {
        Verdict::because(VerdictKind::Error, format!("the record was cut off: {overflow}"))
    } else {
        judge(&performance.history)
    };
    Run { verdict, history: Arc::new(performance.history) }
}
