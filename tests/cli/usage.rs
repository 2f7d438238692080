//! Mistakes of the user's: a place, a help, a documented exit code.

use std::fs;

use crate::support::{Scratch, deadzone, output, stderr, stdout};

/// One scenario with ten different mistakes.
const TEN: &str = include_str!("files/ten-mistakes.mqt");

#[test]
fn ten_mistakes_give_ten_carets_and_exit_2() {
    let scratch = Scratch::new("mistakes");
    let file = scratch.file("ten.mqt");
    fs::write(&file, TEN).unwrap();
    for args in [vec!["check", file.to_str().unwrap()], vec!["run", "--scenarios", file.to_str().unwrap()]] {
        let run = output(&args);
        assert_eq!(run.status.code(), Some(2));
        let text = stderr(&run);
        assert_eq!(text.matches("error[E").count(), 10, "{text}");
        assert_eq!(text.lines().filter(|l| l.contains("^")).count(), 10, "{text}");
        assert_eq!(text.matches("--> ").count(), 10, "{text}");
        assert!(!text.contains('\x1b'), "no colour into a pipe");
    }
}

const ILLEGAL: &str = r#"scenario word
  title     an unmarked resend on a live connection
  clauses   5.0/MQTT-4.3.3-8
  versions  5.0
  catches   mutant-close-swallowed
  client pub manual
  pub connect clean
  pub -> PUBLISH "{run}/t" qos=2 id=7 "a PAYLOAD word"
  pub <- PUBREC id=7
  pub -> PUBLISH "{run}/t" qos=2 id=7 dup=1 "a PAYLOAD word"
  pub <- PUBREC id=7
  control none a test
"#;

#[test]
fn row_a14_an_illegal_step_is_the_users_mistake_whatever_its_payload_says() {
    let scratch = Scratch::new("illegal");
    let file = scratch.file("illegal.mqt");
    for word in ["plain", "deviant"] {
        fs::write(&file, ILLEGAL.replace("PAYLOAD", word)).unwrap();
        for args in
            [vec!["check", file.to_str().unwrap()], vec!["run", "--scenarios", file.to_str().unwrap()]]
        {
            let run = output(&args);
            let text = stderr(&run);
            assert_eq!(run.status.code(), Some(2), "{text}");
            assert!(
                text.contains("error[E032]") && text.contains("illegal.mqt:10:3") && text.contains('^'),
                "{text}"
            );
        }
    }
}

#[test]
fn sound_files_check_out() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let run = output(&["check", file]);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert!(stdout(&run).contains("2 scenarios in 1 file"), "{}", stdout(&run));
}

#[test]
fn a_file_that_is_not_there_or_not_text_is_named() {
    let scratch = Scratch::new("files");
    let binary = scratch.file("binary.mqt");
    fs::write(&binary, b"scenario \xff\xfe").unwrap();
    for (file, wanted) in [("no-such.mqt", "no-such.mqt"), (binary.to_str().unwrap(), "not UTF-8 at byte 9")]
    {
        let run = output(&["run", "--scenarios", file]);
        assert_eq!(run.status.code(), Some(2));
        assert!(stderr(&run).contains(wanted), "{}", stderr(&run));
    }
}

#[test]
fn wrong_words_are_refused() {
    for args in [
        vec!["run", "--broker", "amqp://x"],
        vec!["run", "--mqtt", "4"],
        vec!["run", "--mqtt", "3.1"],
        vec!["run", "--seed", "many"],
        vec!["run", "--timeout-scale", "0"],
        vec!["run", "--defect", "no-such"],
        vec!["run", "--mutant", "no-such"],
        vec!["frobnicate"],
        vec!["explain", "E999"],
    ] {
        let run = output(&args);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {}", stderr(&run));
        assert!(!stderr(&run).is_empty(), "{args:?} says nothing");
    }
}

