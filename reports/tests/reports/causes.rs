//! Causes in all three reports, and the page at the widths that terminals have. `UPDATE_GOLDEN=1` writes the pages anew; read them then.

use std::sync::Arc;

use deadzone_reports::{Collector, Terminal, TerminalOptions, Verbosity, junit, run_document};
use deadzone_spec::id;
use deadzone_verdict::{Fact, GateState, RunEvent, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::Version;

use crate::{committed, story};

/// A failure of another scenario, for another reason where the fact is another one.
fn failed(name: &str, fact: Fact) -> ScenarioResult {
    let mut result = story::result("once");
    result.key.id = format!("made/{name}");
    result.verdict.findings[0].fact = fact;
    result
}

fn blocked(n: usize) -> ScenarioResult {
    let verdict = Verdict {
        blocked_by: Some("qos2-in".to_owned()),
        ..Verdict::because(VerdictKind::Blocked, "gate qos2-in failed: made/a [5.0] breaks 5.0/MQTT-4.3.3-10")
    };
    ScenarioResult { verdict, ..story::empty(&format!("made/behind-{n}"), VerdictKind::Blocked) }
}

/// A run of ten causes, of which one shows in twenty scenarios and shuts a gate with fifty behind it.
fn many() -> Vec<RunEvent> {
    let mut results = vec![failed("a", Fact::ALL[0])];
    results.extend((0..19).map(|n| failed(&format!("same-{n:02}"), Fact::ALL[0])));
    results.extend(Fact::ALL[1..10].iter().map(|fact| failed(fact.name(), *fact)));
    results.extend((0..50).map(blocked));
    results.extend((0..200).map(|n| {
        let result = story::empty(&format!("passes/{n}"), VerdictKind::Pass);
        ScenarioResult { verdict: Verdict::pass(), ..result }
    }));
    let mut summary = story::summary();
    (summary.fail, summary.blocked) = (29, 50);
    summary.gates = vec![GateState {
        version: Version::V5,
        gate: "qos2-in".to_owned(),
        state: "failed".to_owned(),
        why: "made/a: 5.0/MQTT-4.3.3-10".to_owned(),
        failed_by: Some("made/a".to_owned()),
    }];
    let mut events = vec![RunEvent::Started(Arc::new(story::info()))];
    events.extend(results.into_iter().map(|result| RunEvent::ScenarioFinished(Arc::new(result))));
    events.push(RunEvent::Finished(Arc::new(summary)));
    events
}

fn page(events: &[RunEvent], options: TerminalOptions) -> String {
    let mut terminal = Terminal::new(options);
    let mut out = Vec::new();
    for event in events {
        terminal.observe(event, &mut out).expect("a Vec takes everything");
    }
    String::from_utf8(out).expect("text")
}

fn at(width: usize) -> TerminalOptions {
    TerminalOptions { width, whole_commands: false, ..TerminalOptions::plain() }
}

#[test]
fn row_e5_a_run_is_drawn_at_the_width_there_is() {
    for width in [80, 120, 200] {
        let text = page(&story::events(), at(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        let name = format!("run-{width}.txt");
        let golden = committed(&format!("tests/golden/{name}"), &text);
        assert_eq!(golden, text, "{name}; UPDATE_GOLDEN=1 writes it anew");
    }
}

#[test]
fn row_e7_ten_causes_take_less_than_two_hundred_lines() {
    for width in [80, 110, 120, 200] {
        let text = page(&many(), at(width));
        let lines = text.lines().count();
        assert!(lines < 200, "{lines} lines at {width}:\n{text}");
        let wide = text.lines().find(|line| line.chars().count() > width);
        assert_eq!(wide, None, "at {width}");
        assert_eq!(text.lines().filter(|line| line.starts_with("cause ")).count(), 10, "{text}");
        assert_eq!(text.matches("made/same-07").count(), 1, "each of them is named once: {text}");
        assert!(!text.contains("made/behind-7") && !text.contains("passes/7"), "they are counted: {text}");
        assert!(text.contains("blocked (50): gate qos2-in failed"), "{text}");
    }
    let text = page(&many(), at(200));
    assert!(text.contains("(20 scenarios, 50 more blocked behind gate qos2-in)"), "{text}");
    let golden = committed("tests/golden/causes-120.txt", &page(&many(), at(120)));
    assert_eq!(golden, page(&many(), at(120)), "UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn row_e7_verbose_tells_each_by_itself() {
    let text = page(&many(), TerminalOptions { verbosity: Verbosity::Verbose, ..at(120) });
    assert!(text.contains("made/behind-7 [5.0]") && text.contains("passes/7 [5.0]"), "a line each");
    assert_eq!(text.lines().filter(|line| line.starts_with("FAIL made/same-07 [5.0]")).count(), 2, "in full");
}

#[test]
fn a_summary_is_counts_causes_and_coverage() {
    let text = page(&many(), TerminalOptions { verbosity: Verbosity::Summary, ..at(120) });
    assert!(text.lines().count() < 30, "{text}");
    assert!(
        text.contains("cause 10 of 10") && text.contains("coverage") && text.contains("29 failed"),
        "{text}"
    );
    assert!(!text.contains('▶') && !text.contains("repeat"), "{text}");
}

fn collected() -> Collector {
    let mut collector = Collector::new();
    many().iter().for_each(|event| collector.observe(event));
    collector
}

#[test]
fn row_e7_json_has_the_causes_with_all_that_shows_them() {
    let document = run_document(collected().model()).unwrap();
    assert_eq!(document.causes.len(), 10);
    let largest = document.causes.iter().max_by_key(|cause| cause.shown.len()).unwrap();
    assert_eq!((largest.shown.len(), largest.blocks.len()), (20, 50));
    assert_eq!((largest.consequence.as_str(), largest.fact.as_str()), ("stuck", "answer-missing"));
    assert_eq!(largest.clause, id!("5.0/MQTT-4.3.3-10").to_string());
    assert_eq!(largest.gates, ["qos2-in"]);
    assert_eq!(largest.shown[0].id, "made/a");
    assert!(largest.shown[0].fingerprint.starts_with("5.0/MQTT-4.3.3-10 answer-missing"));
}

#[test]
fn row_e7_junit_tells_a_cause_in_full_once_and_skips_what_is_blocked_with_its_gate() {
    let text = junit(collected().model()).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&text).unwrap();
    let case = |name: &str| {
        let mut cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
        cases.find(|case| case.name.as_str() == name).unwrap()
    };
    let body = |name: &str| match &case(name).status {
        quick_junit::TestCaseStatus::NonSuccess { description: Some(text), .. } => text.as_str().to_owned(),
        other => panic!("{name}: {other:?}"),
    };
    assert!(body("made/a").contains("at the broker"), "{}", body("made/a"));
    let short = body("made/same-07");
    assert!(short.contains("same cause  made/a [5.0]") && !short.contains("at the broker"), "{short}");
    assert!(short.contains("repeat"), "each can be repeated by itself: {short}");
    let skipped = case("made/behind-7");
    assert!(matches!(skipped.status, quick_junit::TestCaseStatus::Skipped { .. }));
    let gate = skipped.properties.iter().find(|property| property.name.as_str() == "gate").unwrap();
    assert_eq!(gate.value.as_str(), "qos2-in");
}
