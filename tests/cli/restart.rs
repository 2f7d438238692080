//! Scenarios that kill, stop and freeze their target: what is owed across it, on brokers that keep nothing, something, or say
//! that they keep all; and that the target is whole again behind them.

use std::{fs, path::Path};

use crate::support::{Scratch, output, program, stderr, stdout};

/// The scenarios of the suite that do so.
const SUITE: &str = "restart/**";
/// The embedded broker and others that deadzone did not start have no process to kill.
const NOT_OURS: &str = "deadzone did not start this target";

/// The reference broker by a descriptor of its own that declares this.
fn declared(file: &Path, durable: &str) {
    let deadzone = env!("CARGO_BIN_EXE_deadzone");
    let text = format!(
        "address = \"mqtt://127.0.0.1:{{port}}\"\ndurable = \"{durable}\"\n[start]\nprogram = \"{deadzone}\"\n\
         arguments = [\"broker\", \"--listen\", \"127.0.0.1:{{port}}\"]\n"
    );
    fs::write(file, text).unwrap();
}

/// Verdicts by scenario and version, and all texts of grades.
fn report(file: &Path) -> (Vec<(String, String)>, Vec<String>) {
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let scenarios = document["scenarios"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let verdicts = scenarios.iter().map(|s| (text(&s["id"]), text(&s["verdict"]))).collect();
    let grades = scenarios.iter().flat_map(|s| s["grades"].as_array().cloned().unwrap_or_default());
    (verdicts, grades.map(|grade| text(&grade["text"])).collect())
}

#[test]
fn a_broker_in_memory_forgets_at_a_kill_and_is_not_blamed() {
    let scratch = Scratch::new("restart");
    let json = scratch.file("run.json");
    let run = output(&["run", SUITE, "--broker", "reference", "--json", json.to_str().unwrap()]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    let (verdicts, grades) = report(&json);
    assert!(verdicts.len() >= 14, "{verdicts:?}");
    assert!(verdicts.iter().all(|(_, verdict)| verdict == "pass"), "nothing is late either: {verdicts:?}");
    let told =
        |words: &str| grades.iter().any(|text| text.starts_with("durability: ") && text.contains(words));
    assert!(told("the session from before is gone"), "{grades:?}");
    assert!(told("\"queued\"") && told("did not come: the target was killed"), "{grades:?}");
    assert!(!said.contains("the target crashed"), "the script's kill is no crash: {said}");
}

/// It declares that it keeps whatever it acknowledges, and forgets all of it.
#[test]
fn a_broker_that_keeps_less_than_it_declares_is_blamed() {
    let scratch = Scratch::new("liar");
    let (file, json) = (scratch.file("liar.toml"), scratch.file("run.json"));
    declared(&file, "ack");
    let (broker, report_file) = (file.to_str().unwrap(), json.to_str().unwrap());
    let run =
        output(&["run", "restart/kill/kept-session", "--broker", broker, "--quick", "--json", report_file]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{said}{}", stderr(&run));
    let (verdicts, _) = report(&json);
    assert_eq!(
        verdicts.iter().filter(|(id, _)| id == "restart/kill/kept-session").count(),
        2,
        "{verdicts:?}"
    );
    assert!(
        verdicts.iter().all(|(id, verdict)| !id.starts_with("restart") || verdict == "fail"),
        "{verdicts:?}"
    );
    assert!(said.contains("MQTT-3.2.2-2") && said.contains("MQTT-3.2.2-3"), "the session is gone: {said}");
}

#[test]
fn a_broker_with_a_store_passes() {
    let Some(_) = program("mosquitto") else { return };
    for broker in ["mosquitto-durable", "mosquitto"] {
        let run = output(&["run", SUITE, "--broker", broker]);
        assert_eq!(run.status.code(), Some(0), "{broker}: {}{}", stdout(&run), stderr(&run));
    }
}

/// A mutant before the target is seen behind the restart and behind the freeze as well.
#[test]
fn each_of_them_can_fail() {
    // `selftest 'restart/**' --broker reference` is the same for all seven, in a minute and a half.
    let run =
        output(&["selftest", "restart/kill/retained", "restart/freeze/connects", "--broker", "reference"]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    assert!(said.contains("no holes") && !said.contains("not proven on this target"), "{said}");
    // Where there is no process to kill, that is said.
    let embedded = stdout(&output(&["selftest", SUITE]));
    assert!(embedded.contains("not proven on this target"), "{embedded}");
}

#[test]
fn what_a_script_leaves_dead_or_halted_is_whole_before_the_next() {
    let scratch = Scratch::new("left");
    let file = scratch.file("left.mqt");
    let head = |slug: &str| {
        format!(
            "scenario {slug}\n  title t\n  clauses 3.1.1/MQTT-3.12.4-1 5.0/MQTT-3.12.4-1\n  catches mutant-pingresp-swallowed\n  client a\n"
        )
    };
    let steps = "  a connect clean\n  a ping\n";
    let text = [
        format!("{}{steps}  target kill\n", head("dead")),
        format!("{}{steps}  target stop\n", head("stopped")),
        format!("{}{steps}  target freeze for 30s\n  target kill\n", head("halted")),
        format!("{}{steps}", head("behind").replace("  client a", "  solo\n  client a")),
    ];
    fs::write(&file, text.concat()).unwrap();
    let (own, json) = (file.to_str().unwrap(), scratch.file("run.json"));
    let words = ["run", "--only-mine", "--scenarios", own, "--broker", "reference", "--jobs", "4", "--json"];
    let run = output(&[&words[..], &[json.to_str().unwrap()]].concat());
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    let (verdicts, _) = report(&json);
    let mine = verdicts.iter().filter(|(id, verdict)| id.starts_with("left/") && verdict == "pass");
    assert_eq!(mine.count(), 8, "{verdicts:?}");
}

#[test]
fn a_target_that_is_not_ours_is_let_be() {
    let told = stdout(&output(&["run", "-v", SUITE]));
    assert!(told.contains(NOT_OURS), "{told}");
    let (_broker, address) = crate::support::broker(&[]);
    let told = stdout(&output(&["run", "-v", SUITE, "--broker", &format!("mqtt://{address}")]));
    assert!(told.contains(NOT_OURS), "{told}");
}
