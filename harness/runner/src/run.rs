//! A whole run.

use std::{
    collections::BTreeSet,
    fs,
    io::BufWriter,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_history::{Capabilities, History, RunEvent, RunInfo, ScenarioResult, Summary, VerdictKind};
use deadzone_play::Timing;
use deadzone_spec::Party;
use deadzone_wire::Version;
use tokio::{runtime::Builder, task::LocalSet};

use crate::{
    ExitCode, Mutant, Plan, Planned, RunError, Selection, Suite, TargetSpec,
    job::JobContext,
    links::{LinkProvider, ThroughLink},
    pool::{Progress, work},
    probe::probe,
    target::{Target, TargetHandle, paused_runtime},
};

/// How many scenarios wait on a real target at once, unless the user says otherwise.
const REMOTE_JOBS: usize = 32;

/// What the user asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which broker.
    pub target: TargetSpec,
    /// A mutant in front of it.
    pub mutant: Option<Mutant>,
    /// Somebody else's links between the clients and the target.
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
    /// Leave out what had not begun at the first failure.
    pub fail_fast: bool,
    /// The words of the command before the scenario, for the repeat command.
    pub command: String,
    /// Set by a signal.
    pub cancel: Arc<AtomicBool>,
    /// A scenario whose judge shall panic.
    pub panic_in: Option<String>,
}

impl Options {
    fn timing(&self) -> Timing {
        Timing { scale: self.timeout_scale, scenario_ms: self.timeout_ms, ..Timing::default() }
    }
}

/// Performs the suite and tells the listener. The summary is also the last event.
pub fn run(
    suite: &Suite,
    options: &Options,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<Arc<Summary>, RunError> {
    let started = Instant::now();
    options.selection.check(suite.scenarios.iter().map(AsRef::as_ref))?;
    let target = Target::start(&options.target)?;
    let handle = target.handle();
    if options.links.is_some() && handle.address().is_none() {
        return Err(RunError::LinksWithoutAddress);
    }
    let capabilities = ask(&target, &handle, options)?;
    let mut plan = Plan::new(suite, &options.selection, &options.versions, &capabilities);
    if let Some(links) = &options.links {
        plan.leave_to(&**links);
    }
    let info = Arc::new(info(suite, options, &target, capabilities, plan.items.len()));
    tell(RunEvent::Started(info));

    let context = context(options, handle);
    let results = perform_plan(suite, options, &context, &plan, tell);
    drop(target);
    let interrupted = options.cancel.load(Ordering::Relaxed);
    let summary = Arc::new(summary(&plan, &results, options, interrupted, started.elapsed()));
    if let Some(folder) = &options.history {
        write_histories(folder, &results)?;
    }
    tell(RunEvent::Finished(Arc::clone(&summary)));
    Ok(summary)
}

pub(crate) fn context(options: &Options, target: TargetHandle) -> JobContext {
    let word = if target.is_embedded() { format!("{:016x}", options.seed) } else { unique_word() };
    JobContext {
        target,
        mutant: options.mutant,
        links: options.links.clone(),
        timing: options.timing(),
        seed: options.seed,
        word,
        cancel: Arc::clone(&options.cancel),
        investigate: true,
        command: options.command.clone(),
        panic_in: options.panic_in.clone(),
    }
}

/// A word that no other run against a living target has. Not reproducible on purpose, and so never used embedded.
fn unique_word() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library's hasher keys are the operating system's randomness.
    format!("{:016x}{}", RandomState::new().build_hasher().finish(), std::process::id())
}

/// Shared work first, then the scenarios that touch the whole broker, one at a time.
pub(crate) fn perform_plan(
    suite: &Suite,
    options: &Options,
    context: &JobContext,
    plan: &Plan,
    tell: &mut dyn FnMut(RunEvent),
) -> Vec<Arc<ScenarioResult>> {
    let jobs = options.jobs.unwrap_or_else(|| {
        if context.target.is_embedded() {
            std::thread::available_parallelism().map_or(1, usize::from)
        } else {
            REMOTE_JOBS
        }
    });
    let with_source = |p: &Planned| {
        let source = suite.sources.get(&p.scenario.file).cloned().unwrap_or_else(|| Arc::from(""));
        (p.clone(), source)
    };
    let embedded = context.target.is_embedded();
    let (solo, shared): (Vec<&Planned>, Vec<&Planned>) =
        plan.items.iter().partition(|p| p.scenario.solo && !embedded);
    let mut emit = |progress: Progress| {
        tell(match progress {
            Progress::Started(key) => RunEvent::ScenarioStarted(key),
            Progress::Done(result) => RunEvent::ScenarioFinished(result),
        });
    };
    let mut shared = shared;
    if !embedded {
        // What must wait long begins first, so that the run is not longer than its longest wait.
        shared.sort_by_key(|p| std::cmp::Reverse(p.scenario.bound_by_clock_ms()));
    }
    let shared = shared.into_iter().map(with_source).collect();
    let mut results = work(context, shared, jobs, options.fail_fast, &mut emit);
    let stopped = options.fail_fast
        && results.iter().any(|r| matches!(r.verdict.kind, VerdictKind::Fail | VerdictKind::Error));
    if !solo.is_empty() && !stopped && !options.cancel.load(Ordering::Relaxed) {
        let solo = solo.into_iter().map(with_source).collect();
        results.extend(work(context, solo, 1, options.fail_fast, &mut emit));
    }
    results
}

