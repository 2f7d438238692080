//! A whole run.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_history::{Origin, TargetFacts};
use deadzone_play::{MemoryBudget, Timing};
use deadzone_transport::Transport;
use deadzone_verdict::{Capabilities, Choice, RunEvent, ScenarioResult, Summary, VerdictKind};
use deadzone_wire::Version;

use deadzone_target::{Declared, TargetError};

use crate::{
    ExitCode, Manners, Mutant, Plan, RunError, Selection, Suite, TargetSpec,
    ask::{ask, speaks_v311_alone, unique_word},
    at_once::limits,
    budget::{Budget, overrun},
    coverage::coverage,
    exchange::Asker,
    expect::{Expectations, Known, Played, counted},
    gentle,
    histories::write_histories,
    info::info,
    job::JobContext,
    lasting,
    ledger::Ledger,
    leftovers::leftovers,
    links::{InUse, LinkProvider},
    passes::{Passes, tasks},
    probe::Probed,
    target::{Target, TargetHandle},
};

/// Memory for packets that all scenarios on a real target share, beside a little that each has for itself, in bytes.
const SHARED_MEMORY: u64 = 16 * 1024 * 1024;

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which broker.
    pub target: TargetSpec,
    /// A mutant in front of it.
    pub mutant: Option<Mutant>,
    /// Foreign links between the clients and the target.
    pub links: Option<Arc<dyn LinkProvider>>,
    /// Which scenarios.
    pub selection: Selection,
    /// Which versions.
    pub versions: Vec<Version>,
    /// How many at once; `None` is a core each embedded, 32 elsewhere.
    pub jobs: Option<usize>,
    /// Run seed.
    pub seed: u64,
    /// A scenario's deadline, ms.
    pub timeout_ms: u64,
    /// Factor on every time-out.
    pub timeout_scale: f64,
    /// Where histories are written.
    pub history: Option<PathBuf>,
    /// The folder into which a script of each failure is written, for the reports to name.
    pub scripts: Option<String>,
    /// Leave out what had not begun at the first failure.
    pub fail_fast: bool,
    /// Nothing is parked and nothing is repeated.
    pub quick: bool,
    /// How long a silence is waited out, s.
    pub long_bound_s: u64,
    /// The words of the command before the scenario, for the repeat command.
    pub command: String,
    /// Set by a signal.
    pub cancel: Arc<AtomicBool>,
    /// Clients for which no scenario names a node are dealt over the target's nodes by the seed.
    pub spread: bool,
    /// A scenario whose judge shall panic.
    pub panic_in: Option<String>,
    /// What the run may take.
    pub manners: Manners,
    /// The target's known failures.
    pub expect: Option<Arc<Expectations>>,
}

impl Options {
    /// Everything in both versions on this target, as the command has it where nothing else is said, but for the seed: 1.
    pub fn new(target: TargetSpec) -> Self {
        Self {
            target,
            mutant: None,
            links: None,
            selection: Selection::default(),
            versions: vec![Version::V311, Version::V5],
            jobs: None,
            seed: 1,
            timeout_ms: 30_000,
            timeout_scale: 1.0,
            history: None,
            scripts: None,
            fail_fast: false,
            quick: false,
            long_bound_s: 60,
            command: "deadzone run".to_owned(),
            cancel: Arc::default(),
            panic_in: None,
            spread: false,
            manners: Manners::default(),
            expect: None,
        }
    }

    pub(crate) fn timing(&self) -> Timing {
        let long_bound_ms = self.long_bound_s * 1000;
        let standing = Timing::default();
        // The patience never exceeds the long bound, which no scale changes.
        let patience_ms = standing.patience_ms.min((long_bound_ms as f64 / self.timeout_scale) as u64);
        Timing {
            scale: self.timeout_scale,
            scenario_ms: self.timeout_ms,
            patience_ms,
            long_bound_ms,
            quick: self.quick,
            ..standing
        }
    }
}

/// What nodes get to learn of each other where their target declares nothing, ms. It is long, since no standard and no owner gave it; a
/// cluster that needs more declares it.
const UNDECLARED_SETTLE_MS: u64 = 10_000;

