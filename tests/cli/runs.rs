//! `deadzone run --runs N`: the distinct sets of verdicts of several runs, and what is unstable on a broker.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::between::{Fate, From, between};
use crate::support::{broker, output, stderr, stdout};

/// One scenario of this file, by itself: without gates, which would meet the meddler first.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos1/inbound.mqt");
/// The acknowledgement that it waits for: its client numbers the message 7.
const PUBACK: [u8; 4] = [0x40, 2, 0, 7];

/// In front of a correct broker: the acknowledgement with this number, from 0, comes twice, though no exchange is open for the
/// second. A run has two of them.
fn wrong_once(broker: SocketAddr, at: u32) -> SocketAddr {
    let met = AtomicU32::new(0);
    between(broker, move |from, _, packet| {
        let acknowledges = from == From::Broker && packet.starts_with(&PUBACK);
        match acknowledges && met.fetch_add(1, Ordering::Relaxed) == at {
            true => Fate::Instead([packet, packet].concat()),
            false => Fate::Pass,
        }
    })
}

fn three_runs(address: SocketAddr) -> (Option<i32>, String) {
    let url = format!("mqtt://{address}");
    let run = output(&[
        "run",
        "--runs",
        "3",
        "--seed",
        "7",
        "--broker",
        &url,
        "--mqtt",
        "3.1.1",
        "--only-mine",
        "--scenarios",
        FILE,
        "**/handshake",
    ]);
    (run.status.code(), stdout(&run))
}

#[test]
fn what_is_wrong_in_one_run_of_three_is_unstable_and_no_success() {
    let (_broker, address) = broker(&[]);
    let (code, text) = three_runs(wrong_once(address, 2));
    assert_eq!(code, Some(1), "{text}");
    for wanted in [
        "run 2 of 3",
        "3 runs gave 2 sets",
        "unstable",
        "handshake [3.1.1]",
        "2 of 3: pass",
        "1 of 3: fail 3.1.1/",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is missing in:\n{text}");
    }
    let repeat = text.lines().find(|line| line.contains("repeat")).unwrap();
    assert!(repeat.contains("--seed 0x") && !repeat.contains("--seed 0x7 "), "the run that failed: {text}");
}

#[test]
fn a_correct_broker_gives_one_set() {
    let (_broker, address) = broker(&[]);
    let (code, text) = three_runs(wrong_once(address, u32::MAX));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("3 runs gave 1 set") && !text.contains("unstable"), "{text}");
}

#[test]
fn runs_of_the_embedded_suite_are_one_set_whatever_their_seed_and_jobs() {
    let run = output(&["run", "--runs", "4"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("4 runs gave 1 set"), "{text}");
    for jobs in ["1 jobs", "2 jobs", "4 jobs", "8 jobs"] {
        assert!(text.contains(jobs), "`{jobs}` is missing in:\n{text}");
    }
}

#[test]
fn what_fails_each_time_is_told_once_and_is_no_success() {
    let run =
        output(&["run", "--runs", "2", "--defect", "pubcomp-missing", "qos2/inbound/**", "--mqtt", "5.0"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{text}");
    assert!(
        text.contains("2 runs gave 1 set") && text.contains("each time") && !text.contains("unstable"),
        "{text}"
    );
}

#[test]
fn reports_belong_to_one_run() {
    for report in ["--json", "--junit", "--history"] {
        let run = output(&["run", "--runs", "2", report, "out"]);
        assert_eq!(run.status.code(), Some(2), "{report}: {}", stdout(&run));
        assert!(stderr(&run).contains("belongs to one run"), "{}", stderr(&run));
    }
}
