//! JUnit XML, for what shows test results in a build.
//!
//! `fail` is a failure. `error` is an error, and so is `inconclusive`, with that word as its type: a build that shows
//! an experiment which did not happen as green would be believed. `not applicable` and `blocked` are skipped with
//! their reason, and a blocked one with its gate. Of failures with one cause the first is told in full, the others in a few lines that
//! name it. A failure that a file of known failures names is none here; its reason stands in its output.
//! Many viewers ignore properties and attributes of ours, so clause, message and command stand in the body as well.

use std::{collections::BTreeMap, time::Duration};

use deadzone_verdict::{
    Cause, Expectation, KnownFailure, LeftOut, RunInfo, ScenarioKey, ScenarioResult, Shown, VerdictKind,
    causes,
};
use deadzone_wire::Version;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use crate::{ReportError, RunModel, TerminalOptions, escape, failure_block, same_cause_block};

/// Longest message; viewers put it on one line.
const MESSAGE: usize = 300;

/// The whole document.
pub fn junit(run: &RunModel) -> Result<String, ReportError> {
    let info = run.info.as_deref().ok_or(ReportError::NotStarted)?;
    let mut report = Report::new("deadzone");
    if let Some(summary) = &run.summary {
        report.set_time(Duration::from_millis(summary.wall_ms));
    }
    let told = Told::new(run);
    let mut by_version: BTreeMap<Version, Vec<(usize, &ScenarioResult)>> = BTreeMap::new();
    for (at, result) in run.results.iter().enumerate() {
        by_version.entry(result.key.version).or_default().push((at, result));
    }
    let left_out = run.summary.as_deref().map(|summary| summary.left_out.as_slice()).unwrap_or_default();
    for left in left_out {
        by_version.entry(left.key.version).or_default();
    }
    for (version, results) in by_version {
        let mut suite = suite(run, info, version, &told, &results);
        suite.add_test_cases(left_out.iter().filter(|left| left.key.version == version).map(skipped));
        report.add_test_suite(suite);
    }
    Ok(report.to_string()?)
}

/// The causes, and which of them each result shows first.
struct Told<'a> {
    run: &'a RunModel,
    causes: Vec<Cause>,
    of: BTreeMap<usize, usize>,
}

impl<'a> Told<'a> {
    fn new(run: &'a RunModel) -> Self {
        let gates = run.summary.as_deref().map(|summary| summary.gates.as_slice()).unwrap_or_default();
        let causes = causes(&run.results, gates);
        let mut shown: Vec<(Shown, usize)> = Vec::new();
        for (number, cause) in causes.iter().enumerate() {
            shown.extend(cause.shown.iter().map(|shown| (*shown, number)));
        }
        // The last one in stays: that of the first finding.
        shown.sort_by(|a, b| b.cmp(a));
        Self { run, of: shown.into_iter().map(|(shown, number)| (shown.result, number)).collect(), causes }
    }

    /// The cause that a result shows first.
    fn cause(&self, at: usize) -> Option<&Cause> {
        self.causes.get(*self.of.get(&at)?)
    }

    /// The body of a failure: in full for the first of its cause, short for those that show the same.
    fn body(&self, at: usize, result: &ScenarioResult, info: &RunInfo) -> String {
        let first =
            self.cause(at).and_then(Cause::first).map(|first| first.result).filter(|first| *first != at);
        let first =
            first.filter(|_| result.verdict.findings.len() == 1).and_then(|at| self.run.results.get(at));
        match first {
            Some(first) => same_cause_block(result, first, info, TerminalOptions::plain()),
            None => failure_block(result, info, TerminalOptions::plain()),
        }
    }
}

fn suite(
    run: &RunModel,
    info: &RunInfo,
    version: Version,
    told: &Told<'_>,
    results: &[(usize, &ScenarioResult)],
) -> TestSuite {
    let target = info
        .target_version
        .as_deref()
        .map_or_else(|| info.target.clone(), |v| format!("{} {v}", info.target));
    let over = info.transport.map(|transport| format!(" {transport}")).unwrap_or_default();
    let mut suite = TestSuite::new(escape::xml(&format!("{target} MQTT {version}{over}")));
    suite.set_time(Duration::from_millis(results.iter().map(|(_, result)| result.wall_ms).sum()));
    let ended = run.summary.as_ref().is_some_and(|summary| !summary.interrupted && summary.not_run == 0);
    let facts = [
        ("target", target.as_str()),
        ("deadzone", &info.deadzone),
        ("suite", &info.suite),
        ("seed", &info.seed),
        ("switched-on", &info.switched_on.join(", ")),
        ("tier", &info.choice.tier),
        ("filters", &info.choice.filters.join(" ")),
        ("budget-ms", &info.choice.budget_ms.map(|ms| ms.to_string()).unwrap_or_default()),
        ("gentle", info.choice.gentle.as_deref().unwrap_or_default()),
        ("links", info.links.as_deref().unwrap_or("deadzone's own")),
        ("complete", if ended { "true" } else { "false" }),
    ];
    for (name, value) in facts.into_iter().filter(|(name, value)| *name == "switched-on" || !value.is_empty())
    {
        suite.add_property((name, escape::xml(value).as_str()));
    }
    suite.add_test_cases(results.iter().map(|(at, result)| case(*at, result, told, info)));
    suite
}

