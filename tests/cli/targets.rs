//! Brokers that deadzone starts, from presets and from descriptors of one's own.

use std::fs;

use crate::support::{Scratch, output, program, stderr, stdout};

/// A scenario that is over at once, and that every broker passes.
const ONE: &str = "qos0/delivered/as-published";

#[test]
fn mosquitto_is_started_with_passwords_certificates_and_websocket() {
    let Some(_) = program("mosquitto") else { return };
    for name in ["mosquitto", "mosquitto-password", "mosquitto-tls", "mosquitto-ws", "mosquitto-wss"] {
        let run = output(&["run", ONE, "--broker", name]);
        let said = stdout(&run);
        assert_eq!(run.status.code(), Some(0), "{name}: {said}{}", stderr(&run));
        assert!(said.contains(&format!("{name} 2.")), "its version is told: {said}");
        assert!(said.contains("2 passed"), "{said}");
    }
}

#[test]
fn who_gives_another_password_than_the_presets_is_refused_by_the_broker() {
    let Some(_) = program("mosquitto") else { return };
    let scratch = Scratch::new("wrong");
    let file = scratch.file("password");
    fs::write(&file, "not-the-one\n").unwrap();
    let words = ["run", ONE, "--broker", "mosquitto-password", "--password-file", file.to_str().unwrap()];
    let run = output(&words);
    let said = stderr(&run);
    assert_eq!(run.status.code(), Some(5), "{said}");
    assert!(said.contains("0x05"), "the reason is told: {said}");
    assert!(!said.contains("not-the-one"), "{said}");
}

#[test]
fn a_descriptor_of_ones_own_starts_a_broker() {
    let scratch = Scratch::new("own");
    let file = scratch.file("mine.toml");
    let deadzone = env!("CARGO_BIN_EXE_deadzone");
    let text = format!(
        "address = \"mqtt://127.0.0.1:{{port}}\"\nmax_qos = 1\n[start]\nprogram = \"{deadzone}\"\n\
         arguments = [\"broker\", \"--listen\", \"127.0.0.1:{{port}}\", \"--password-file\", \"{{scratch}}/users\"]\n\
         [[start.files]]\npath = \"users\"\ntext = \"rider:{{password}}\\n\"\n"
    );
    fs::write(&file, text.replacen("max_qos", "user = \"rider\"\npassword = \"{password}\"\nmax_qos", 1))
        .unwrap();
    let run = output(&["run", ONE, "--broker", file.to_str().unwrap()]);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{said}{}", stderr(&run));
    assert!(said.contains("mine at 127.0.0.1:"), "{said}");
}

#[test]
fn a_broker_that_does_not_come_up_is_told_with_its_last_words() {
    let scratch = Scratch::new("broken");
    let start = |name: &str, more: &str| {
        let file = scratch.file(name);
        let text = format!("address = \"mqtt://127.0.0.1:{{port}}\"\n[start]\nready_within_s = 1\n{more}");
        fs::write(&file, text).unwrap();
        let run = output(&["run", ONE, "--broker", file.to_str().unwrap()]);
        (run.status.code(), stderr(&run))
    };
    let (code, said) =
        start("ends.toml", "program = \"sh\"\narguments = [\"-c\", \"echo no luck >&2; exit 3\"]\n");
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("it ended with exit status: 3") && said.contains("no luck"), "{said}");
    let (code, said) = start("sleeps.toml", "program = \"sleep\"\narguments = [\"60\"]\n");
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("no CONNECT was accepted at 127.0.0.1:"), "{said}");
    let (code, said) = start("nowhere.toml", "program = \"no-such-broker\"\n[install]\ndebian = [\"nsb\"]\n");
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("no-such-broker (looked on PATH"), "{said}");
    assert!(said.contains("on Debian: apt-get install --no-install-recommends nsb"), "{said}");
}

