//! `deadzone judge`: a record says what the run that wrote it said, and what is edited in it changes what is said.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use support::{Scratch, output, stderr, stdout};

/// What is said of each performance, by scenario and version.
type Said = BTreeMap<(String, String), Value>;

fn said(report: &Path) -> Said {
    let report: Value = serde_json::from_slice(&fs::read(report).unwrap()).unwrap();
    let mut said = Said::new();
    for entry in report["scenarios"].as_array().unwrap() {
        let key = (entry["id"].as_str().unwrap().to_owned(), entry["version"].as_str().unwrap().to_owned());
        let parts =
            ["verdict", "reason", "findings", "grades", "control", "clauses", "title", "file", "line"];
        let value = parts.map(|part| (part.to_owned(), entry[part].clone())).into_iter().collect();
        assert!(said.insert(key, value).is_none(), "one entry for each performance");
    }
    said
}

/// A run with its histories, and what it said live.
fn run(scratch: &Scratch, extra: &[&str]) -> (PathBuf, Option<i32>, Said) {
    let (folder, report) = (scratch.file("histories"), scratch.file("live.json"));
    let mut args = vec!["run", "--quiet", "--seed", "1", "--history", folder.to_str().unwrap()];
    args.extend(["--json", report.to_str().unwrap()]);
    args.extend(extra);
    let code = output(&args).status.code();
    let live = said(&report);
    (folder, code, live)
}

/// What `judge` says of a file or folder.
fn judged(scratch: &Scratch, path: &Path) -> (Option<i32>, Said) {
    let report = scratch.file("judged.json");
    let run = output(&["judge", "--quiet", "--json", report.to_str().unwrap(), path.to_str().unwrap()]);
    assert!(report.exists(), "{}", stderr(&run));
    (run.status.code(), said(&report))
}

#[test]
fn every_performance_of_the_suite_is_judged_as_it_was_live() {
    let scratch = Scratch::new("judge");
    let (folder, code, live) = run(&scratch, &[]);
    let (again, judged) = judged(&scratch, &folder);
    assert!(live.len() >= 218, "only {} performances", live.len());
    assert_eq!(live.keys().collect::<Vec<_>>(), judged.keys().collect::<Vec<_>>());
    for (key, value) in &live {
        assert_eq!(value, &judged[key], "{key:?}");
    }
    assert_eq!((code, again), (Some(0), Some(0)));
}

#[test]
fn failures_with_their_control_runs_are_judged_as_they_were_live() {
    for defect in ["pubrel-replay-unanswered", "resend-with-new-id", "publish-resent-after-pubrec"] {
        let scratch = Scratch::new("judge-defect");
        let (folder, code, live) = run(&scratch, &["--defect", defect]);
        let (again, judged) = judged(&scratch, &folder);
        assert!(live.values().any(|value| value["verdict"] == "fail"), "{defect}: nothing failed");
        for (key, value) in &live {
            assert_eq!(value, &judged[key], "{defect} {key:?}");
        }
        assert_eq!((code, again), (Some(1), Some(1)), "{defect}");
    }
}

/// Edits one line of a record: the first with all these words.
fn edited(text: &str, words: &[&str], from: &str, to: &str) -> Option<String> {
    let at = text.lines().position(|line| words.iter().all(|word| line.contains(word)))?;
    let edit = |(n, line): (usize, &str)| if n == at { line.replacen(from, to, 1) } else { line.to_owned() };
    let lines: Vec<String> = text.lines().enumerate().map(edit).collect();
    Some(lines.join("\n") + "\n")
}