fn ask(target: &Target, handle: &TargetHandle, options: &Options) -> Result<Vec<Capabilities>, RunError> {
    let runtime = if handle.is_embedded() {
        paused_runtime()
    } else {
        Builder::new_current_thread().enable_all().build()
    };
    let runtime = runtime.map_err(RunError::Environment)?;
    let timing = options.timing();
    let patience = Duration::from_millis((timing.connect_ms as f64 * timing.scale) as u64);
    let word = if handle.is_embedded() { "dz".to_owned() } else { unique_word().chars().take(12).collect() };
    let asked = LocalSet::new().block_on(&runtime, async {
        let links = handle.links(options.links.as_deref(), &format!("probe-{word}"));
        let dial = match &links {
            Some(links) => Rc::new(ThroughLink(Rc::clone(links))),
            None => handle.dial(None),
        };
        let asked = probe(dial, &options.versions, patience, &word).await;
        let Some(links) = links else { return asked };
        links.close().await;
        // A version that was only not reached must not count as one that is not spoken.
        let asked = links.failure().map_or(asked, Err);
        asked.map_err(|why| format!("over foreign links: {why}"))
    });
    asked.map_err(|why| match target {
        Target::Embedded(_) => RunError::Target { target: "embedded".to_owned(), why },
        Target::Remote { name, address, .. } => {
            let target = if name.contains("//") { name.clone() } else { format!("{name} at {address}") };
            RunError::Target { target, why }
        }
    })
}

fn info(
    suite: &Suite,
    options: &Options,
    target: &Target,
    capabilities: Vec<Capabilities>,
    planned: usize,
) -> RunInfo {
    let mut switched_on: Vec<String> = Vec::new();
    let (name, version, address, configuration) = match target {
        Target::Embedded(spec) => {
            switched_on.extend(spec.defects.iter().map(|d| d.name().to_owned()));
            switched_on.extend(spec.variants.iter().map(|v| v.name().to_owned()));
            ("embedded".to_owned(), None, None, String::new())
        }
        Target::Remote { name, address, process } => (
            name.clone(),
            process.as_ref().and_then(|p| p.version().map(str::to_owned)),
            Some(address.to_string()),
            process.as_ref().map(|p| p.configuration().to_owned()).unwrap_or_default(),
        ),
    };
    switched_on.extend(options.mutant.map(|m| m.name().to_owned()));
    RunInfo {
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        suite: suite.hash.clone(),
        target: name,
        target_version: version,
        address,
        target_configuration: configuration,
        switched_on,
        capabilities,
        seed: format!("{:x}", options.seed),
        planned,
    }
}

fn summary(
    plan: &Plan,
    results: &[Arc<ScenarioResult>],
    options: &Options,
    interrupted: bool,
    wall: Duration,
) -> Summary {
    let count = |kind| results.iter().filter(|r| r.verdict.kind == kind).count();
    let slow = count(VerdictKind::PassSlow);
    let mut coverage = Vec::new();
    for version in &options.versions {
        let named: BTreeSet<&str> = results
            .iter()
            .filter(|r| r.key.version == *version)
            .filter(|r| {
                matches!(r.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail)
            })
            .flat_map(|r| r.clauses.iter().map(String::as_str))
            .filter(|c| deadzone_spec::find(c).is_some_and(binds_server))
            .collect();
        let prefix = format!("{version}/MQTT-");
        let all =
            deadzone_spec::all().iter().filter(|c| c.id.starts_with(&prefix) && binds_server(c)).count();
        coverage.push((*version, named.len(), all));
    }
    let exit = ExitCode::of(results.iter().map(|r| r.verdict.kind), interrupted);
    Summary {
        pass: count(VerdictKind::Pass) + slow,
        slow,
        fail: count(VerdictKind::Fail),
        inconclusive: count(VerdictKind::Inconclusive),
        not_applicable: count(VerdictKind::NotApplicable),
        error: count(VerdictKind::Error),
        not_run: plan.items.len() - results.len(),
        coverage,
        interrupted,
        exit_code: exit as u8,
        wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    }
}

fn binds_server(clause: &deadzone_spec::Clause) -> bool {
    clause.party != Party::Client
}

fn write_histories(folder: &Path, results: &[Arc<ScenarioResult>]) -> Result<(), RunError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RunError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for result in results {
        let stem = format!("{}@{}", result.key.id.replace('/', "."), result.key.version);
        let control = result.control.as_ref().and_then(|c| c.history.as_ref());
        let files = [(result.history.as_ref(), "ndjson"), (control, "control.ndjson")];
        for (history, ending) in files {
            if let Some(history) = history {
                write_history(&folder.join(format!("{stem}.{ending}")), history)?;
            }
        }
    }
    Ok(())
}

/// To a temporary file first, so that an interrupted run leaves no half history.
fn write_history(path: &Path, history: &History) -> Result<(), RunError> {
    let failed = |source| RunError::Write { path: path.to_owned(), source };
    let temporary = path.with_extension("tmp");
    let mut out = BufWriter::new(fs::File::create(&temporary).map_err(failed)?);
    deadzone_history::write(history, &mut out).map_err(failed)?;
    std::io::Write::flush(&mut out).map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)
}
