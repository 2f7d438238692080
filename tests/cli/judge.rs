//! `deadzone judge`: a record says what the run that wrote it said, and what is edited in it changes what is said.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::between::{Fate, From, between};
use crate::said::{Said, said};
use crate::support::{Scratch, broker, output, stderr, stdout};

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
    let live = equal(&scratch, &[]);
    assert!(live.len() >= 218, "only {} performances", live.len());
    let passed = live.values().filter(|value| value["verdict"] == "pass").count();
    assert!(passed >= 218, "only {passed} passed");
}

#[test]
fn failures_with_their_control_runs_are_judged_as_they_were_live() {
    for defect in ["pubrel-replay-unanswered", "resend-with-new-id", "publish-resent-after-pubrec"] {
        let scratch = Scratch::new("judge-defect");
        let live = equal(&scratch, &["--defect", defect]);
        assert!(live.values().any(|value| value["verdict"] == "fail"), "{defect}: nothing failed");
    }
}

/// Live and from its records: the same of every performance.
fn equal(scratch: &Scratch, extra: &[&str]) -> Said {
    let (folder, code, live) = run(scratch, extra);
    let (again, judged) = judged(scratch, &folder);
    for (key, value) in &judged {
        assert_eq!(Some(value), live.get(key), "{key:?}");
    }
    let performed = |verdict: &str| !matches!(verdict, "blocked" | "not-applicable");
    let played = live.values().filter(|value| value["verdict"].as_str().is_some_and(performed)).count();
    assert!(judged.len() >= played, "{} of {played} have a record", judged.len());
    assert_eq!(code, again);
    live
}

/// What was late, and waits that were parked.
#[test]
fn what_is_slow_is_judged_as_it_was_live() {
    for variant in ["resends-30s-late", "acknowledges-10s-late"] {
        let scratch = Scratch::new("judge-slow");
        let live =
            equal(&scratch, &["--variant", variant, "order/resume/**", "qos1/**", "takeover/half-open/**"]);
        assert!(live.values().any(|value| value["verdict"] == "pass-slow"), "{variant}: nothing was slow");
    }
}

/// In real time what failed is repeated: the folder has every run of it, and gives the verdict of all of them.
#[test]
fn repeats_are_put_together_as_the_run_did() {
    let (_broker, address) = broker(&["--defect", "qos2-delivered-twice"]);
    let scratch = Scratch::new("judge-repeats");
    let url = format!("mqtt://{address}");
    let live =
        equal(&scratch, &["--broker", &url, "--long-bound", "3", "qos2/inbound/**", "qos2/interrupted/**"]);
    let failed = || live.values().filter(|value| value["verdict"] == "fail");
    assert!(failed().count() > 0 && failed().all(|value| value["repeats"].as_array().unwrap().len() == 2));
}

/// The PUBACKs of so many runs meet the fate of their run, from 0, in front of a correct broker.
fn with(
    runs: u32,
    fate: impl Fn(u32, &[u8]) -> Fate + Send + Sync + 'static,
) -> (crate::support::Running, String) {
    let (running, address) = broker(&[]);
    let met = AtomicU32::new(0);
    let front = between(address, move |from, _, packet| {
        let acknowledges = from == From::Broker && packet.starts_with(&[0x40, 2, 0, 7]);
        let run = if acknowledges { met.fetch_add(1, Ordering::Relaxed) } else { runs };
        if run < runs { fate(run, packet) } else { Fate::Pass }
    });
    (running, format!("mqtt://{front}"))
}

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos1/inbound.mqt");

/// How many runs meet which fate, the options of the run, and the verdict of all of it.
type Case<'a> = (u32, fn(u32, &[u8]) -> Fate, &'a [&'a str], &'a str);

