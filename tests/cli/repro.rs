//! Scripts that show a failure without deadzone: each shows it on the broker that has it, and none on one that has not.

use std::{fs, net::SocketAddr, path::PathBuf, process::Command, thread};

use serde_json::Value;

use crate::support::{Scratch, broker, deadzone, output, program, stderr, stdout};

/// Longer than the delays of the suite's wills: one that comes in its time must not be taken for one that came too early.
const PATIENCE_S: &str = "6";

/// Runs scenarios on the reference broker with a defect, and writes the scripts of what it shows.
fn scripts_of(defect: &str, scenario: &str, scratch: &Scratch) -> Vec<PathBuf> {
    let folder = scratch.file(defect);
    let run = output(&[
        "run",
        "--defect",
        defect,
        "--long-bound",
        "3",
        "--repro",
        folder.to_str().unwrap(),
        scenario,
    ]);
    assert_eq!(run.status.code(), Some(1), "{}{}", stdout(&run), stderr(&run));
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty(), "{defect}: no script");
    found
}

/// A script against a broker: its exit code, and its last line.
fn played(script: &PathBuf, address: SocketAddr, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut python = Command::new(program("python3").unwrap());
    python
        .arg(script)
        .arg(address.to_string())
        .env("MQTT_PATIENCE", PATIENCE_S)
        .envs(environment.iter().copied());
    let out = python.output().unwrap();
    let text = stdout(&out);
    let last = text.lines().last().unwrap_or_default().to_owned();
    (out.status.code(), if last.is_empty() { stderr(&out) } else { last })
}

#[test]
fn each_kind_of_fault_is_shown_where_it_is_and_nowhere_else() {
    if program("python3").is_none() {
        return;
    }
    let kinds = [
        ("inbound-qos2-forgotten-on-reconnect", "qos2/interrupted/pubrec-lost@5.0"),
        ("pubrel-replay-unanswered", "qos2/interrupted/pubcomp-lost@3.1.1"),
        ("resend-without-dup", "qos1/outbound/puback-lost@5.0"),
        ("resend-with-new-id", "qos1/outbound/puback-lost@3.1.1"),
        ("resend-in-reverse-order", "order/resume/in-flight-qos1@3.1.1"),
        ("publish-not-resent-on-resume", "qos1/outbound/publish-lost@3.1.1"),
        ("session-present-missing", "gates/keep/session-at-once@5.0"),
        ("second-connect-accepted", "malformed/connect/second-connect@3.1.1"),
        ("will-on-disconnect", "will/goodbye/disconnect@3.1.1"),
        ("will-delay-ignored", "will/delay/cancelled@5.0"),
        ("pingresp-missing", "gates/deliver/subscription@5.0"),
        ("torn-publish-forwarded", "qos1/inbound/torn@5.0"),
    ];
    let scratch = Scratch::new("repro");
    let (_correct, correct) = broker(&[]);
    thread::scope(|scope| {
        for (defect, scenario) in kinds {
            let scratch = &scratch;
            scope.spawn(move || {
                let (_wrong, wrong) = broker(&["--defect", defect]);
                for script in scripts_of(defect, scenario, scratch) {
                    let (code, said) = played(&script, wrong, &[]);
                    assert_eq!(code, Some(1), "{}: {said}", script.display());
                    assert!(said.starts_with("FAULT SHOWN: "), "{said}");
                    let (code, said) = played(&script, correct, &[]);
                    assert_eq!(code, Some(0), "{}: {said}", script.display());
                    assert!(said.starts_with("not shown: "), "{said}");
                }
            });
        }
    });
}

#[test]
fn a_script_that_cannot_run_shows_nothing() {
    if program("python3").is_none() {
        return;
    }
    let scratch = Scratch::new("repro-nowhere");
    let scripts = scripts_of("resend-without-dup", "qos1/outbound/puback-lost@5.0", &scratch);
    let (code, said) = played(&scripts[0], crate::served::nowhere(), &[]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("could not run: "), "{said}");
}