#[test]
fn an_edited_byte_changes_what_is_said() {
    let scratch = Scratch::new("judge-edited");
    let (folder, _, _) = run(&scratch, &["qos1/outbound/acknowledged", "--mqtt", "5.0"]);
    let text = fs::read_to_string(folder.join("qos1+outbound+acknowledged@5.0.ndjson")).unwrap();
    let path = scratch.file("edited.ndjson");
    let judge = |text: &str| {
        fs::write(&path, text).unwrap();
        let (code, said) = judged(&scratch, &path);
        (code, said.into_values().next().unwrap())
    };
    let delivery = ["\"direction\":\"down\"", "\"end\":\"broker\"", "\"hex\":\"32"];
    // The words beside the bytes are for people.
    let told = edited(&text, &delivery, "PUBLISH", "PUBLISH with DUP").unwrap();
    assert_eq!(judge(&text), judge(&told));
    // Session Present 1 in the answer to a clean start.
    let connack = text.lines().find(|line| line.contains("\"text\":\"CONNACK")).unwrap();
    let bytes = connack.split("\"hex\":\"").nth(1).unwrap().get(..6).unwrap();
    let (from, to) = (format!("\"hex\":\"{bytes}"), format!("\"hex\":\"{}01", &bytes[..4]));
    assert_eq!(&bytes[4..], "00");
    let present = edited(&text, &["\"text\":\"CONNACK"], &from, &to).unwrap();
    let (code, value) = judge(&present);
    assert_eq!((code, &value["verdict"]), (Some(1), &"fail".into()));
    assert_eq!(value["findings"][0]["clause"], "5.0/MQTT-3.2.2-2");
    // What a claim is said to be met by no longer meets it: such a record is none of ours.
    let qos = edited(&text, &delivery, "\"hex\":\"32", "\"hex\":\"34").unwrap();
    assert_ne!(judge(&qos).0, Some(0));
}

#[test]
fn a_record_that_was_cut_off_is_judged_as_far_as_it_goes() {
    let scratch = Scratch::new("judge-cut");
    let (folder, _, _) = run(&scratch, &["qos1/**", "--mqtt", "5.0", "--defect", "resend-with-new-id"]);
    let mut verdicts = BTreeMap::<String, usize>::new();
    for name in ["qos1+outbound+puback-lost", "qos1+inbound+handshake"] {
        let file = folder.join(format!("{name}@5.0.ndjson"));
        let whole = judged(&scratch, &file).1;
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for keep in (1..lines.len()).rev().step_by(5) {
            // The middle of the next line goes with it.
            let half = &lines[keep][..lines[keep].len() / 2];
            let path = scratch.file("cut.ndjson");
            fs::write(&path, lines[..keep].join("\n") + "\n" + half).unwrap();
            let (code, said) = judged(&scratch, &path);
            let verdict = said.values().next().unwrap()["verdict"].as_str().unwrap().to_owned();
            assert_eq!(code, Some(if verdict == "fail" { 1 } else { 3 }), "{} cut at {keep}", file.display());
            let failed = whole.values().any(|value| value["verdict"] == "fail");
            assert!(failed || verdict == "inconclusive", "{} cut at {keep}: {verdict}", file.display());
            *verdicts.entry(verdict).or_default() += 1;
        }
    }
    assert!(verdicts["inconclusive"] > 0 && verdicts["fail"] > 0, "{verdicts:?}");
}

#[test]
fn what_is_no_history_is_refused_with_its_line() {
    let scratch = Scratch::new("judge-none");
    let (folder, _, _) = run(&scratch, &["qos1/**"]);
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(file).unwrap();
    let newer = text.replacen("deadzone.history/2", "deadzone.history/9", 1);
    let mut lines: Vec<&str> = text.lines().collect();
    lines[3] = "{\"seq\":2}";
    let cases = [
        ("words\n".to_owned(), "line 1"),
        (newer, "unknown schema `deadzone.history/9`"),
        (lines.join("\n") + "\n", "line 4"),
        (String::new(), "cut off after line 0"),
    ];
    for (text, told) in cases {
        let path = scratch.file("none.ndjson");
        fs::write(&path, text).unwrap();
        let run = output(&["judge", path.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(2), "{told}");
        assert!(stderr(&run).contains(told), "{told}: {}", stderr(&run));
        assert_eq!(stdout(&run), "", "nothing is said of it");
    }
    let missing = output(&["judge", scratch.file("missing").to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(2));
    fs::create_dir(scratch.file("empty")).unwrap();
    let empty = output(&["judge", scratch.file("empty").to_str().unwrap()]);
    assert_eq!(empty.status.code(), Some(4), "nothing to judge");
}