/// A wrong deed in one run, a close in one and in two, a silence: each composed alike; under `--quick`, where nothing is repeated,
/// the record says that it was quick.
#[test]
fn what_comes_now_and_then_is_composed_as_the_run_did() {
    let twice = |_, packet: &[u8]| Fate::Instead([packet, packet].concat());
    let end = |_, _: &[u8]| Fate::End;
    let hold = |_, _: &[u8]| Fate::Hold;
    let twice_later = |run, packet: &[u8]| match run {
        0 => Fate::End,
        _ => Fate::Instead([packet, packet].concat()),
    };
    // More packets than the record of one performance may take.
    let flood = |_, packet: &[u8]| Fate::Instead([packet, &b"\x30\x04\x00\x01xy".repeat(60_000)].concat());
    let cases: [Case<'_>; 9] = [
        (9, flood, &[], "inconclusive"),
        (2, twice_later, &[], "fail"),
        (1, twice, &[], "fail"),
        (1, end, &[], "inconclusive"),
        (2, end, &[], "fail"),
        (1, hold, &[], "fail"),
        (9, hold, &["--quick"], "inconclusive"),
        (9, end, &["--quick"], "inconclusive"),
        (9, twice, &["--quick"], "fail"),
    ];
    for (runs, fate, more, verdict) in cases {
        let (_broker, url) = with(runs, fate);
        let scratch = Scratch::new("judge-intermittent");
        let mut words = vec![
            "--broker",
            &url,
            "--mqtt",
            "3.1.1",
            "--only-mine",
            "--scenarios",
            FILE,
            "--long-bound",
            "4",
        ];
        words.extend(more);
        // Its own file is no scenario of the embedded suite, which `judge` is told of.
        words.push("**/handshake");
        let (folder, code, live) = run(&scratch, &words);
        let report = scratch.file("judged.json");
        let judge = [
            "judge",
            "--quiet",
            "--only-mine",
            "--scenarios",
            FILE,
            "--json",
            report.to_str().unwrap(),
            folder.to_str().unwrap(),
        ];
        let again = output(&judge);
        assert_eq!(said(&report), live, "{runs} {more:?}");
        assert_eq!(again.status.code(), code, "{}", stderr(&again));
        assert!(live.values().all(|value| value["verdict"] == verdict), "{runs} {more:?}: {live:#?}");
        let header =
            fs::read_to_string(fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
        let header = header.lines().next().unwrap();
        assert!(header.contains("\"real_time\":true"), "{header}");
        assert!(more.is_empty() || header.contains("\"quick\":true"), "{header}");
    }
}

/// A target that a scenario ends is lost twice when that runs alone: its record says so.
#[test]
fn what_ends_the_target_is_judged_as_it_was_live() {
    let scratch = Scratch::new("judge-convicted");
    let ends = ["--broker", "reference", "--defect", "ends-at-unsubscribe"];
    let live = equal(
        &scratch,
        &[
            &ends[..],
            &["--long-bound", "2", "--mqtt", "3.1.1", "subscribe/unsubscribe", "subscribe/matching"],
        ]
        .concat(),
    );
    let crashed = live.values().filter(|value| value["findings"][0]["clause"] == "3.1.1/DZ-crash").count();
    assert_eq!(crashed, 2, "{live:#?}");
}

/// So many CONNECTs are served before the target is lost: the probe's, and those of some scenarios.
const SERVED: u32 = 60;

/// What was proven before the target was lost for good stands, and nothing else is said of what was in flight.
#[test]
fn what_was_recorded_before_the_target_was_lost_is_judged_as_it_was_live() {
    let (broker, address) = broker(&["--defect", "qos2-delivered-twice"]);
    let scratch = Scratch::new("judge-lost");
    let (broker, connected) = (Mutex::new(Some(broker)), AtomicU32::new(0));
    let front = between(address, move |from, _, packet| {
        let connects = from == From::Client && packet[0] == 0x10;
        if connects && connected.fetch_add(1, Ordering::Relaxed) == SERVED {
            drop(broker.lock().unwrap().take());
        }
        Fate::Pass
    });
    let url = format!("mqtt://{front}");
    let (folder, code, live) =
        run(&scratch, &["--broker", &url, "--mqtt", "3.1.1", "--long-bound", "2", "--jobs", "4"]);
    assert_eq!(code, Some(5));
    let (_, judged) = judged(&scratch, &folder);
    assert!(!judged.is_empty() && judged.len() < live.len(), "{} of {}", judged.len(), live.len());
    assert!(judged.values().any(|value| value["verdict"] == "fail"), "nothing was proven: {judged:#?}");
    for (key, value) in &judged {
        assert_eq!(Some(value), live.get(key), "{key:?}");
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
