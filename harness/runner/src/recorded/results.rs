//! The records of each scenario to one result, told as a run tells them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use deadzone_history::{CutShort, Header, Origin};
use deadzone_spec::Party;
use deadzone_verdict::{
    Choice, Repeat, RunEvent, RunInfo, ScenarioKey, ScenarioResult, Summary, VerdictKind,
};
use deadzone_wire::Version;

use super::file::{Recorded, files, judged};
use crate::{
    Plan, Planned, RunError, Selection, Suite,
    confirm::{as_repeat, compose, settle, weigh_control},
    habit::Habits,
    job::Run,
    run::summary_of,
};

/// What is to be judged.
#[derive(Debug)]
pub struct JudgeOptions {
    /// Records, or folders of them.
    pub paths: Vec<PathBuf>,
    /// Who is judged: the broker, or the clients.
    pub party: Party,
    /// The command that repeats the verdict on these files and folders.
    pub command: fn(&[&Path]) -> String,
    /// The folder into which a script of each failure is written, for the reports to name.
    pub scripts: Option<String>,
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
    let (mut records, mut left) = (Vec::new(), &files[..]);
    while !left.is_empty() && !options.cancel.load(Ordering::Relaxed) {
        let (record, behind) = judged(left, options.party)?;
        records.push(record);
        left = behind;
    }
    let left = left.len();
    let results = known.composed(records);
    tell(RunEvent::Started(Arc::new(info(suite, results.len(), options.scripts.clone()))));
    for result in &results {
        tell(RunEvent::ScenarioStarted(result.key.clone()));
        tell(RunEvent::ScenarioFinished(Arc::clone(result)));
    }
    let versions: BTreeSet<Version> = results.iter().map(|result| result.key.version).collect();
    let versions: Vec<Version> = versions.into_iter().collect();
    let interrupted = options.cancel.load(Ordering::Relaxed);
    let wall = started.elapsed();
    let summary = Arc::new(Summary { not_run: left, ..summary_of(&results, &versions, interrupted, wall) });
    tell(RunEvent::Finished(Arc::clone(&summary)));
    Ok(summary)
}

/// The scenarios that records may be of.
struct Known<'s> {
    suite: &'s Suite,
    planned: BTreeMap<ScenarioKey, Planned>,
    command: fn(&[&Path]) -> String,
    party: Party,
}

impl<'s> Known<'s> {
    fn new(suite: &'s Suite, options: &JudgeOptions) -> Self {
        let versions = [Version::V31, Version::V311, Version::V5];
        let plan = Plan::new(suite, &Selection::default(), &versions, &[]);
        let planned = plan.items.into_iter().map(|planned| (planned.key.clone(), planned)).collect();
        Self { suite, planned, command: options.command, party: options.party }
    }

    /// One result for each scenario and version: its first run composed with its repeats and its control run, where they are there
    /// (by the order of their files' names). Without repeats, what a real target did stands as far as one run proves it.
    fn composed(&self, records: Vec<Recorded>) -> Vec<Arc<ScenarioResult>> {
        let mut of_key: BTreeMap<ScenarioKey, Vec<Recorded>> = BTreeMap::new();
        for record in records {
            of_key.entry(key(&record)).or_default().push(record);
        }
        let mut habits = Habits::default();
        let results = of_key.into_iter().flat_map(|(key, records)| self.of_scenario(&key, records));
        let lifted = results.map(|mut result| {
            if result.party == Party::Server {
                habits.lift(&mut result);
            }
            Arc::new(result)
        });
        let mut results: Vec<_> = lifted.collect();
        results.extend(habits.results());
        results
    }

    fn of_scenario(&self, key: &ScenarioKey, records: Vec<Recorded>) -> Vec<ScenarioResult> {
        let (mut controls, mut runs): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| record.header.origin == Origin::Control);
        let planned = self.planned.get(key);
        if runs.is_empty() || runs[0].header.origin == Origin::Link || planned.is_none() {
            runs.append(&mut controls);
            return runs.into_iter().map(|run| self.result(key.clone(), run)).collect();
        }
        let repeats = runs.split_off(1);
        let Some(first) = runs.pop() else { return Vec::new() };
        let failed = first.verdict.kind == VerdictKind::Fail;
        let cut_short = first.header.cut_short.clone();
        let waited_out = !first.header.quick && cut_short != Some(CutShort::TargetFailing);
        let certain = !first.header.real_time;
        let mut result = self.result(key.clone(), first);
        let repeat = |run: Recorded| {
            let (verdict, cut_short) = (run.verdict.at_the_patience(), run.cut_off);
            match run.history {
                Some(history) => as_repeat(verdict, history, cut_short, result.history.as_deref()),
                None => Repeat { verdict, history: None, cut_short },
            }
        };
        let repeats = repeats.into_iter().map(repeat).collect();
        result.repeats = repeats;
        if certain || !result.repeats.is_empty() {
            compose(&mut result, usize::from(certain), waited_out);
        } else if !matches!(cut_short, Some(CutShort::LosesTarget { .. })) {
            // A quick run, or one that is judged without its repeats.
            settle(&mut result.verdict, waited_out);
        }
        let control = controls.pop().and_then(run);
        let asked =
            !result.repeats.iter().any(was_ended) && (!result.repeats.is_empty() || control.is_some());
        if let Some(planned) = planned.filter(|_| asked && failed && result.verdict.kind == VerdictKind::Fail)
        {
            weigh_control(planned, control.map(Ok), &mut result);
        }
        vec![result]
    }

    fn result(&self, key: ScenarioKey, record: Recorded) -> ScenarioResult {
        let scenario = self.planned.get(&key).map(|planned| &planned.scenario);
        let source = scenario.and_then(|scenario| self.suite.sources.get(&scenario.file));
        let title = match record.header.origin {
            Origin::Link => format!("what passed the link `{}`", record.header.scenario),
            _ => scenario.map(|scenario| scenario.title.clone()).unwrap_or_default(),
        };
        let repeat_command = (self.command)(&whole(&record));
        ScenarioResult {
            key,
            transport: None,
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
            repeat_command,
            wall_ms: record.lasted_us / 1_000,
            target_log: None,
            expectation: None,
        }
    }
}

