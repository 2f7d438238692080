//! The records of each scenario to one result, told as a run tells them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use deadzone_history::{Header, Origin};
use deadzone_spec::Party;
use deadzone_verdict::{RunEvent, RunInfo, ScenarioKey, ScenarioResult, Summary, VerdictKind};
use deadzone_wire::Version;

use super::file::{Recorded, files, judged};
use crate::{
    ExitCode, Plan, Planned, RunError, Selection, Suite, confirm::weigh_control, coverage::coverage, job::Run,
};

/// What is to be judged.
#[derive(Debug)]
pub struct JudgeOptions {
    /// Records, or folders of them.
    pub paths: Vec<PathBuf>,
    /// Who is judged: the broker, or the clients.
    pub party: Party,
    /// The command that repeats the verdict on one record.
    pub command: fn(&Path) -> String,
    /// Set by a signal.
    pub cancel: Arc<AtomicBool>,
}

/// Judges records and tells the listener what a run would have told. The summary is also the last event.
pub fn judge_files(
    suite: &Suite,
    options: &JudgeOptions,
    tell: &mut dyn FnMut(RunEvent),
) -> Result<Arc<Summary>, RunError> {
    let started = Instant::now();
    let files = files(&options.paths)?;
    let known = Known::new(suite, options);
    let mut records = Vec::new();
    for file in &files {
        if options.cancel.load(Ordering::Relaxed) {
            break;
        }
        records.push(judged(file, options.party)?);
    }
    let left = files.len() - records.len();
    let results = known.composed(records);
    tell(RunEvent::Started(Arc::new(info(suite, results.len()))));
    for result in &results {
        tell(RunEvent::ScenarioStarted(result.key.clone()));
        tell(RunEvent::ScenarioFinished(Arc::clone(result)));
    }
    let interrupted = options.cancel.load(Ordering::Relaxed);
    let summary = Arc::new(summary(&results, left, interrupted, started.elapsed()));
    tell(RunEvent::Finished(Arc::clone(&summary)));
    Ok(summary)
}

/// The scenarios that records may be of.
struct Known<'s> {
    suite: &'s Suite,
    planned: BTreeMap<ScenarioKey, Planned>,
    command: fn(&Path) -> String,
    party: Party,
}

impl<'s> Known<'s> {
    fn new(suite: &'s Suite, options: &JudgeOptions) -> Self {
        let versions = [Version::V31, Version::V311, Version::V5];
        let plan = Plan::new(suite, &Selection::default(), &versions, &[]);
        let planned = plan.items.into_iter().map(|planned| (planned.key.clone(), planned)).collect();
        Self { suite, planned, command: options.command, party: options.party }
    }

    /// One result for each scenario and version: its first run, with the control run where one is there. What else was recorded
    /// of it is told apart, as the verdict of its own that it is.
    fn composed(&self, records: Vec<Recorded>) -> Vec<Arc<ScenarioResult>> {
        let (controls, runs): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| record.header.origin == Origin::Control);
        let mut controls: BTreeMap<ScenarioKey, Recorded> =
            controls.into_iter().map(|record| (key(&record), record)).collect();
        let mut results = Vec::new();
        for record in runs {
            let key = key(&record);
            let failed = record.verdict.kind == VerdictKind::Fail;
            let control = controls.remove(&key).filter(|_| failed).and_then(run);
            let mut result = self.result(key, record);
            if let (Some(planned), Some(control)) = (self.planned.get(&result.key), control) {
                weigh_control(planned, Some(Ok(control)), &mut result);
            }
            results.push(Arc::new(result));
        }
        // A control run whose scenario's own record is not here.
        let left = controls.into_iter().map(|(key, record)| Arc::new(self.result(key, record)));
        results.extend(left);
        results
    }

    fn result(&self, key: ScenarioKey, record: Recorded) -> ScenarioResult {
        let scenario = self.planned.get(&key).map(|planned| &planned.scenario);
        let source = scenario.and_then(|scenario| self.suite.sources.get(&scenario.file));
        let title = match record.header.origin {
            Origin::Link => format!("what passed the link `{}`", record.header.scenario),
            _ => scenario.map(|scenario| scenario.title.clone()).unwrap_or_default(),
        };
        ScenarioResult {
            key,
            party: self.party,
            title,
            file: record.header.file,
            source: source.map_or_else(|| "".into(), Arc::clone),
            line: scenario.map_or(0, |scenario| scenario.at.line),
            clauses: record.header.clauses,
            like: scenario.map(|scenario| scenario.like.clone()).unwrap_or_default(),
            verdict: record.verdict,
            control: None,
            repeats: Vec::new(),
            compared: None,
            history: record.history,
            repeat_command: (self.command)(&record.path),
            wall_ms: record.lasted_us / 1_000,
            target_log: None,
        }
    }
}

/// Nothing was waited for and nothing confirmed: that was the run's.
fn summary(results: &[Arc<ScenarioResult>], left: usize, interrupted: bool, wall: Duration) -> Summary {
    let count = |kind| results.iter().filter(|r| r.verdict.kind == kind).count();
    let slow = count(VerdictKind::PassSlow);
    let versions: BTreeSet<Version> = results.iter().map(|result| result.key.version).collect();
    let versions: Vec<Version> = versions.into_iter().collect();
    let exit = ExitCode::of(results.iter().map(|r| r.verdict.kind), false, interrupted);
    Summary {
        pass: count(VerdictKind::Pass) + slow,
        slow,
        fail: count(VerdictKind::Fail),
        inconclusive: count(VerdictKind::Inconclusive),
        blocked: count(VerdictKind::Blocked),
        not_applicable: count(VerdictKind::NotApplicable),
        error: count(VerdictKind::Error),
        not_run: left,
        coverage: coverage(results, &versions),
        interrupted,
        exit_code: exit as u8,
        wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
        confirmation_ms: 0,
        long_bound_s: None,
        notices: Vec::new(),
        gates: Vec::new(),
    }
}

fn run(control: Recorded) -> Option<Run> {
    Some(Run { verdict: control.verdict, history: control.history?, waited_out: false })
}

/// A link's records may all have one name: their files tell them apart.
fn key(record: &Recorded) -> ScenarioKey {
    let Header { scenario, origin, version, .. } = &record.header;
    let stem = || record.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let id = match origin {
        Origin::Link => stem().unwrap_or_default(),
        Origin::Scenario | Origin::Control => scenario.clone(),
    };
    ScenarioKey { id, version: *version }
}

fn info(suite: &Suite, planned: usize) -> RunInfo {
    RunInfo {
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        suite: suite.hash.clone(),
        target: "recorded".to_owned(),
        target_version: None,
        address: None,
        target_configuration: String::new(),
        links: None,
        switched_on: Vec::new(),
        capabilities: Vec::new(),
        seed: "as recorded".to_owned(),
        planned,
        left_out: 0,
    }
}
