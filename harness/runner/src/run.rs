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

use deadzone_history::Origin;
use deadzone_play::{Room, Timing};
use deadzone_spec::ClauseId;
use deadzone_verdict::{Capabilities, RunEvent, RunInfo, ScenarioResult, Summary, VerdictKind};
use deadzone_wire::Version;

use crate::{
    ExitCode, Mutant, Plan, Planned, RunError, Selection, Suite, TargetSpec,
    ask::{ask, unique_word},
    histories::write_histories,
    job::JobContext,
    links::{InUse, LinkProvider},
    pool::{Progress, work},
    target::{Target, TargetHandle},
};

/// How many scenarios wait on a real target at once, unless the user says otherwise.
const REMOTE_JOBS: usize = 32;

/// File descriptors that a job may need: it, two repeats and a control run, each with a runtime and a few connections.
const DESCRIPTORS_A_JOB: usize = 24;
/// File descriptors that are kept for everything else.
const DESCRIPTORS_APART: usize = 48;

/// Memory for packets that all scenarios on a real target share, beside a little that each has for itself, in bytes.
const SHARED_ROOM: u64 = 16 * 1024 * 1024;

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
    pub(crate) fn timing(&self) -> Timing {
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
    let mut target = Target::start(&options.target, &options.cancel)?;
    if options.links.is_some() && target.handle().address().is_none() {
        return Err(RunError::LinksWithoutAddress);
    }
    let _links = options.links.as_ref().map(InUse::new);
    let capabilities = ask(&mut target, options)?;
    let handle = target.handle();
    let mut plan = Plan::new(suite, &options.selection, &options.versions, &capabilities);
    if let Some(links) = &options.links {
        plan.leave_to(&**links);
    }
    let in_real_time = !handle.is_embedded() && options.selection.is_everything();
    let left_out = if in_real_time { plan.leave_long_out() } else { 0 };
    let info = Arc::new(info(suite, options, &target, capabilities, (plan.items.len(), left_out)));
    tell(RunEvent::Started(info));

    let context = context(options, handle);
    let results = perform_plan(suite, options, &context, &plan, tell);
    let interrupted = options.cancel.load(Ordering::Relaxed);
    let not_run = plan.items.len() - results.len();
    let ended = Ended { not_run, interrupted, wall: started.elapsed() };
    let summary = Arc::new(summary(&results, &options.versions, ended));
    // The listener writes its reports now: neither a record that can't be written nor a broker that is slow to end is to
    // cost them.
    tell(RunEvent::Finished(Arc::clone(&summary)));
    let written = options.history.as_ref().map_or(Ok(()), |folder| write_histories(folder, &results));
    drop(target);
    written.map(|()| summary)
}

pub(crate) fn context(options: &Options, target: TargetHandle) -> JobContext {
    let room = (!target.is_embedded()).then(|| Arc::new(Room::new(SHARED_ROOM)));
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
        doubt: Arc::new(|| {}),
        room,
        run: Origin::Scenario,
    }
}

/// How many scenarios at once: on a real target no more than there are file descriptors for.
fn jobs(options: &Options, embedded: bool) -> usize {
    if embedded {
        return options.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    }
    let wanted = options.jobs.unwrap_or(REMOTE_JOBS);
    match descriptor_limit() {
        Some(limit) => wanted.min(jobs_within(limit)),
        None => wanted,
    }
}

fn jobs_within(descriptors: usize) -> usize {
    (descriptors.saturating_sub(DESCRIPTORS_APART) / DESCRIPTORS_A_JOB).max(1)
}

/// The soft limit on open files, where the system tells it.
fn descriptor_limit() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|l| l.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Shared work first, then the scenarios that touch the whole broker, one at a time.
pub(crate) fn perform_plan(
    suite: &Suite,
    options: &Options,
    context: &JobContext,
    plan: &Plan,
    tell: &mut dyn FnMut(RunEvent),
) -> Vec<Arc<ScenarioResult>> {
    let jobs = jobs(options, context.target.is_embedded());
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

fn info(
    suite: &Suite,
    options: &Options,
    target: &Target,
    capabilities: Vec<Capabilities>,
    (planned, left_out): (usize, usize),
) -> RunInfo {
    let mut switched_on: Vec<String> = Vec::new();
    let (name, version, address, configuration) = match target {
        Target::Embedded(spec) => {
            switched_on.extend(spec.defects.iter().map(|d| d.name().to_owned()));
            switched_on.extend(spec.variants.iter().map(|v| v.name().to_owned()));
            ("embedded".to_owned(), None, None, String::new())
        }
        Target::Remote { name, address, process, .. } => (
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
        links: options.links.as_ref().map(|links| links.describe()),
        switched_on,
        capabilities,
        seed: format!("{:x}", options.seed),
        planned,
        left_out,
    }
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) not_run: usize,
    pub(crate) interrupted: bool,
    pub(crate) wall: Duration,
}

pub(crate) fn summary(results: &[Arc<ScenarioResult>], versions: &[Version], ended: Ended) -> Summary {
    let count = |kind| results.iter().filter(|r| r.verdict.kind == kind).count();
    let slow = count(VerdictKind::PassSlow);
    let mut coverage = Vec::new();
    for version in versions {
        let named: BTreeSet<ClauseId> = results
            .iter()
            .filter(|r| r.key.version == *version)
            .filter(|r| {
                matches!(r.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail)
            })
            .flat_map(|r| r.clauses.iter().copied())
            .filter(|c| c.binds_server())
            .collect();
        let numbered = deadzone_spec::all().filter(|c| c.version() == *version && c.clause().is_numbered());
        let all = numbered.filter(|c| c.binds_server()).count();
        coverage.push((*version, named.len(), all));
    }
    let exit = ExitCode::of(results.iter().map(|r| r.verdict.kind), ended.interrupted);
    Summary {
        pass: count(VerdictKind::Pass) + slow,
        slow,
        fail: count(VerdictKind::Fail),
        inconclusive: count(VerdictKind::Inconclusive),
        blocked: count(VerdictKind::Blocked),
        not_applicable: count(VerdictKind::NotApplicable),
        error: count(VerdictKind::Error),
        not_run: ended.not_run,
        coverage,
        interrupted: ended.interrupted,
        exit_code: exit as u8,
        wall_ms: u64::try_from(ended.wall.as_millis()).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::jobs_within;

    #[test]
    fn few_descriptors_make_few_jobs() {
        assert_eq!(jobs_within(8), 1);
        assert_eq!(jobs_within(256), 8);
        assert!(jobs_within(1024) >= super::REMOTE_JOBS, "the usual limit costs nothing");
    }
}
