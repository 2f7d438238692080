//! Real brokers: Debian's Mosquitto. Skipped, and said so, where it is not installed.

use std::{collections::BTreeSet, fs, path::Path};

use crate::said::said;
use crate::support::{Scratch, output, program, stdout};

/// What Mosquitto 2.0.11 gets wrong, each read packet by packet: `id version clause`. Everything else it passes.
const FINDINGS: &str = include_str!("golden/mosquitto-2.0.11.findings");

#[test]
fn mosquitto_passes_all_but_its_known_findings() {
    let Some(_) = program("mosquitto") else { return };
    let scratch = Scratch::new("mosquitto");
    let json = scratch.file("run.json");
    let histories = scratch.file("histories");
    let (report, folder) = (json.to_str().unwrap(), histories.to_str().unwrap());
    let run = output(&["run", "--broker", "mosquitto", "--json", report, "--history", folder]);
    let text = stdout(&run);
    judged_as_live(&scratch, &json, folder);
    if !text.contains("mosquitto 2.0.11 ") {
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
            // They are about another way in, more than one broker, a method that it does not offer, or a server that offers less.
            "not-applicable"
                if ["password/", "tls/", "websocket/", "nodes/", "bridge/", "auth/", "connect/limited/"]
                    .iter()
                    .any(|area| id.starts_with(area)) => {}
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

/// Its records give what the run said.
fn judged_as_live(scratch: &Scratch, live: &Path, folder: &str) {
    let report = scratch.file("judged.json");
    output(&["judge", "--quiet", "--json", report.to_str().unwrap(), folder]);
    let (live, judged) = (said(live), said(&report));
    assert!(judged.len() > 200, "only {} performances", judged.len());
    for (key, value) in &judged {
        assert_eq!(Some(value), live.get(key), "{key:?}");
    }
}

#[test]
fn every_mutant_of_mosquitto_is_caught() {
    let Some(_) = program("mosquitto") else { return };
    // All of it takes minutes in real time: `deadzone selftest --broker mosquitto`.
    let run = output(&["selftest", "--broker", "mosquitto", "--tier", "smoke"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("no holes"), "{text}");
}
