//! Confirmation: what a broker did wrong once stays a failure, what it closed once does not become one, and every run that
//! was made is kept.

use std::{
    fs,
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::between::{Fate, From, between};
use crate::support::{Scratch, broker, output, stdout};
use serde_json::Value;

/// One scenario of this file, by itself: without gates, which would meet the meddler first.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos1/inbound.mqt");
const SCENARIO: &str = "**/handshake";
/// The acknowledgement that the scenario waits for: its client numbers the message 7.
const PUBACK: [u8; 4] = [0x40, 2, 0, 7];

/// Runs the scenario in 3.1.1; exit code, its entry in the report, what was printed, names of the histories.
fn run(address: SocketAddr, more: &[&str]) -> (Option<i32>, Value, String, Vec<String>) {
    let scratch = Scratch::new("confirmation");
    let (json, histories) = (scratch.file("run.json"), scratch.file("histories"));
    let url = format!("mqtt://{address}");
    let mut words =
        vec!["run", "--broker", &url, "--mqtt", "3.1.1", "--only-mine", "--scenarios", FILE, SCENARIO];
    words.extend(["--json", json.to_str().unwrap(), "--history", histories.to_str().unwrap()]);
    words.extend(more);
    if !more.contains(&"--long-bound") {
        words.extend(["--long-bound", "15"]);
    }
    let run = output(&words);
    let text = stdout(&run);
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let names = crate::support::files(&histories).into_iter().map(|(name, _)| name).collect();
    let scenarios = document["scenarios"].as_array().unwrap();
    let [entry] = scenarios.as_slice() else { panic!("{} scenarios: {text}", scenarios.len()) };
    let entry = entry.clone();
    (run.status.code(), entry, text, names)
}

/// In front of a correct broker: the PUBACKs of so many runs meet this fate, one a run.
fn with(broker: SocketAddr, runs: u32, fate: impl Fn(&[u8]) -> Fate + Send + Sync + 'static) -> SocketAddr {
    let met = AtomicU32::new(0);
    between(broker, move |from, _, packet| {
        let acknowledges = from == From::Broker && packet.starts_with(&PUBACK);
        match acknowledges && met.fetch_add(1, Ordering::Relaxed) < runs {
            true => fate(packet),
            false => Fate::Pass,
        }
    })
}

#[test]
fn row_b16_a_forbidden_packet_in_one_run_of_three_stays_a_failure() {
    let (_broker, address) = broker(&[]);
    // The acknowledgement comes twice: no exchange is open for the second.
    let address = with(address, 1, |packet| Fate::Instead([packet, packet].concat()));
    let (code, entry, text, names) = run(address, &[]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(1), Some("fail")), "{text}");
    assert_eq!(entry["repeats"].as_array().unwrap().len(), 2, "{text}");
    assert!(entry["compared"].as_str().unwrap().contains("1 of 3 runs, intermittent"), "{text}");
    assert!(text.contains("intermittent") && text.contains("confirmation"), "{text}");
    // It has no fault that a control run could leave out.
    assert!(entry["control"].is_null() && !text.contains("faults off"), "{text}");
    for ending in ["3.1.1.ndjson", "repeat1.ndjson", "repeat2.ndjson"] {
        assert!(names.iter().any(|name| name.ends_with(ending)), "{names:?}");
    }
}

/// The first run meets a close, and only its first repeat the wrong deed.
#[test]
fn what_a_repeat_alone_shows_is_told_with_the_packets_of_its_record() {
    let (_broker, address) = broker(&[]);
    let met = AtomicU32::new(0);
    let address = between(address, move |from, _, packet| {
        let acknowledges = from == From::Broker && packet.starts_with(&PUBACK);
        match acknowledges.then(|| met.fetch_add(1, Ordering::Relaxed)) {
            Some(0) => Fate::End,
            Some(1) => Fate::Instead([packet, packet].concat()),
            _ => Fate::Pass,
        }
    });
    let (code, entry, text, _) = run(address, &[]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(1), Some("fail")), "{text}");
    let finding = &entry["findings"][0];
    assert_eq!(finding["repeat"], 1, "{finding:#}");
    assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding:#}");
    let rows = text.lines().filter(|line| line.contains("PUBACK id=7") && line.contains('#')).count();
    assert!(rows >= 2 && text.contains("shown by    repeat 1"), "{text}");
}

#[test]
fn a_close_that_comes_once_is_no_failure() {
    let (_broker, address) = broker(&[]);
    let (code, entry, text, _) = run(with(address, 1, |_| Fate::End), &[]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(3), Some("inconclusive")), "{text}");
    assert!(entry["reason"].as_str().unwrap().contains("closed 1 of 3"), "{text}");
    assert!(entry["grades"].to_string().contains("closed 1 of 3"), "{text}");
}

#[test]
fn a_close_that_comes_again_is_one() {
    let (_broker, address) = broker(&[]);
    let (code, entry, text, _) = run(with(address, 2, |_| Fate::End), &[]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(1), Some("fail")), "{text}");
    assert!(entry["compared"].as_str().unwrap().contains("2 of 3 runs"), "{text}");
}

#[test]
fn row_b11_a_silence_that_a_repeat_does_not_show_is_not_cleared() {
    let (_broker, address) = broker(&[]);
    let (code, entry, text, _) = run(with(address, 1, |_| Fate::Hold), &["--long-bound", "4"]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(1), Some("fail")), "{text}");
    assert_eq!(entry["repeats"].as_array().unwrap().len(), 1, "{text}");
    assert!(entry["compared"].as_str().unwrap().contains("silent in 1 of 2 runs, answered in 1"), "{text}");
}

#[test]
fn a_quick_run_proves_no_silence_and_repeats_nothing() {
    let (_broker, address) = broker(&[]);
    let (code, entry, text, _) = run(with(address, 9, |_| Fate::Hold), &["--quick", "--long-bound", "1"]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(3), Some("inconclusive")), "{text}");
    assert!(entry["reason"].as_str().unwrap().contains("unconfirmed"), "{text}");
    assert_eq!(entry["repeats"].as_array().unwrap().len(), 0, "{text}");
    // What was done wrong needs no second one.
    let (_broker, address) = broker(&[]);
    let address = with(address, 9, |packet| Fate::Instead([packet, packet].concat()));
    let (code, entry, text, _) = run(address, &["--quick"]);
    assert_eq!((code, entry["verdict"].as_str()), (Some(1), Some("fail")), "{text}");
}
