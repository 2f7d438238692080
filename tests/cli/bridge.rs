//! Two Mosquittos with a bridge between them, over a link of ours: what the preset promises is kept, and each way to configure it worse
//! is seen by the scenario that names it.

use std::fs;

use crate::support::{Scratch, output, program, stderr, stdout};

/// The preset, to be made worse.
const PRESET: &str = include_str!("../../scenarios/targets/mosquitto-bridge.toml");

/// Runs these on a bridge of which one line is another: the exit code, and what was said.
fn on(name: &str, (line, other): (&str, &str), scenarios: &[&str]) -> (Option<i32>, String) {
    let scratch = Scratch::new(name);
    let file = scratch.file(&format!("{name}.toml"));
    assert!(PRESET.contains(line), "the preset has no `{line}`");
    fs::write(&file, PRESET.replacen(line, other, 1)).unwrap();
    let broker = file.to_str().unwrap();
    let words = [&["run"][..], scenarios, &["--broker", broker, "--mqtt", "3.1.1", "--long-bound", "15"]];
    let run = output(&words.concat());
    (run.status.code(), stdout(&run) + &stderr(&run))
}

#[test]
fn the_preset_forwards_and_outlives_a_dead_link() {
    let Some(_) = program("mosquitto") else { return };
    let run = output(&[
        "run",
        "bridge/forward/**",
        "bridge/outage/acknowledged-at-the-second",
        "--broker",
        "mosquitto-bridge",
    ]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    assert!(said.contains("12 passed"), "{said}");
    // Two brokers are not one server, and most of the suite is about one of them.
    let run =
        output(&["run", "nodes/retained/found", "qos1/inbound/handshake", "--broker", "mosquitto-bridge"]);
    let said = stdout(&run);
    assert!(said.contains("its two nodes are two brokers"), "{said}");
    assert!(said.contains("2 passed") && said.contains("2 not applicable"), "{said}");
}

#[test]
fn a_bridge_that_forwards_at_qos_0_loses_what_was_acknowledged() {
    let Some(_) = program("mosquitto") else { return };
    let all = ["bridge/outage/acknowledged-at-the-second", "bridge/outage/publish-torn-up"];
    let (code, said) = on("bridge-qos0", ("topic # both 2", "topic # both 0"), &all);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("3.1.1/DZ-bridge-delivers") && said.contains("3.1.1/DZ-bridge-once"), "{said}");
    assert!(said.contains("2 failed"), "{said}");
}

#[test]
fn a_bridge_that_forwards_at_qos_1_delivers_twice() {
    let Some(_) = program("mosquitto") else { return };
    let change = ("topic # both 2", "topic # both 1");
    let (code, said) = on("bridge-qos1", change, &["bridge/outage/answer-lost-up"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("3.1.1/DZ-bridge-once") && said.contains("1 failed"), "{said}");
    assert!(said.contains("bridge") && said.contains("cut fin"), "its link is in the story: {said}");
}

#[test]
fn a_bridge_that_loops_is_seen() {
    let Some(_) = program("mosquitto") else { return };
    let change = ("try_private true", "try_private false");
    let (code, said) = on("bridge-loops", change, &["bridge/forward/no-loop"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("3.1.1/DZ-bridge-no-loop") && said.contains("1 failed"), "{said}");
}

#[test]
fn a_bridge_of_one_way_is_seen() {
    let Some(_) = program("mosquitto") else { return };
    let all = ["bridge/forward/across", "bridge/forward/retained", "bridge/forward/will"];
    let (code, said) = on("bridge-one-way", ("topic # both 2", "topic # out 2"), &all);
    assert_eq!(code, Some(1), "{said}");
    for clause in ["DZ-bridge-delivers", "DZ-bridge-retained", "DZ-bridge-will"] {
        assert!(said.contains(&format!("3.1.1/{clause}")), "{clause}: {said}");
    }
    assert!(said.contains("3 failed"), "{said}");
}
