//! Real brokers: Debian's Mosquitto. Skipped, and said so, where it is not installed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use std::{collections::BTreeSet, fs};

use support::{Scratch, output, program, stdout};

/// What Mosquitto 2.0.11 gets wrong, each read packet by packet: `id version clause`. Everything else it passes.
const FINDINGS: &str = include_str!("golden/mosquitto-2.0.11.findings");

#[test]
fn mosquitto_passes_all_but_its_known_findings() {
    let Some(_) = program("mosquitto") else { return };
    let scratch = Scratch::new("mosquitto");
    let json = scratch.file("run.json");
    let run = output(&["run", "--broker", "mosquitto", "--json", json.to_str().unwrap()]);
    let text = stdout(&run);
    if !text.contains("mosquitto version 2.0.11") {
        eprintln!("skipped: the list of findings is for Mosquitto 2.0.11");
        assert!(matches!(run.status.code(), Some(0 | 1)), "{text}");
        return;
    }
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let mut found = BTreeSet::new();
    for scenario in document["scenarios"].as_array().unwrap() {
        let (id, version) = (scenario["id"].as_str().unwrap(), scenario["version"].as_str().unwrap());
        match scenario["verdict"].as_str().unwrap() {
            "pass" | "pass-slow" => {}
            "fail" => {
                let clause = scenario["findings"][0]["clause"].as_str().unwrap();
                found.insert(format!("{id} {version} {clause}"));
            }
            other => panic!("{id} [{version}] is {other}:\n{text}"),
        }
    }
    let known: BTreeSet<String> =
        FINDINGS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(str::to_owned).collect();
    assert_eq!(found, known, "{text}");
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn every_mutant_of_mosquitto_is_caught() {
    let Some(_) = program("mosquitto") else { return };
    let run = output(&["selftest", "--broker", "mosquitto"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("no holes"), "{text}");
}