fn case(at: usize, result: &ScenarioResult, told: &Told<'_>, info: &RunInfo) -> TestCase {
    let body = || told.body(at, result, info);
    let mut case = TestCase::new(escape::xml(&result.key.id), status(result, body));
    case.set_classname(escape::xml(&class(&result.key)));
    case.set_time(Duration::from_millis(result.wall_ms));
    case.extra.insert("file".into(), escape::xml(&result.file).into());
    case.extra.insert("line".into(), result.line.to_string().into());
    let seed = result.history.as_ref().map_or(info.seed.as_str(), |history| history.header.seed.as_str());
    let repeats: Vec<&str> = result.repeats.iter().map(|run| run.verdict.kind.word()).collect();
    let facts = [
        ("verdict", result.verdict.kind.word()),
        ("clauses", &deadzone_spec::joined(&result.clauses)),
        ("seed", seed),
        ("consequence", told.cause(at).map(|cause| cause.consequence.text()).unwrap_or_default()),
        ("gate", result.verdict.blocked_by.as_deref().unwrap_or_default()),
        ("repeats", &repeats.join(", ")),
        ("repeat", &result.repeat_command),
        ("target", &info.target),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        case.add_property((name, escape::xml(value).as_str()));
    }
    match &result.expectation {
        Some(Expectation::Expected(known)) => {
            let text = excuse(result, known);
            case.add_property(("expected", escape::xml(&text).as_str()));
            case.set_system_out(escape::xml(&text));
        }
        Some(Expectation::New) => {
            case.add_property(("new", "true"));
        }
        Some(Expectation::Unexpected(_)) | None => {}
    }
    case
}

/// What was planned and did not begin.
fn skipped(left: &LeftOut) -> TestCase {
    let mut status = TestCaseStatus::skipped();
    status.set_message(escape::xml(&format!("left out: {}", escape::cut(&left.why, MESSAGE, false))));
    let mut case = TestCase::new(escape::xml(&left.key.id), status);
    case.set_classname(escape::xml(&class(&left.key)));
    case
}

/// `expected fail: sessions are kept in memory (https://…)`.
fn excuse(result: &ScenarioResult, known: &[KnownFailure]) -> String {
    let mut why: Vec<String> = known.iter().map(KnownFailure::told).collect();
    why.dedup();
    format!("expected {}: {}", result.verdict.kind.word(), why.join("; "))
}

/// What turns nothing red, told so that it is not lost: an experiment that did not happen is skipped, as is what is new.
fn excused(result: &ScenarioResult) -> Option<TestCaseStatus> {
    let text = match (&result.expectation, result.verdict.kind) {
        (Some(Expectation::Expected(_)), VerdictKind::Fail) => return Some(TestCaseStatus::success()),
        (Some(Expectation::Expected(known)), VerdictKind::Inconclusive | VerdictKind::Blocked) => {
            excuse(result, known)
        }
        (Some(Expectation::New), VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked) => {
            let found = result.verdict.findings.first().map(|finding| finding.got.as_str());
            let what = found.or(result.verdict.reason.as_deref()).unwrap_or_default();
            format!("new, not accepted yet: {}: {what}", result.verdict.kind.word())
        }
        _ => return None,
    };
    let mut status = TestCaseStatus::skipped();
    status.set_message(escape::xml(&escape::cut(&text, MESSAGE, false)));
    Some(status)
}

/// `mqtt5.qos2`: viewers make a tree of it.
fn class(key: &ScenarioKey) -> String {
    let version = match key.version {
        Version::V31 => "mqtt31",
        Version::V311 => "mqtt311",
        Version::V5 => "mqtt5",
    };
    let area = key.id.split('/').next().unwrap_or_default();
    format!("{version}.{area}")
}

fn status(result: &ScenarioResult, body: impl FnOnce() -> String) -> TestCaseStatus {
    if let Some(status) = excused(result) {
        return status;
    }
    let verdict = &result.verdict;
    let reason = verdict.reason.as_deref().unwrap_or_default();
    let (kind, what, message) = match verdict.kind {
        VerdictKind::Pass | VerdictKind::PassSlow => return TestCaseStatus::success(),
        // What stands on a gate that is shut has one cause, and that one is told by the gate.
        VerdictKind::NotApplicable | VerdictKind::Blocked => {
            let mut status = TestCaseStatus::skipped();
            let text = format!("{}: {}", verdict.kind.word(), escape::cut(reason, MESSAGE, false));
            status.set_message(escape::xml(&text));
            return status;
        }
        VerdictKind::Fail => {
            let first = verdict.findings.iter().find(|finding| !result.is_known(finding));
            let what =
                first.map_or_else(String::new, |f| format!("{} {}", f.clause.clause().level, f.clause));
            (NonSuccessKind::Failure, what, first.map_or(reason, |f| f.got.as_str()))
        }
        kind => (NonSuccessKind::Error, kind.word().to_owned(), reason),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(escape::xml(&what));
    status.set_message(escape::xml(&escape::cut(message, MESSAGE, false)));
    status.set_description(escape::xml(&body()));
    // The format knows no repeat that passed; the property `repeats` names them all.
    status.add_reruns(result.repeats.iter().filter_map(|run| rerun(run.verdict.kind)));
    status
}

fn rerun(kind: VerdictKind) -> Option<TestRerun> {
    let mut rerun = TestRerun::new(match kind {
        VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable | VerdictKind::Blocked => {
            return None;
        }
        VerdictKind::Fail => NonSuccessKind::Failure,
        VerdictKind::Inconclusive | VerdictKind::Error => NonSuccessKind::Error,
    });
    rerun.set_type(kind.word());
    Some(rerun)
}