#[test]
fn settings_know_where_they_come_from() {
    let scratch = Scratch::new("settings");
    fs::write(
        scratch.file("deadzone.toml"),
        "jobs = 3\nseed = 9\ntimeout = 5\njunit = \"j.xml\"\nfail_fast = true\nlinks = \"toxiproxy=http://127.0.0.1:1\"\nuser = \"rider\"\n",
    )
    .unwrap();
    let mut command = deadzone(&["run", "--show-config", "--seed", "7"]);
    command.current_dir(&scratch.0).env("DEADZONE_MQTT", "5.0").env("DEADZONE_PASSWORD_FILE", "p");
    let run = command.args(["--ca", "ca.pem"]).output().unwrap();
    let text = stdout(&run);
    let origin = |name: &str| text.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    assert!(origin("seed").contains("0x7") && origin("seed").contains("flag"), "{text}");
    assert!(origin("jobs").contains('3') && origin("jobs").contains("deadzone.toml"), "{text}");
    assert!(origin("mqtt").contains("5.0") && origin("mqtt").contains("environment"), "{text}");
    assert!(origin("junit").contains("j.xml") && origin("junit").contains("deadzone.toml"), "{text}");
    let links = origin("links");
    assert!(links.contains("toxiproxy=http://127.0.0.1:1") && links.contains("deadzone.toml"), "{text}");
    assert!(origin("fail_fast").contains("true") && origin("json").contains("none"), "{text}");
    for (name, value, from) in
        [("user", "rider", "deadzone.toml"), ("password_file", "p ", "environment"), ("ca", "ca.pem", "flag")]
    {
        assert!(origin(name).contains(value) && origin(name).contains(from), "{name}: {text}");
    }
    assert!(origin("broker").contains("embedded") && origin("broker").contains("default"), "{text}");

    let mut command = deadzone(&["run", "--show-config"]);
    let run =
        command.current_dir(&scratch.0).env("DEADZONE_LINKS", "toxiproxy=http://[::1]:2").output().unwrap();
    let text = stdout(&run);
    let links = text.lines().find(|l| l.starts_with("links")).unwrap();
    assert!(links.contains("[::1]:2") && links.contains("environment"), "{text}");
    // It is used: nobody is there.
    let run = deadzone(&["run", "--broker", "mqtt://127.0.0.1:1", "--mutant", "mutant-dup-cleared"])
        .current_dir(&scratch.0)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(stderr(&run).contains("foreign links"), "{}", stderr(&run));

    fs::write(scratch.file("deadzone.toml"), "jbos = 3\n").unwrap();
    let run = deadzone(&["run"]).current_dir(&scratch.0).output().unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(stderr(&run).contains("jbos") && stderr(&run).contains("line 1"), "{}", stderr(&run));
}

#[test]
fn check_and_run_know_the_profiles_of_links() {
    let scratch = Scratch::new("profiles");
    let text = "scenario s\n  title t\n  clauses 5.0/MQTT-3.1.4-1\n  catches resend-without-dup\n  client c via lte-mm\n\n  c connect clean\n  link c profile tunel\n";
    fs::write(scratch.file("a.mqt"), text).unwrap();
    for args in [&["check", "a.mqt"][..], &["run", "--scenarios", "a.mqt"]] {
        let run = deadzone(args).current_dir(&scratch.0).output().unwrap();
        let said = stderr(&run);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains("a.mqt:5:16") && said.contains("did you mean `lte-m`?"), "{said}");
        assert!(said.contains("a.mqt:8:18") && said.contains("did you mean `tunnel`?"), "{said}");
        assert_eq!(said.matches("error[E044]").count(), 2, "{said}");
    }
}

#[test]
fn explanations_are_found() {
    for (what, wanted) in [
        ("E014", "E014"),
        ("5.0/MQTT-4.3.3-10", "PUBREC"),
        ("5.0/MQTT-3.1.3-9", "observed  A client with a Will Delay"),
        ("3.1.1/MQTT-4.3.3-2", "answered  by 5.0/MQTT-4.3.3-8 "),
        ("5.0/DZ-no-will", "a connection without a will"),
        ("resend-without-dup", "MQTT-3.3.1-1"),
        ("mutant-dup-cleared", "DUP"),
    ] {
        let run = output(&["explain", what]);
        assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
        assert!(stdout(&run).contains(wanted), "{}", stdout(&run));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::{io::Read, process::Stdio};
    let mut child = deadzone(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(text, "");
}

#[test]
fn a_report_with_nowhere_to_go_is_told_before_the_run() {
    for (option, place) in [("--junit", "/no-such-folder/j.xml"), ("--json", "/"), ("--history", "/dev/null")]
    {
        let run = output(&["run", option, place]);
        assert_eq!(run.status.code(), Some(2), "{option} {place}");
        assert!(stdout(&run).is_empty(), "{option} {place}: nothing ran");
        assert!(String::from_utf8_lossy(&run.stderr).contains(place), "{option} {place}");
    }
}

#[test]
fn a_port_in_use_is_the_environments() {
    let (_broker, address) = crate::support::broker(&[]);
    let run = output(&["broker", "--listen", &address.to_string()]);
    assert_eq!(run.status.code(), Some(5), "{}", stderr(&run));
    assert!(stderr(&run).contains("could not listen"), "{}", stderr(&run));
}

#[test]
fn a_record_that_cannot_be_written_costs_no_summary_and_no_report() {
    let scratch = Scratch::new("unwritable");
    let (folder, json) = (scratch.file("records"), scratch.file("run.json"));
    // A folder stands where a record is to go.
    fs::create_dir_all(folder.join("qos2+interrupted+pubrec-lost@5.0.ndjson")).unwrap();
    let (folder, file) = (folder.to_str().unwrap(), json.to_str().unwrap());
    let run = output(&["run", "qos2/interrupted/pubrec-lost", "--history", folder, "--json", file]);
    assert_eq!(run.status.code(), Some(2), "{}", stderr(&run));
    assert!(stderr(&run).contains("could not write"), "{}", stderr(&run));
    assert!(stdout(&run).contains("2 passed"), "{}", stdout(&run));
    assert!(fs::read_to_string(&json).unwrap().contains("pubrec-lost"));
}