/// Performs the suite and tells the listener. The summary is also the last event.
pub fn run(
    suite: &Suite,
    options: &Options,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<Arc<Summary>, RunError> {
    let started = Instant::now();
    options.selection.check(suite.scenarios.iter().map(AsRef::as_ref))?;
    options.expect.iter().try_for_each(|file| file.check(suite))?;
    let (mut target, swept) = bring_up(options)?;
    let gentle = gentle::settle(&mut target, options.manners.gentle);
    let _links = options.links.as_ref().map(InUse::new);
    let asked = ask(&mut target, options)?;
    let handle = target.handle();
    if options.spread && handle.declared().is_some_and(|declared| declared.settle_ms.is_none()) {
        return Err(RunError::SpreadWithoutSettling);
    }
    let (plan, choice) = plan(suite, options, &handle, &asked, gentle);
    let v311_alone = speaks_v311_alone(&target, options, &asked);
    let capabilities = asked.offered;
    let info = Arc::new(info(suite, options, &target, capabilities.clone(), plan.chosen(), choice));
    let known = Known::of(options, &info);
    tell(RunEvent::Started(Arc::clone(&info)));

    let mut context = context(options, handle);
    context.facts.v311_alone = v311_alone;
    context.known = known.clone();
    let limits = limits(options, &context);
    let asker = asker(&context, &capabilities);
    let versions = capabilities.iter().map(|offered| offered.version).collect();
    let source = |file: &str| suite.sources.get(file).cloned().unwrap_or_else(|| Arc::from(""));
    let announced = lasting::announced(&plan, context.timing).filter(|_| !context.target.is_embedded());
    let tasks = tasks(&plan, source);
    let budget = options.manners.budget.map(|total| Budget::new(started, total));
    let mut passes = Passes {
        fail_fast: options.fail_fast,
        asker,
        versions,
        budget: budget.clone(),
        ..Passes::new(&mut target, context, limits, Ledger::new(false, tell).marking(known.clone()))
    };
    passes.ledger.budget = budget;
    swept.into_iter().for_each(|text| passes.ledger.notice(text));
    if let Some(text) = announced {
        passes.ledger.notice(text);
    }
    passes.perform(tasks);
    if let Some(text) = leftovers(&passes.ledger.results) {
        passes.ledger.notice(text);
    }
    if let Some(text) = options.manners.budget.and_then(|total| overrun(total, started.elapsed())) {
        passes.ledger.notice(text);
    }
    let results = std::mem::take(&mut passes.ledger.results);
    let interrupted = options.cancel.load(Ordering::Relaxed);
    let mut summary = summary(&plan, &results, &passes, options, interrupted, started.elapsed());
    if let Some(known) = &known {
        let whole = passes.lost.is_none() && !options.quick;
        known.hold(&mut summary, Played::of(options, suite, &results, &info, whole));
    }
    let summary = Arc::new(summary);
    drop(passes);
    // The listener writes its reports now: neither a record that can't be written nor a broker that is slow to end is to
    // cost them.
    tell(RunEvent::Finished(Arc::clone(&summary)));
    let written = options.history.as_ref().map_or(Ok(()), |folder| write_histories(folder, &results));
    drop(target);
    written.map(|()| summary)
}

/// The target, up and fit for what is asked, and what was cleaned up before it was started.
fn bring_up(options: &Options) -> Result<(Target, Vec<String>), RunError> {
    let swept = match &options.target {
        TargetSpec::Started { .. } => deadzone_target::sweep(),
        TargetSpec::Embedded(_) | TargetSpec::Remote { .. } => Vec::new(),
    };
    let target = Target::start(&options.target, &options.cancel)?;
    if let Some(limit) = options.manners.wait {
        target.wait_for(limit, &options.cancel)?;
    }
    if options.links.is_some() && target.handle().address().is_none() {
        return Err(RunError::LinksWithoutAddress);
    }
    if options.links.is_some() && target.handle().transport() != Transport::Tcp {
        return Err(TargetError::Entry("foreign links carry plain TCP only: take mqtt://").into());
    }
    Ok((target, swept))
}

/// What is to be performed, and how that was chosen.
fn plan(
    suite: &Suite,
    options: &Options,
    handle: &TargetHandle,
    asked: &Probed,
    gentle: Option<String>,
) -> (Plan, Choice) {
    let capabilities = &asked.offered;
    let (mut plan, tier, left_out) =
        Plan::of_tier(suite, &options.selection, &options.versions, capabilities, !handle.is_embedded());
    plan.add_gates(suite, &options.versions, capabilities);
    plan.tell_refusals(&asked.refused);
    plan.fit(handle, options.links.as_deref(), gentle.is_some());
    let choice = Choice {
        filters: options.selection.words().to_vec(),
        tier: tier.name().to_owned(),
        left_out,
        budget_ms: options.manners.budget.map(ms),
        gentle,
    };
    (plan, choice)
}

pub(crate) fn context(options: &Options, target: TargetHandle) -> JobContext {
    let memory = (!target.is_embedded()).then(|| Arc::new(MemoryBudget::new(SHARED_MEMORY)));
    let word = if target.is_embedded() { format!("{:016x}", options.seed) } else { unique_word() };
    let facts = target.declared().map(Declared::facts).unwrap_or_default();
    let facts = TargetFacts { bridge: target.has_bridge(), ..facts };
    let mut timing = options.timing();
    if let Some(declared) = target.declared() {
        timing.settle_ms = declared.settle_ms.map_or(UNDECLARED_SETTLE_MS, Into::into);
    }
    JobContext {
        credentials: target.credentials(),
        target,
        mutant: options.mutant,
        links: options.links.clone(),
        timing,
        seed: options.seed,
        word,
        cancel: Arc::clone(&options.cancel),
        halt: Arc::clone(&options.cancel),
        investigate: true,
        command: options.command.clone(),
        panic_in: options.panic_in.clone(),
        spread: options.spread,
        memory,
        run: Origin::Scenario,
        facts,
        known: None,
        one_in_flight: BTreeSet::new(),
        session_at_once: BTreeSet::new(),
        takes_qos_2: BTreeSet::new(),
    }
}

/// Who asks a target for signs of life, where it is not a part of this process.
fn asker(context: &JobContext, capabilities: &[Capabilities]) -> Option<Asker> {
    let offered = capabilities.first().filter(|_| !context.target.is_embedded())?;
    Some(Asker {
        version: offered.version,
        credentials: context.credentials.clone(),
        word: context.word.chars().take(12).collect(),
        patience: Duration::from_millis((context.timing.patience_ms as f64 * context.timing.scale) as u64),
        qos1: offered.max_qos > 0,
    })
}

fn summary(
    plan: &Plan,
    results: &[Arc<ScenarioResult>],
    passes: &Passes<'_>,
    options: &Options,
    interrupted: bool,
    wall: Duration,
) -> Summary {
    let told: BTreeSet<_> = results.iter().map(|result| &result.key).collect();
    let missing = plan.items.iter().filter(|item| !item.unasked && !told.contains(&item.key)).count();
    let exit = ExitCode::of(results.iter().map(|r| counted(r)), passes.lost.is_some(), interrupted);
    let waited = passes.parks > 0 && !options.quick;
    Summary {
        not_run: missing,
        exit_code: exit as u8,
        confirmation_ms: ms(passes.confirmation),
        long_bound_s: waited.then_some(options.long_bound_s),
        notices: passes.ledger.notices.clone(),
        gates: passes.ledger.gates.all(),
        left_out: passes.ledger.left_out.clone(),
        ..summary_of(results, &options.versions, interrupted, wall)
    }
}

/// The summary that follows from results alone.
pub fn summary_of(
    results: &[Arc<ScenarioResult>],
    versions: &[Version],
    interrupted: bool,
    wall: Duration,
) -> Summary {
    let count = |kind| results.iter().filter(|r| r.verdict.kind == kind).count();
    let slow = count(VerdictKind::PassSlow);
    Summary {
        pass: count(VerdictKind::Pass) + slow,
        slow,
        fail: count(VerdictKind::Fail),
        inconclusive: count(VerdictKind::Inconclusive),
        blocked: count(VerdictKind::Blocked),
        not_applicable: count(VerdictKind::NotApplicable),
        error: count(VerdictKind::Error),
        not_run: 0,
        coverage: coverage(results, versions),
        interrupted,
        exit_code: ExitCode::of(results.iter().map(|r| r.verdict.kind), false, interrupted) as u8,
        wall_ms: ms(wall),
        confirmation_ms: 0,
        long_bound_s: None,
        notices: Vec::new(),
        gates: Vec::new(),
        left_out: Vec::new(),
        expectations: None,
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
