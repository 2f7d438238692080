//! What an entry is about, and what not: gates and what stands on them, versions of the broker, transports.

use std::fs;

use super::{KNOWN, SHUTS_A_GATE, Story};
use crate::support::{Scratch, broker, broker_at};

#[test]
fn what_is_blocked_behind_an_expected_gate_is_expected() {
    let story = Story::made_of(&["--defect", SHUTS_A_GATE]);
    assert!(!story.text().contains("\"blocked\""), "{}", story.text());
    let (code, text) = story.run(&["--defect", SHUTS_A_GATE]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(" blocked, 4 fail: no reason given") && !text.contains("blocked ("), "{text}");
    // Without the gate's own entry nothing behind it is excused.
    let own = "[[known]]\nscenario = \"gates/publish/qos1-in\"\nversion = \"5.0\"";
    story.edit(own, "[[known]]\nscenario = \"gates/publish/qos1-in\"\nmax = 1\nversion = \"5.0\"");
    assert_eq!(story.run(&[]).0, Some(2), "`max` belongs to a glob");
    story.edit("max = 1\nversion = \"5.0\"", "version = \"5.0\"\ntarget_version = \"9\"");
    let (code, text) = story.run(&["--defect", SHUTS_A_GATE]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("blocked ("), "{text}");
}

/// What a broker that is not ours shows is repeated, unless all of it is known.
#[test]
fn what_is_expected_is_not_repeated() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let (_broker, address) = broker(&["--defect", KNOWN]);
    let url = format!("mqtt://{address}");
    let words = ["--broker", &url, "--mqtt", "5.0", "--only-mine", "--scenarios", file, "**/pubrec-lost"];
    let story = Story::made_of(&words);
    let repeats = |words: &[&str]| {
        let (code, text, report) = story.report(words);
        let scenarios = report["scenarios"].as_array().unwrap();
        let lost = scenarios.iter().find(|s| s["id"] == "qos2/interrupted/pubrec-lost");
        (code, lost.unwrap_or_else(|| panic!("{text}"))["repeats"].as_array().unwrap().len())
    };
    assert_eq!(repeats(&words), (Some(0), 0));
    story.edit("delivered-twice", "delivered-unwanted");
    assert_eq!(repeats(&words), (Some(1), 2), "it fails otherwise");
}

#[test]
fn an_entry_may_be_of_some_versions_of_the_broker() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let (_broker, address) = broker(&["--defect", KNOWN]);
    let story = Story { scratch: Scratch::new("expect-version") };
    let described = story.path("mine.toml");
    let of_version = |version: &str| {
        fs::write(&described, format!("address = \"mqtt://{address}\"\nversion = \"{version}\"\n")).unwrap();
    };
    let words =
        ["--broker", &described, "--mqtt", "5.0", "--only-mine", "--scenarios", file, "**/pubrec-lost"];
    of_version("1.2.9");
    story.update(&words);
    story.edit("reason", "target_version = \">= 1.2, < 1.2.10\"\nreason");
    assert_eq!(story.run(&words).0, Some(0));
    of_version("1.2.10");
    let (code, text) = story.run(&words);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("of another version of the target: the entries of lines"), "{text}");
}

/// Known by what carried the bytes: an entry of TCP pardons nothing over WebSocket, until a run over it says the same.
#[test]
fn an_entry_is_about_the_transports_over_which_it_was_seen() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let (_tcp, tcp) = broker_at("127.0.0.1:0", &["--defect", KNOWN]);
    let (_ws, ws) = broker_at("ws://127.0.0.1:0", &["--defect", KNOWN]);
    let words = |url: &str| {
        ["--broker", url, "--mqtt", "5.0", "--only-mine", "--scenarios", file, "**/pubrec-lost"]
            .map(str::to_owned)
    };
    let (tcp, ws) = (words(&tcp), words(&ws));
    let [tcp, ws] = [&tcp, &ws].map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
    let story = Story::made_of(&tcp);
    assert!(story.text().contains("transport = \"tcp\""), "{}", story.text());
    assert_eq!(story.run(&tcp).0, Some(0));
    let (code, text, report) = story.report(&ws);
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(
        (&report["target"]["transport"], &report["scenarios"][0]["transport"]),
        (&"ws".into(), &"ws".into())
    );
    assert!(text.contains("of another transport: the entries of lines"), "{text}");
    let said = story.update(&ws);
    assert!(said.contains("0 added") && said.contains("over tcp, ws"), "{said}");
    assert_eq!((story.run(&tcp).0, story.run(&ws).0), (Some(0), Some(0)));
}

#[test]
fn a_file_that_is_made_of_a_part_excuses_nothing_of_the_rest() {
    let story = Story::made_of(&["qos1"]);
    let text = story.text();
    assert!(!text.lines().any(|line| line.starts_with("min_tested")), "a part is no floor: {text}");
    let (code, said) = story.run(&["--defect", KNOWN]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("0 new"), "what was there and not played is not new: {said}");
    let smoke = Story::made_of(&["--tier", "smoke"]);
    assert!(smoke.text().contains("min_tested = { smoke = "), "{}", smoke.text());
    assert_eq!(smoke.run(&["--defect", KNOWN]).0, Some(1));
    assert_eq!(smoke.run(&["--tier", "smoke"]).0, Some(0));
    let floor = smoke.text().lines().find(|line| line.starts_with("min_tested")).unwrap().to_owned();
    smoke.edit(&floor, "min_tested = { smoke = 9999 }");
    assert_eq!(smoke.run(&["--tier", "smoke"]).0, Some(4), "fewer were judged");
    assert_eq!(smoke.run(&[]).0, Some(0), "another tier has no floor here");
}
