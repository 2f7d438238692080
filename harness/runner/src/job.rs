//! One scenario in one version: its first run, and what it wants next.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_history::{CutShort, History, Origin, TargetFacts};
use deadzone_oracle::judge;
use deadzone_play::{
    Access, Experiment, MemoryBudget, Names, Performance, Process, Setup, Shared, Timing, perform,
};
use deadzone_script::Need;
use deadzone_spec::Party;
use deadzone_verdict::{FactClass, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::{Credentials, Version};
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    LinkProvider, Mutant, Planned,
    confirm::{compose, confirm, settle, wanted},
    cut_short::{Traffic, amended},
    expect::{Known, fails},
    pool::{Done, Next, Seat, Task, Why},
    record, seed,
    target::{Lent, Offer, TargetHandle, embedded_login, paused_runtime},
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
    /// Set by a signal.
    pub(crate) cancel: Arc<AtomicBool>,
    /// Set when this pass is to end, by a signal or because the target was lost.
    pub(crate) halt: Arc<AtomicBool>,
    /// Confirm what fails.
    pub(crate) investigate: bool,
    /// Everything of the repeat command but the scenario.
    pub(crate) command: String,
    /// A scenario whose judge shall panic: proves that a panic of ours is contained.
    pub(crate) panic_in: Option<String>,
    /// Clients are dealt over the target's nodes.
    pub(crate) spread: bool,
    /// Memory for packets that all performances share; none where each is bounded alone, so that neighbours change nothing.
    pub(crate) memory: Option<Arc<MemoryBudget>>,
    /// Which run the first one is: the selftest also proves that control runs pass.
    pub(crate) run: Origin,
    /// Who the clients are to the target.
    pub(crate) credentials: Option<Credentials>,
    /// What the target declares that changes what may be judged.
    pub(crate) facts: TargetFacts,
    /// The target's known failures: what they name is not repeated.
    pub(crate) known: Option<Arc<Known>>,
    /// Versions in which the gate found that the target sends one unacknowledged message at a time.
    pub(crate) one_in_flight: BTreeSet<Version>,
    /// Versions in which the gate found that a session has to begin without a clean start.
    pub(crate) session_at_once: BTreeSet<Version>,
    /// Versions in which a gate saw that the target takes QoS 2.
    pub(crate) takes_qos_2: BTreeSet<Version>,
}

impl JobContext {
    /// What is declared, and what gates found in this version.
    fn facts_of(&self, version: Version) -> TargetFacts {
        TargetFacts {
            in_flight_one: self.one_in_flight.contains(&version),
            session_at_once: self.session_at_once.contains(&version),
            takes_qos_2: self.takes_qos_2.contains(&version),
            ..self.facts.clone()
        }
    }

    /// Whether a result is a failure, or an error, that is not expected.
    pub(crate) fn fails(&self, result: &ScenarioResult) -> bool {
        fails(self.known.as_deref(), result)
    }

