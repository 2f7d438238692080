//! Gates in a run: they are asked first, told only where they are shut or were chosen, and what stands on a shut one is
//! blocked.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{collections::BTreeSet, sync::Arc};

use deadzone_runner::{EmbeddedSpec, Options, Selection, Suite, TargetSpec, run};
use deadzone_script::Gate;
use deadzone_verdict::{RunEvent, ScenarioResult, Summary, VerdictKind};
use deadzone_wire::Version;

const GATE: &str = "qos2/inbound/handshake";

/// The embedded suite, with one scenario as the gate of QoS 2 on which everything else of QoS 2 stands.
fn suite() -> Suite {
    let mut suite = Suite::embedded().unwrap();
    for scenario in &mut suite.scenarios {
        let scenario = Arc::make_mut(scenario);
        scenario.gate = None;
        scenario.stands_on = Vec::new();
        if scenario.id == GATE {
            scenario.gate = Some(Gate::Qos2In);
        } else if scenario.id.starts_with("qos2/") {
            scenario.stands_on = vec![Gate::Qos2In];
        }
    }
    suite
}

/// Runs what is chosen against the reference broker with these defects.
fn results(choose: &[&str], defects: &[&str]) -> (Vec<Arc<ScenarioResult>>, Arc<Summary>) {
    let defects: BTreeSet<_> = defects.iter().map(|name| name.parse().unwrap()).collect();
    let options = Options {
        selection: Selection::new(choose.iter().map(|&word| word.to_owned()).collect()),
        versions: vec![Version::V5],
        jobs: Some(2),
        ..Options::new(TargetSpec::Embedded(EmbeddedSpec { defects, ..EmbeddedSpec::default() }))
    };
    let mut told = Vec::new();
    let summary = run(&suite(), &options, &mut |event| {
        if let RunEvent::ScenarioFinished(result) = event {
            told.push(result);
        }
    });
    (told, summary.unwrap())
}

#[test]
fn a_gate_that_nobody_chose_and_that_is_open_is_not_told() {
    let (told, summary) = results(&["qos2/interrupted"], &[]);
    assert!(told.iter().all(|result| result.key.id != GATE && result.verdict.kind == VerdictKind::Pass));
    assert!(summary.gates.iter().any(|gate| gate.gate == "qos2-in" && gate.state == "open"));
    assert_eq!((summary.exit_code, summary.not_run), (0, 0));
}

#[test]
fn a_shut_gate_is_one_finding_and_blocks_what_stands_on_it() {
    let (told, summary) = results(&["qos2/interrupted", "qos1/inbound"], &["pubcomp-missing"]);
    let of = |kind| {
        let these = told.iter().filter(|result| result.verdict.kind == kind);
        these.map(|result| result.key.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(VerdictKind::Fail), [GATE], "told, though it was not chosen");
    let blocked = of(VerdictKind::Blocked);
    assert!(
        !blocked.is_empty() && blocked.iter().all(|id| id.starts_with("qos2/interrupted")),
        "{blocked:?}"
    );
    assert!(of(VerdictKind::Pass).iter().all(|id| id.starts_with("qos1/inbound")));
    assert!(
        told.iter().all(|r| r.verdict.kind != VerdictKind::Blocked || r.history.is_none()),
        "not performed"
    );
    assert_eq!((summary.blocked, summary.exit_code, summary.not_run), (blocked.len(), 1, 0));
    assert!(summary.notices.iter().any(|notice| notice.contains("gate qos2-in [5.0] is failed")));
}