#[test]
fn whoever_runs_it_brings_a_name_and_a_password() {
    if program("python3").is_none() {
        return;
    }
    let scratch = Scratch::new("repro-password");
    let (users, secret) = (scratch.file("users"), scratch.file("secret"));
    fs::write(&users, "somebody:opensesame\n").unwrap();
    fs::write(&secret, "opensesame\n").unwrap();
    let defect = "resend-without-dup";
    let (_broker, address) = broker(&["--defect", defect, "--password-file", users.to_str().unwrap()]);
    let folder = scratch.file("scripts");
    let run = deadzone(&["run", "--broker", &format!("mqtt://{address}"), "--user", "somebody", "--quick"])
        .arg("--password-file")
        .arg(&secret)
        .arg("--repro")
        .arg(&folder)
        .arg("qos1/outbound/puback-lost@5.0")
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1), "{}{}", stdout(&run), stderr(&run));
    let script = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&script).unwrap();
    let hex = |word: &str| word.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    for told in ["opensesame", "somebody"] {
        assert!(!text.contains(told) && !text.contains(&hex(told)), "`{told}` is in the script");
    }
    let known = [("MQTT_USER", "somebody"), ("MQTT_PASSWORD", "opensesame")];
    let (code, said) = played(&script, address, &known);
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = played(&script, address, &[("MQTT_USER", "somebody"), ("MQTT_PASSWORD", "wrong")]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("set MQTT_USER and MQTT_PASSWORD"), "{said}");
}

#[test]
fn reports_name_the_scripts_and_records_give_the_same_ones() {
    let scratch = Scratch::new("repro-named");
    let at = |name: &str| scratch.file(name).to_str().unwrap().to_owned();
    let (scripts, history, json, again) = (at("scripts here"), at("history"), at("run.json"), at("again"));
    let one = "qos2/interrupted/pubrec-lost@5.0";
    let defect = "inbound-qos2-forgotten-on-reconnect";
    let run = output(&[
        "run",
        "--defect",
        defect,
        one,
        "--repro",
        &scripts,
        "--history",
        &history,
        "--json",
        &json,
    ]);
    assert_eq!(run.status.code(), Some(1), "{}", stderr(&run));
    let name = "qos2+interrupted+pubrec-lost@5.0-MQTT-4.3.3-10.py";
    let text = stdout(&run);
    assert!(text.contains(&format!("reproduce   python3 '{scripts}/{name}'  # without deadzone")), "{text}");
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(document["scenarios"][0]["findings"][0]["reproduction"], format!("{scripts}/{name}"));
    let first = fs::read_to_string(PathBuf::from(&scripts).join(name)).unwrap();
    let judged = output(&["judge", &history, "--repro", &again]);
    assert_eq!(judged.status.code(), Some(1), "{}", stderr(&judged));
    let second = fs::read_to_string(PathBuf::from(&again).join(name)).unwrap();
    let steps = |text: &str| text.split("def steps():").nth(1).map(str::to_owned);
    assert_eq!(steps(&first), steps(&second));
}

#[test]
fn older_scripts_are_replaced_and_nothing_else() {
    let scratch = Scratch::new("repro-replaced");
    let folder = scratch.file("scripts");
    let run = || {
        let folder = folder.to_str().unwrap();
        output(&["run", "--defect", "resend-without-dup", "qos1/outbound/puback-lost@5.0", "--repro", folder])
    };
    assert_eq!(run().status.code(), Some(1));
    let script = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let again = run();
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("1 older script replaced"), "{}", stderr(&again));
    fs::write(&script, "# somebody's own\n").unwrap();
    let refused = run();
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
    assert!(stderr(&refused).contains("not replaced"), "{}", stderr(&refused));
    assert_eq!(fs::read_to_string(&script).unwrap(), "# somebody's own\n");
}