    /// Whether this pass is to end early.
    pub(crate) fn is_halted(&self) -> bool {
        self.halt.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
impl JobContext {
    /// A job for unit tests.
    pub(crate) fn quiet(target: TargetHandle) -> Self {
        Self {
            target,
            mutant: None,
            timing: Timing::default(),
            seed: 0,
            word: String::new(),
            cancel: Arc::default(),
            halt: Arc::default(),
            investigate: true,
            command: String::new(),
            panic_in: None,
            spread: false,
            memory: None,
            links: None,
            run: Origin::Scenario,
            credentials: None,
            facts: TargetFacts::default(),
            known: None,
            one_in_flight: BTreeSet::new(),
            session_at_once: BTreeSet::new(),
            takes_qos_2: BTreeSet::new(),
        }
    }
}

/// One performance with its verdict.
pub(crate) struct Run {
    pub(crate) verdict: Verdict,
    pub(crate) history: Arc<History>,
    /// Its silences lasted to the long bound.
    pub(crate) waited_out: bool,
}

/// Performs a task's first run, or confirms it. A panic of ours is contained.
pub(crate) fn carry_out(context: &JobContext, task: &Task, seat: Option<&Seat>) -> Done {
    let started = Instant::now();
    let mark = context.target.log().map(|log| (Arc::clone(&log), log.mark()));
    let (mut result, known_ms) = match &task.first {
        Some(first) => (first.result.clone(), first.result.wall_ms),
        None => (blank(context, &task.planned, &task.source), 0),
    };
    let contained = catch_unwind(AssertUnwindSafe(|| match &task.first {
        Some(first) => {
            confirm(context, &task.planned, first.wanted, first.waited_out, &mut result);
            (Next::Told, false)
        }
        None => first_run(context, task, seat, &mut result),
    }));
    let (next, not_let_in) = contained.unwrap_or_else(|panic| {
        let why = format!("deadzone panicked: {}", panic_text(&*panic));
        let findings = std::mem::take(&mut result.verdict.findings);
        result.verdict = Verdict { findings, ..Verdict::because(VerdictKind::Error, why) };
        (Next::Told, false)
    });
    if result.verdict.kind != VerdictKind::Pass
        && task.first.is_none()
        && let Some((log, mark)) = mark
    {
        // What it logged of others, who ran at the same time, is no evidence.
        result.target_log = Some(match &result.history {
            Some(history) => log.about(mark, &history.header.nonce),
            None => log.since(mark),
        });
    }
    result.wall_ms = known_ms + u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Done { result, next, not_let_in }
}

/// A result that says that nothing happened yet.
pub(crate) fn blank(context: &JobContext, planned: &Planned, source: &Arc<str>) -> ScenarioResult {
    let scenario = &planned.scenario;
    ScenarioResult {
        key: planned.key.clone(),
        transport: Some(context.target.transport()),
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
        compared: None,
        history: None,
        repeat_command: format!("{} --mqtt {} {}", context.command, planned.key.version, planned.key.id),
        wall_ms: 0,
        target_log: None,
        expectation: None,
    }
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a text").chars().take(300).collect()
}

/// Performs once and says what is to follow, and whether a client was not let in.
fn first_run(
    context: &JobContext,
    task: &Task,
    seat: Option<&Seat>,
    result: &mut ScenarioResult,
) -> (Next, bool) {
    let planned = &task.planned;
    if let Some(why) = &planned.excluded {
        result.verdict = Verdict::because(VerdictKind::NotApplicable, why.clone());
        return (Next::Told, false);
    }
    let run = match once(context, planned, context.run, task.attempt, seat) {
        Ok(run) => run,
        Err(why) => {
            result.verdict = Verdict::because(VerdictKind::Error, why);
            return (Next::Told, false);
        }
    };
    let (history, waited_out) = (Arc::clone(&run.history), run.waited_out);
    result.history = Some(run.history);
    result.verdict = run.verdict;
    if context.panic_in.as_deref() == Some(planned.key.id.as_str()) {
        panic!("asked for, to show that a panic is contained");
    }
    let embedded = context.target.is_embedded();
    // One that does not offer what a scenario asks for, and says so in each CONNACK, holds nobody back.
    let passed = match result.verdict.kind {
        VerdictKind::Pass | VerdictKind::PassSlow => true,
        VerdictKind::NotApplicable => record::was_told_why(&history),
        _ => false,
    };
    // A foreign link may close at CONNECT by itself: that is no sign of a throttle.
    let direct = context.links.is_none();
    let not_let_in = !embedded && direct && !passed && record::was_not_let_in(&history);
    if !context.investigate {
        return (Next::Told, not_let_in);
    }
    if embedded && result.verdict.kind == VerdictKind::Fail {
        same_again(context, planned, result);
    }
    // Turned away, it is asked whether plain clients are let in, before the target is blamed for it.
    let policy = || context.target.was_busy() || record::was_turned_away(&history);
    let proven = result.verdict.findings.iter().any(|finding| finding.fact.class() == FactClass::Done);
    if not_let_in && !task.rested && !proven && policy() {
        return (Next::Again(Why::Throttled), true);
    }
    let gate = planned.scenario.gate.is_some();
    if context.known.as_ref().is_some_and(|known| known.is_settled(result, gate)) {
        return (Next::Told, not_let_in);
    }
    let wanted = wanted(planned, &result.verdict, &history, embedded);
    if context.timing.quick {
        settle(&mut result.verdict, waited_out);
    } else if !wanted.is_nothing() {
        return (Next::Confirm(wanted, waited_out), not_let_in);
    } else if embedded {
        compose(result, 1, waited_out);
    } else {
        settle(&mut result.verdict, waited_out);
    }
    (Next::Told, not_let_in)
}

/// Embedded, the same run must give the same bytes: otherwise no verdict of ours can be trusted.
fn same_again(context: &JobContext, planned: &Planned, result: &mut ScenarioResult) {
    let again = once(context, planned, Origin::Scenario, 0, None).ok().map(|run| run.history);
    // A run that a signal ended early proves nothing against the first.
    if again != result.history && !context.is_halted() {
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
    seat: Option<&Seat>,
) -> Result<Run, String> {
    let embedded = context.target.is_embedded();
    let runtime =
        if embedded { paused_runtime() } else { Builder::new_current_thread().enable_all().build() };
    let runtime = runtime.map_err(|e| format!("no runtime: {e}"))?;
    let local = LocalSet::new();
    let process = context.target.scripted(&context.cancel).filter(|_| planned.scenario.handles_target());
    let lent = process.clone().map(Lent);
    let mut timing = context.timing;
    timing.quick |= seat.is_some_and(|seat| !seat.may_park());
    let performance = local.block_on(&runtime, async {
        // Embedded brokers are new for each run, so nothing needs to differ between attempts.
        let attempt = if embedded { 0 } else { attempt };
        let run_prefix = seed::run_prefix(&context.word);
        let nonce = seed::nonce(&run_prefix, &planned.key.id, planned.key.version, attempt);
        let offer = Offer {
            frames: planned.needs(Need::Ws),
            login: planned.needs(Need::Password),
            tls: planned.needs(Need::Tls) || planned.needs(Need::ClientCertificates),
        };
        let credentials =
            if embedded && offer.login { Some(embedded_login()) } else { context.credentials.clone() };
        let nodes = context.target.ways(planned.key.version, context.mutant, offer);
        let elsewhere = context.target.ways_elsewhere(planned.key.version, context.mutant);
        let links = context.target.links(context.links.as_deref(), &nonce);
        let setup = Setup {
            experiment: Experiment {
                scenario: &planned.scenario,
                version: planned.key.version,
                run,
                profiles: planned.catalogue(),
                seed: seed::of_scenario(context.seed, &planned.key.id, planned.key.version),
            },
            access: Access {
                nodes,
                elsewhere,
                spread: context.spread,
                links: links.clone(),
                credentials,
                bridge: context.target.bridge(),
                process: process.map(|process| Rc::new(process) as Rc<dyn Process>),
            },
            names: Names { run_prefix, nonce },
            shared: Shared {
                slots: Seat::of(seat),
                memory: context.memory.clone(),
                cancel: Arc::clone(&context.halt),
            },
            timing,
            target: context.facts_of(planned.key.version),
            teardown: !embedded,
            heartbeat: !embedded,
        };
        let performance = perform(&setup).await;
        let Some(links) = links else { return Ok(performance) };
        links.close().await;
        links.failure().map_or(Ok(performance), Err)
    });
    drop(local);
    drop(lent);
    runtime.shutdown_timeout(Duration::from_millis(100));
    performance.map(|performance| judged(context, performance, !timing.quick))
}

fn judged(context: &JobContext, performance: Performance, waited_out: bool) -> Run {
    let cut_short = cut_short(context, &performance);
    let mut history = performance.history;
    let mut verdict = judge(&history);
    if let Some(cut) = &cut_short {
        verdict = amended(history.header.version, cut, Traffic::of(&history), verdict);
    }
    history.header.cut_short = cut_short;
    Run { verdict, history: Arc::new(history), waited_out }
}

/// What the record must say of its end, so that it is judged from its file as it is here.
fn cut_short(context: &JobContext, performance: &Performance) -> Option<CutShort> {
    if performance.cancelled {
        let by_signal = context.cancel.load(Ordering::Relaxed);
        return Some(if by_signal { CutShort::Interrupted } else { CutShort::TargetLost });
    }
    let trouble = performance.trouble.as_deref().map(|why| CutShort::Trouble(why.into()));
    trouble.or_else(|| performance.overflow.map(CutShort::Overflow))
}