/// Whether a repeat was ended from outside: then no control is weighed.
fn was_ended(repeat: &Repeat) -> bool {
    let cut = repeat.history.as_ref().and_then(|history| history.header.cut_short.as_ref());
    cut.is_some_and(CutShort::is_from_outside)
}

/// What has all of a record and nothing else: the folder of its files, if it holds no others, or the files.
fn whole(record: &Recorded) -> Vec<&Path> {
    let parts: Vec<&Path> = [&record.path].into_iter().chain(&record.behind).map(PathBuf::as_path).collect();
    let is_all = |folder: &&Path| files(&[folder.to_path_buf()]).is_ok_and(|inside| inside == parts);
    let folder = record.path.parent().filter(|folder| parts.len() > 1 && is_all(folder));
    folder.map_or(parts, |folder| vec![folder])
}

fn run(control: Recorded) -> Option<Run> {
    let waited_out = !control.header.quick;
    Some(Run { verdict: control.verdict.at_the_patience(), history: control.history?, waited_out })
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

fn info(suite: &Suite, planned: usize, scripts: Option<String>) -> RunInfo {
    RunInfo {
        deadzone: env!("CARGO_PKG_VERSION").to_owned(),
        suite: suite.hash.clone(),
        target: "recorded".to_owned(),
        target_version: None,
        address: None,
        transport: None,
        target_configuration: String::new(),
        links: None,
        switched_on: Vec::new(),
        capabilities: Vec::new(),
        seed: "as recorded".to_owned(),
        planned,
        choice: Choice::default(),
        scripts,
    }
}

#[cfg(test)]
mod tests {
    use deadzone_history::HandMade;
    use deadzone_verdict::{Fact, Finding, Verdict};

    use super::*;

    /// A record of a scenario without a fault that is needed, silent in the first run and in its control run.
    fn silent(origin: Origin, verdict: Verdict) -> Recorded {
        let mut h = HandMade::new(Version::V311);
        h.header().scenario = "qos2/interrupted/pubrec-lost".to_owned();
        h.header().origin = origin;
        h.abandoned(2, "the expected answer did not come");
        let history = h.finish();
        let header = history.header.clone();
        let (path, history) = (PathBuf::from("x.ndjson"), Some(Arc::new(history)));
        Recorded { path, behind: Vec::new(), header, verdict, history, lasted_us: 0, cut_off: false }
    }

    fn finding() -> Finding {
        Finding {
            claim: Some(0),
            ..Finding::new(deadzone_spec::id!("3.1.1/MQTT-3.8.1-1"), Fact::NotClosed, "arrival")
        }
    }

    fn known(suite: &Suite) -> Known<'_> {
        let options = JudgeOptions {
            paths: Vec::new(),
            party: Party::Server,
            command: |_| String::new(),
            scripts: None,
            cancel: Arc::default(),
        };
        Known::new(suite, &options)
    }

    #[test]
    fn silences_of_a_run_that_ended_about_when_the_target_was_lost_prove_nothing() {
        let suite = Suite::embedded().expect("the suite");
        let kind = |cut_short| {
            let verdict = Verdict { kind: VerdictKind::Fail, findings: vec![finding()], ..Verdict::pass() };
            let mut record = silent(Origin::Scenario, verdict);
            (record.header.real_time, record.header.cut_short) = (true, cut_short);
            known(&suite).composed(vec![record])[0].verdict.kind
        };
        assert_eq!(kind(None), VerdictKind::Fail);
        assert_eq!(kind(Some(CutShort::TargetFailing)), VerdictKind::Inconclusive);
    }

    #[test]
    fn a_control_run_has_the_patience_alone_as_it_has_live() {
        let suite = Suite::embedded().expect("the suite");
        let waited_out = Verdict { kind: VerdictKind::Fail, findings: vec![finding()], ..Verdict::pass() };
        let unconfirmed = Verdict {
            unconfirmed: vec![finding()],
            ..Verdict::because(VerdictKind::Inconclusive, "unconfirmed")
        };
        let records = vec![silent(Origin::Scenario, waited_out), silent(Origin::Control, unconfirmed)];
        let results = known(&suite).composed(records);
        assert_eq!(results[0].verdict.kind, VerdictKind::Fail, "{:?}", results[0].verdict.reason);
        assert!(results[0].control.as_ref().is_some_and(|control| control.same_clause));
    }
}
