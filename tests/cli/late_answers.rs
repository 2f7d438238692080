//! A slow broker is slow and not wrong, at every time-out scale: scales 1 and 4 give verdicts that differ in pass and pass
//! (slow) alone.

use std::{collections::BTreeMap, fs, net::SocketAddr, thread, time::Duration};

use crate::between::{Fate, From, between};
use crate::served::mosquitto;
use crate::support::{Scratch, output, stdout};
use serde_json::Value;

/// Scenario and version, with its verdict.
type Verdicts = BTreeMap<(String, String), String>;

/// The verdicts of a run; its exit code is success.
fn verdicts(scale: &str, more: &[&str]) -> Verdicts {
    let scratch = Scratch::new("slow");
    let json = scratch.file("run.json");
    let mut words = vec!["run", "--quiet", "--timeout-scale", scale, "--json", json.to_str().unwrap()];
    words.extend(more);
    let run = output(&words);
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
    let report: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = report["scenarios"].as_array().unwrap().iter();
    entries.map(|e| ((text(e, "id"), text(e, "version")), text(e, "verdict"))).collect()
}

fn slow(verdicts: &Verdicts) -> usize {
    verdicts.values().filter(|verdict| *verdict == "pass-slow").count()
}

/// With a slow pass as a pass.
fn passes(verdicts: Verdicts) -> Verdicts {
    verdicts.into_iter().map(|(key, verdict)| (key, verdict.replace("pass-slow", "pass"))).collect()
}

/// The whole suite in virtual time: some of it is slow, and the scale changes nothing else.
fn under(variant: &str) {
    let of = |scale| verdicts(scale, &["--variant", variant]);
    let (one, four) = (of("1"), of("4"));
    assert!(one.len() > 200 && slow(&one) > 20, "{variant}: {} of {} are slow", slow(&one), one.len());
    assert_eq!(passes(one), passes(four), "{variant}");
}

#[test]
fn row_a1_a_late_connack_is_slow_at_both_scales() {
    under("connack-10s-late");
}

#[test]
fn row_a1_late_acknowledgements_are_slow_at_both_scales() {
    under("acknowledges-10s-late");
}

#[test]
fn row_a2_a_late_resend_is_slow_at_both_scales() {
    under("resends-30s-late");
}

/// In front of a broker: each CONNACK is held for so long, that of the first question included.
fn with_late_connacks(broker: SocketAddr, late: Duration) -> SocketAddr {
    between(broker, move |from, _, packet| {
        if from == From::Broker && packet[0] == 0x20 {
            thread::sleep(late);
        }
        Fate::Pass
    })
}

#[test]
fn row_a1_mosquitto_behind_a_slow_proxy_is_slow_and_not_wrong() {
    let Some((_broker, address, _scratch)) = mosquitto() else { return };
    let url = format!("mqtt://{}", with_late_connacks(address, Duration::from_millis(10_500)));
    // By its file: without gates, which would meet the proxy first.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos1/inbound.mqt");
    let of = |scale| {
        verdicts(
            scale,
            &["--broker", &url, "--mqtt", "3.1.1", "--only-mine", "--scenarios", file, "**/handshake"],
        )
    };
    let (one, four) = thread::scope(|scope| {
        let one = scope.spawn(|| of("1"));
        let four = scope.spawn(|| of("4"));
        (one.join().unwrap(), four.join().unwrap())
    });
    assert_eq!((one.len(), slow(&one), slow(&four)), (1, 1, 1));
    assert_eq!(passes(one), passes(four));
}
