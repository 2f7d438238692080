//! What reports make of a record that a hostile broker had a hand in: its bytes are shown, and do nothing where they are shown.

use std::sync::Arc;

use deadzone_history::History;
use deadzone_reports::{
    Collector, Recording, TerminalOptions, Verbosity, failure_block, junit, reproduction, run_document,
};
use deadzone_script::Scenario;
use deadzone_spec::{Party, Transport};
use deadzone_verdict::{Choice, RunEvent, RunInfo, ScenarioKey, ScenarioResult, Verdict};

/// Every report of it is text without control characters.
pub(super) fn told(scenario: &Scenario, record: History, verdict: Verdict) {
    let info = info();
    let result = result(scenario, record, verdict);
    for (colour, ascii) in [(false, false), (false, true)] {
        let options =
            TerminalOptions { colour, ascii, verbosity: Verbosity::Verbose, ..TerminalOptions::plain() };
        let block = failure_block(&result, &info, options);
        harmless("the terminal", &block);
        assert!(!ascii || block.is_ascii(), "{block}");
    }
    for finding in &result.verdict.findings {
        let script = reproduction(&result, finding, Recording { info: &info, date: None });
        harmless("a script", script.as_ref().map_or("", |script| script.text.as_str()));
    }
    let mut collector = Collector::new();
    collector.observe(&RunEvent::Started(Arc::new(info)));
    collector.observe(&RunEvent::ScenarioFinished(Arc::new(result)));
    harmless("JUnit", &junit(collector.model()).expect("the run has begun"));
    run_document(collector.model()).expect("the run has begun");
}

fn harmless(whose: &str, text: &str) {
    let found = text.chars().find(|c| c.is_control() && *c != '\n');
    assert!(found.is_none(), "{whose} holds {found:?}: {text}");
}

fn info() -> RunInfo {
    RunInfo {
        deadzone: "0".to_owned(),
        suite: "fuzz".to_owned(),
        target: "hostile".to_owned(),
        target_version: None,
        address: None,
        transport: Some(Transport::Tcp),
        target_configuration: String::new(),
        links: None,
        switched_on: Vec::new(),
        capabilities: Vec::new(),
        seed: "1".to_owned(),
        planned: 1,
        choice: Choice::default(),
        scripts: None,
    }
}

fn result(scenario: &Scenario, record: History, verdict: Verdict) -> ScenarioResult {
    let version = record.header.version;
    ScenarioResult {
        key: ScenarioKey { id: scenario.id.clone(), version },
        transport: Some(Transport::Tcp),
        party: Party::Server,
        title: scenario.title.clone(),
        file: scenario.file.clone(),
        source: "".into(),
        line: scenario.at.line,
        clauses: scenario.clauses_of(version).collect(),
        like: scenario.like.clone(),
        verdict,
        control: None,
        repeats: Vec::new(),
        compared: None,
        history: Some(Arc::new(record)),
        repeat_command: String::new(),
        wall_ms: 0,
        target_log: None,
        expectation: None,
    }
}
