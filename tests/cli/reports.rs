//! The machine-readable reports of a real run, read back by readers that are not ours.

use std::fs;

use crate::support::{Scratch, output};

#[test]
fn junit_and_json_of_a_failing_run_are_read_back() {
    let scratch = Scratch::new("reports");
    let (junit, json) = (scratch.file("junit.xml"), scratch.file("run.json"));
    let run = output(&[
        "run",
        "--quiet",
        "--defect",
        "inbound-qos2-forgotten-on-reconnect",
        "qos2/interrupted/**",
        "--junit",
        junit.to_str().unwrap(),
        "--json",
        json.to_str().unwrap(),
    ]);
    assert_eq!(run.status.code(), Some(1));

    let report = quick_junit::Report::deserialize_from_str(&fs::read_to_string(&junit).unwrap()).unwrap();
    let cases: Vec<_> = report.test_suites.iter().flat_map(|s| &s.test_cases).collect();
    assert_eq!(cases.len(), 4);
    let failed = cases
        .iter()
        .filter(|c| {
            matches!(
                c.status,
                quick_junit::TestCaseStatus::NonSuccess { kind: quick_junit::NonSuccessKind::Failure, .. }
            )
        })
        .count();
    assert_eq!(failed, 2, "both versions of one scenario");

    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(document["schema"], "deadzone.run/1");
    let text = document.to_string();
    assert!(text.contains("5.0/MQTT-4.3.3-10") && text.contains("3.1.1/MQTT-4.3.3-2"), "{text}");
}
