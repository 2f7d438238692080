//! How reports tell a run that was held against a file of known failures.

use std::sync::Arc;

use deadzone_reports::{
    Collector, ReportError, RunDocument, Terminal, TerminalOptions, Verbosity, VerdictWord, junit,
    run_document,
};
use deadzone_verdict::{
    AgainstFile, Expectation, KnownFailure, Outcome, RunEvent, ScenarioResult, StaleEntry, Summary,
    VerdictKind,
};
use quick_junit::{Report, TestCaseStatus};

use crate::story;

fn known(reason: &str) -> Expectation {
    let link = Some("https://example.org/7".to_owned());
    Expectation::Expected(vec![KnownFailure { line: 7, reason: reason.to_owned(), link }])
}

fn against() -> AgainstFile {
    AgainstFile {
        file: "known.toml".to_owned(),
        expected: 2,
        unexpected: 1,
        stale: vec![StaleEntry { line: 31, text: "will/gone [5.0]  inconclusive".to_owned() }],
        no_reason: vec![7],
        tested: 4,
        min_tested: Some(5),
        notes: vec!["made for `a`, and the target is `b`".to_owned()],
        ..AgainstFile::default()
    }
}

/// A failure and an experiment that did not happen, both expected; a failure that is new; one that is neither.
fn events() -> Vec<RunEvent> {
    let with = |result: ScenarioResult, id: &str, expectation| {
        let mut result = ScenarioResult { expectation, ..result };
        id.clone_into(&mut result.key.id);
        RunEvent::ScenarioFinished(Arc::new(result))
    };
    let strangers = vec![story::silent().verdict.findings[0].fingerprint().to_string()];
    vec![
        RunEvent::Started(Arc::new(story::info())),
        with(story::result("once"), "a/failed", Some(known("in memory"))),
        with(story::empty("", VerdictKind::Inconclusive), "a/open", Some(known(""))),
        with(story::empty("", VerdictKind::Blocked), "a/blocked", Some(known(""))),
        with(story::result("once"), "b/new", Some(Expectation::New)),
        with(story::silent(), "c/red", Some(Expectation::Unexpected(strangers))),
        RunEvent::Finished(Arc::new(Summary { expectations: Some(against()), ..story::summary() })),
    ]
}

fn collected() -> Collector {
    let mut collector = Collector::new();
    events().iter().for_each(|event| collector.observe(event));
    collector
}

fn terminal(verbosity: Verbosity) -> String {
    let mut terminal = Terminal::new(TerminalOptions { verbosity, ..TerminalOptions::plain() });
    let mut out = Vec::new();
    for event in events() {
        terminal.observe(&event, &mut out).expect("a Vec takes everything");
    }
    String::from_utf8(out).expect("text")
}

#[test]
fn what_is_expected_is_a_line_with_its_reason() {
    let text = terminal(Verbosity::Normal);
    assert_eq!(text.matches("at the broker").count(), 1, "one timeline, of what is red: {text}");
    for part in [
        "cause 1 of 1: ",
        "expected    1 fail: in memory (https://example.org/7)",
        "expected    1 blocked, 1 inconclusive: no reason given (https://example.org/7)",
        "new         fail b/new [5.0]  5.0/MQTT-4.3.3-10: ",
        "unexpected  5.0/MQTT-",
        "2 failed (2 as known)",
        "known.toml: 2 expected, 1 unexpected, 1 stale, 0 new; 4 judged of at least 5",
        "too few     fewer were judged",
        "stale       line 31: will/gone [5.0] inconclusive",
        "no reason   given in lines 7",
        "note        made for `a`",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(!text.contains("FAIL a/failed") && !text.contains("FAIL b/new"), "{text}");
}

#[test]
fn verbose_has_a_line_for_each_that_is_expected_and_no_more() {
    let text = terminal(Verbosity::Verbose);
    for id in ["a/failed", "a/open", "a/blocked"] {
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(id)).collect();
        assert!(lines.len() == 1 && lines[0].contains("expected: "), "{id}: {lines:?}");
    }
    assert!(text.contains("FAIL c/red"), "{text}");
    let brief = terminal(Verbosity::Summary);
    assert!(!brief.contains("in memory") && brief.contains("2 expected, 1 unexpected"), "{brief}");
}

#[test]
fn junit_has_no_failure_for_what_is_expected_or_new() {
    let xml = junit(collected().model()).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    let suite = &report.test_suites[0];
    assert_eq!((suite.tests, suite.failures, suite.errors, suite.skipped), (5, 1, 0, 3));
    let case = |id: &str| suite.test_cases.iter().find(|case| case.name.as_str() == id).unwrap();
    let failed = case("a/failed");
    assert!(matches!(failed.status, TestCaseStatus::Success { .. }));
    let said = failed.system_out.as_ref().unwrap().as_str();
    assert_eq!(said, "expected fail: in memory (https://example.org/7)");
    let has =
        |name: &str| failed.properties.iter().any(|p| p.name.as_str() == name && p.value.as_str() == said);
    assert!(has("expected"));
    let TestCaseStatus::Skipped { message, .. } = &case("b/new").status else { panic!("what is new") };
    assert!(message.as_ref().unwrap().as_str().starts_with("new, not accepted yet: fail: "));
    assert!(matches!(case("a/open").status, TestCaseStatus::Skipped { .. }));
    assert!(matches!(case("c/red").status, TestCaseStatus::NonSuccess { .. }));
}

#[test]
fn json_tells_expected_from_new_and_names_the_entries() {
    let document = run_document(collected().model()).unwrap();
    let entry = |id: &str| document.scenarios.iter().find(|scenario| scenario.id == id).unwrap();
    let failed = entry("a/failed");
    assert!(failed.expected && !failed.new && failed.verdict == VerdictWord::Fail);
    assert_eq!((failed.expected_by[0].line, failed.expected_by[0].reason.as_str()), (7, "in memory"));
    assert!(entry("b/new").new && !entry("b/new").expected && !entry("c/red").expected);
    let counts = document.summary.as_ref().and_then(|summary| summary.expectations.as_ref()).unwrap();
    assert_eq!(
        (counts.expected, counts.unexpected, counts.stale[0].line, counts.min_tested),
        (2, 1, 31, Some(5))
    );
}

#[test]
fn a_report_says_what_its_run_said() {
    let collector = collected();
    let told: Vec<Outcome> = collector.model().results.iter().map(|result| Outcome::of(result)).collect();
    let document = run_document(collector.model()).unwrap();
    let back = RunDocument::from_json(&document.to_json().unwrap()).unwrap();
    let outcomes = back.outcomes().unwrap();
    for (read, told) in outcomes.iter().zip(&told) {
        assert_eq!((&read.key, read.kind, &read.found), (&told.key, told.kind, &told.found));
        assert_eq!((&read.now_and_then, &read.unconfirmed), (&told.now_and_then, &told.unconfirmed));
    }
    assert_eq!(outcomes.len(), told.len());
    // One of a deadzone that knew no fingerprints.
    let mut old = serde_json::to_value(&document).unwrap();
    for scenario in old["scenarios"].as_array_mut().unwrap() {
        let findings = scenario["findings"].as_array_mut().unwrap();
        findings.iter_mut().for_each(|finding| {
            finding.as_object_mut().unwrap().remove("fingerprint");
        });
    }
    let old = RunDocument::from_json(&old.to_string()).unwrap();
    assert!(matches!(old.outcomes(), Err(ReportError::Old)));
}
