//! One scenario in one version: the main run, and after a failure its repeats and its control run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_history::{Direction, EventKind, History, Origin, Overflow, TargetFacts};
use deadzone_oracle::judge;
use deadzone_play::{Performance, Room, Setup, Timing, nonce, perform, run_prefix};
use deadzone_spec::Party;
use deadzone_verdict::{ScenarioResult, Verdict, VerdictKind};
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    LinkProvider, Mutant, Planned,
    again::{again_and_without, first_and_others, weigh},
    seed,
    target::{TargetHandle, paused_runtime},
};

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
    /// Told when a run may fail.
    pub(crate) doubt: Arc<dyn Fn() + Send + Sync>,
    /// Memory for packets that all performances share; none where each is bounded alone, so that neighbours change nothing.
    pub(crate) room: Option<Arc<Room>>,
    /// Which run the first one is: the selftest also proves that control runs pass.
    pub(crate) run: Origin,
}

#[cfg(test)]
impl JobContext {
    /// A job that nobody listens to.
    pub(crate) fn quiet(target: TargetHandle) -> Self {
        Self {
            target,
            mutant: None,
            timing: Timing::default(),
            seed: 0,
            word: String::new(),
            cancel: Arc::default(),
            investigate: true,
            command: String::new(),
            panic_in: None,
            doubt: Arc::new(|| {}),
            room: None,
            links: None,
            run: Origin::Scenario,
        }
    }
}

/// One performance with its verdict.
pub(crate) struct Run {
    pub(crate) verdict: Verdict,
    pub(crate) history: Arc<History>,
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
        party: Party::Server,
        title: scenario.title.clone(),
        file: scenario.file.clone(),
        source: Arc::clone(source),
        line: scenario.at.line,
        clauses: scenario.clauses_of(planned.key.version).collect(),
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
    let (first, others) = if context.target.is_embedded() || planned.scenario.solo || !context.investigate {
        (once(context, planned, context.run, 0), None)
    } else {
        first_and_others(context, planned)
    };
    let first = match first {
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
    let others = others.unwrap_or_else(|| again_and_without(context, planned));
    weigh(context, planned, others, result);
}

/// Embedded, the same run must give the same bytes: otherwise no verdict of ours can be trusted.
fn same_again(context: &JobContext, planned: &Planned, result: &mut ScenarioResult) {
    let again = once(context, planned, Origin::Scenario, 0).ok().map(|run| run.history);
    // A run that a signal ended early proves nothing against the first.
    if again != result.history && !context.cancel.load(Ordering::Relaxed) {
        let why = "the same run gave another history: deadzone is not deterministic here";
        result.verdict.kind = VerdictKind::Error;
        result.verdict.reason = Some(why.to_owned());
    }
}

/// Performs and judges once, on a runtime of its own.
pub(crate) fn once(
    context: &JobContext,
    planned: &Planned,
    run: Origin,
    attempt: u32,
) -> Result<Run, String> {
    let embedded = context.target.is_embedded();
    let runtime =
        if embedded { paused_runtime() } else { Builder::new_current_thread().enable_all().build() };
    let runtime = runtime.map_err(|e| format!("no runtime: {e}"))?;
    let local = LocalSet::new();
    let performance = local.block_on(&runtime, async {
        // Embedded brokers are new for each run, so nothing needs to differ between attempts.
        let attempt = if embedded { 0 } else { attempt };
        let run_prefix = run_prefix(&context.word);
        let nonce = nonce(&run_prefix, &planned.key.id, planned.key.version, attempt);
        let links = context.target.links(context.links.as_deref(), &nonce);
        let setup = Setup {
            scenario: &planned.scenario,
            version: planned.key.version,
            run,
            dial: context.target.dial(context.mutant),
            links: links.clone(),
            run_prefix,
            nonce,
            profiles: planned.catalogue(),
            seed: seed::of_scenario(context.seed, &planned.key.id, planned.key.version),
            timing: context.timing,
            target: TargetFacts::default(),
            teardown: !embedded,
            heartbeat: !embedded,
            doubt: Arc::clone(&context.doubt) as Arc<dyn Fn() + Send + Sync>,
            room: context.room.clone(),
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
    } else if let Some(trouble) = performance.trouble {
        Verdict::because(VerdictKind::Error, trouble)
    } else if let Some(overflow) = performance.overflow {
        cut_off(overflow, &performance.history)
    } else {
        judge(&performance.history)
    };
    Run { verdict, history: Arc::new(performance.history) }
}

/// A record that was cut off says nothing about any clause. Whose doing it was shows in who sent what it is full of.
fn cut_off(overflow: Overflow, history: &History) -> Verdict {
    let mut packets = [0usize; 2];
    for event in &history.events {
        if let EventKind::Packet(packet) = &event.kind {
            packets[usize::from(packet.direction == Direction::Down)] += 1;
        }
    }
    let [ours, theirs] = packets;
    // Answers of ours count as many again as the packets that call for them.
    let flooded = overflow == Overflow::Shared || theirs * 4 >= ours;
    if flooded && !matches!(overflow, Overflow::Instant(_)) {
        return Verdict::because(VerdictKind::Inconclusive, format!("the target flooded: {overflow}"));
    }
    Verdict::because(VerdictKind::Error, format!("the record was cut off: {overflow}"))
}