#[test]
fn targets_are_listed_with_what_is_missing_and_can_be_shown() {
    let list = output(&["targets"]);
    let said = stdout(&list);
    assert_eq!(list.status.code(), Some(0));
    for word in ["reference", "not tried", "emqx", "aedes", "deadzone targets install"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let shown = stdout(&output(&["targets", "reference"]));
    assert!(shown.contains("[start]"), "{shown}");
    let scratch = Scratch::new("shown");
    let file = scratch.file("again.toml");
    fs::write(&file, shown).unwrap();
    let run = output(&["run", ONE, "--broker", file.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "what is shown can be started: {}", stderr(&run));
    let near = output(&["targets", "mosquito"]);
    assert_eq!(near.status.code(), Some(2));
    assert!(stderr(&near).contains("did you mean `mosquitto`?"), "{}", stderr(&near));
}

#[test]
fn a_password_that_stands_in_a_descriptor_is_shown_nowhere() {
    let scratch = Scratch::new("shown-nowhere");
    let file = scratch.file("mine.toml");
    let deadzone = env!("CARGO_BIN_EXE_deadzone");
    let text = format!(
        "address = \"mqtt://127.0.0.1:{{port}}\"\nuser = \"rider\"\npassword = \"hunter-two\"\n[start]\nprogram = \"sh\"\n\
         arguments = [\"-c\", \"echo hunter-two is the word; exec {deadzone} broker --listen 127.0.0.1:{{port}} \
         --password-file {{scratch}}/users\"]\n[[start.files]]\npath = \"users\"\ntext = \"rider:hunter-two\\n\"\n"
    );
    fs::write(&file, text).unwrap();
    let json = scratch.file("run.json");
    let words = ["run", ONE, "--mutant", "mutant-retain-set", "--broker", file.to_str().unwrap()];
    let run = output(&[&words[..], &["-v", "--json", json.to_str().unwrap()]].concat());
    let json = fs::read_to_string(&json).unwrap();
    let said = stdout(&run) + &stderr(&run) + &json;
    assert!(json.contains("rider:(password)"), "the configuration is shown without it: {json}");
    assert_eq!(run.status.code(), Some(1), "there is a failure to tell of: {said}");
    assert!(!said.contains("hunter-two"), "{said}");
}

#[test]
fn what_lies_where_everybody_may_write_is_not_run() {
    let scratch = Scratch::new("homeless");
    let planted = scratch.file("deadzone/brokers/nats-server/bin");
    fs::create_dir_all(&planted).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_deadzone"), planted.join("nats-server")).unwrap();
    let mut command = crate::support::deadzone(&["run", ONE, "--broker", "nats-server"]);
    command.env("TMPDIR", &scratch.0).env_remove("HOME").env_remove("XDG_DATA_HOME");
    let run = command.output().unwrap();
    assert_eq!(run.status.code(), Some(5), "{}", stderr(&run));
    assert!(stderr(&run).contains("DEADZONE_BROKERS"), "{}", stderr(&run));
}

#[test]
fn a_relative_folder_for_temporary_files_does() {
    let scratch = Scratch::new("relative");
    fs::create_dir(scratch.file("tmp")).unwrap();
    let mut command = crate::support::deadzone(&["run", ONE, "--broker", "reference"]);
    let run = command.current_dir(&scratch.0).env("TMPDIR", "tmp").output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert_eq!(fs::read_dir(scratch.file("tmp")).unwrap().count(), 0);
}

/// Whoever is started again with nothing stored is still the one whose authority the clients trust.
#[test]
fn a_broker_over_tls_that_is_started_again_has_its_certificates_still() {
    let scratch = Scratch::new("again-tls");
    let file = scratch.file("mine.toml");
    let deadzone = env!("CARGO_BIN_EXE_deadzone");
    let text = format!(
        "address = \"mqtts://127.0.0.1:{{port}}\"\nca = \"{{certificates}}/ca.pem\"\n[start]\nprogram = \"{deadzone}\"\n\
         certificates = true\narguments = [\"broker\", \"--listen\", \"mqtts://127.0.0.1:{{port}}\", \"--certificates\", \
         \"{{certificates}}\", \"--defect\", \"ends-at-unsubscribe\"]\n"
    );
    fs::write(&file, text).unwrap();
    let words = [
        "run",
        "subscribe/unsubscribe",
        "subscribe/matching",
        "--mqtt",
        "3.1.1",
        "--long-bound",
        "2",
        "--broker",
        file.to_str().unwrap(),
    ];
    let run = output(&words);
    let said = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{said}{}", stderr(&run));
    assert!(said.contains("2 failed"), "what ends it is convicted: {said}");
    assert!(!said.contains("inconclusive"), "and the rest goes on: {said}");
}

#[test]
fn what_a_signal_does_not_reach_is_ended_however_a_start_ends() {
    let scratch = Scratch::new("end");
    let file = scratch.file("mine.toml");
    let deadzone = env!("CARGO_BIN_EXE_deadzone");
    let start = |name: &str, program: &str| {
        let trace = scratch.file(name);
        let text = format!(
            "address = \"mqtt://127.0.0.1:{{port}}\"\n[start]\nready_within_s = 5\n{program}\nend = [[\"touch\", {:?}]]\n",
            trace.to_str().unwrap()
        );
        fs::write(&file, text).unwrap();
        let run = output(&["run", ONE, "--broker", file.to_str().unwrap()]);
        assert!(trace.exists(), "{name}: {}", stderr(&run));
        run.status.code()
    };
    let serves =
        format!("program = \"{deadzone}\"\narguments = [\"broker\", \"--listen\", \"127.0.0.1:{{port}}\"]");
    assert_eq!(start("after-a-run", &serves), Some(0));
    assert_eq!(start("never-ready", "program = \"false\""), Some(5));
}
