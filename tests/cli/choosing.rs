//! Choosing what runs, by the command: filters, own scenarios, tiers, budget, manners.

use std::fs;

use serde_json::Value;

use crate::support::{Scratch, broker, deadzone, output, stderr, stdout};

/// A sound scenario.
fn scenario(slug: &str) -> String {
    format!(
        "mqt 1\nscenario {slug}\n  title     a ping\n  clauses   3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1\n  catches   pingresp-missing\n\n  client dev\n\n  dev connect clean\n  dev ping\n"
    )
}

/// A folder `mine` of two files, one of them deeper.
fn mine(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::create_dir_all(scratch.file("mine/deep")).unwrap();
    fs::create_dir_all(scratch.file("x")).unwrap();
    fs::write(scratch.file("mine/a.mqt"), scenario("one")).unwrap();
    fs::write(scratch.file("mine/deep/b.mqt"), scenario("two")).unwrap();
    fs::write(scratch.file("mine/notes.txt"), "no scenario").unwrap();
    scratch
}

/// Runs in the folder, and gives code, report and what was said.
fn run_in(scratch: &Scratch, args: &[&str]) -> (Option<i32>, Value, String) {
    let mut words = vec!["run", "--json", "run.json"];
    words.extend(args);
    let _ = fs::remove_file(scratch.file("run.json"));
    let run = deadzone(&words).current_dir(&scratch.0).output().unwrap();
    let text = fs::read_to_string(scratch.file("run.json")).unwrap_or_default();
    (run.status.code(), serde_json::from_str(&text).unwrap_or_default(), stdout(&run) + &stderr(&run))
}

fn ids(report: &Value) -> Vec<String> {
    let all = report["scenarios"].as_array().cloned().unwrap_or_default();
    all.iter().map(|s| format!("{}@{}", s["id"].as_str().unwrap(), s["version"].as_str().unwrap())).collect()
}

#[test]
fn row_e8_own_scenarios_run_beside_the_suite_and_by_ids_that_do_not_follow_the_typed_path() {
    let scratch = mine("mine");
    let absolute = scratch.file("mine");
    let typed = ["mine", "./mine/", "./x/../mine", absolute.to_str().unwrap()];
    let reports =
        typed.map(|path| run_in(&scratch, &["--only-mine", "--scenarios", path, "--mqtt", "5.0"]).1);
    for (path, report) in typed.iter().zip(&reports) {
        assert_eq!(ids(report), ["a/one@5.0", "deep/b/two@5.0"], "{path}");
        assert_eq!(report["suite"], reports[0]["suite"], "{path}");
        assert_eq!(report["scenarios"][0]["seed"], reports[0]["scenarios"][0]["seed"], "{path}");
    }
    // Files by themselves, and one of them twice.
    let (_, report, _) =
        run_in(&scratch, &["--only-mine", "--scenarios", "mine/a.mqt,x/../mine", "--mqtt", "5.0"]);
    assert_eq!(ids(&report).len(), 2, "{:?}", ids(&report));
    // Beside the suite, both are chosen from.
    let (code, report, said) =
        run_in(&scratch, &["--scenarios", "mine", "a/one", "qos2/interrupted/pubrec-lost", "--mqtt", "5.0"]);
    assert_eq!(
        (code, ids(&report)),
        (Some(0), vec!["a/one@5.0".into(), "qos2/interrupted/pubrec-lost@5.0".into()]),
        "{said}"
    );
    let list = stdout(&deadzone(&["list", "--scenarios", "mine"]).current_dir(&scratch.0).output().unwrap());
    assert!(list.contains("\na/one  [") || list.starts_with("a/one  ["), "{list}");
    assert!(list.contains("qos2/interrupted/pubrec-lost  ["), "{list}");
}

#[test]
fn two_scenarios_of_one_id_are_a_mistake_with_both_places() {
    let scratch = mine("same");
    fs::create_dir_all(scratch.file("scenarios/qos1")).unwrap();
    fs::write(scratch.file("scenarios/qos1/inbound.mqt"), scenario("handshake")).unwrap();
    let (code, _, said) = run_in(&scratch, &["--scenarios", "scenarios"]);
    assert_eq!(code, Some(2), "{said}");
    for wanted in [
        "`qos1/inbound/handshake`",
        "qos1/inbound.mqt:4:",
        " of the suite",
        "scenarios/qos1/inbound.mqt:2:",
        "--only-mine",
    ] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let (code, report, said) =
        run_in(&scratch, &["--only-mine", "--scenarios", "scenarios", "--mqtt", "5.0"]);
    assert_eq!((code, ids(&report)), (Some(0), vec!["qos1/inbound/handshake@5.0".to_owned()]), "{said}");
    // The same path as the suite's own file has, typed as it has it.
    let inner = deadzone(&["run", "--scenarios", "qos1/inbound.mqt"])
        .current_dir(scratch.file("scenarios"))
        .output()
        .unwrap();
    assert_eq!(inner.status.code(), Some(2));
    assert!(stderr(&inner).contains("./qos1/inbound.mqt:2:"), "{}", stderr(&inner));
    // Among files of one's own, by `check` too.
    fs::write(scratch.file("x/a.mqt"), scenario("one")).unwrap();
    let check = deadzone(&["check", "mine", "x"]).current_dir(&scratch.0).output().unwrap();
    assert_eq!(check.status.code(), Some(2), "{}", stdout(&check));
    assert!(
        stderr(&check).contains("mine/a.mqt:2") && stderr(&check).contains("x/a.mqt:2"),
        "{}",
        stderr(&check)
    );
    assert!(stdout(&check).contains("3 scenarios in 3 files, 1 mistake"), "{}", stdout(&check));
    let same = deadzone(&["check", "mine/a.mqt", "./mine"]).current_dir(&scratch.0).output().unwrap();
    assert_eq!(same.status.code(), Some(0), "one file named twice is one: {}", stderr(&same));
}

#[test]
fn what_is_no_scenario_file_is_told() {
    let scratch = mine("none");
    for (path, wanted) in
        [("x", "no scenario file"), ("nowhere", "nowhere"), ("/dev/zero", "more than 4 MiB")]
    {
        let (code, _, said) = run_in(&scratch, &["--scenarios", path]);
        assert_eq!(code, Some(2), "{path}: {said}");
        assert!(said.contains(wanted), "{path}: {said}");
    }
    let (code, _, said) = run_in(&scratch, &["--only-mine"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--scenarios"), "{said}");
}

#[test]
fn row_e8_filters_exclude_and_a_word_that_fits_nothing_is_a_mistake_everywhere() {
    let scratch = mine("filters");
    let (code, report, said) =
        run_in(&scratch, &["{qos1,qos2}/interrupted", "!**/pubrec-lost", "--mqtt", "v5"]);
    assert_eq!(
        (code, ids(&report)),
        (Some(0), vec!["qos2/interrupted/pubcomp-lost@5.0".to_owned()]),
        "{said}"
    );
    assert_eq!(
        report["choice"]["filters"],
        serde_json::json!(["{qos1,qos2}/interrupted", "!**/pubrec-lost"])
    );
    for command in ["run", "list", "selftest"] {
        let wrong = output(&[command, "qos2/interupted"]);
        assert_eq!(wrong.status.code(), Some(4), "{command}");
        assert!(stderr(&wrong).contains("did you mean `qos2/interrupted`?"), "{command}: {}", stderr(&wrong));
        let wrong = output(&[command, "!lnog"]);
        assert_eq!(wrong.status.code(), Some(4), "{command}");
    }
    let long = stdout(&output(&["list", "long"]));
    let rest = stdout(&output(&["list", "!long"]));
    assert!(long.contains("cellular/nat/forgotten") && !rest.contains("cellular/nat/forgotten"), "{rest}");
}

#[test]
fn row_e16_what_can_be_named_is_named_as_people_do() {
    for (args, wanted) in [
        (&["list", "4.3.3"][..], "qos2/interrupted/pubrec-lost"),
        (&["list", "qos2/interrupted@v5"], "[5.0]"),
        (&["explain", "MQTT-4.3.3"], "3.1.1/MQTT-4.3.3-1  "),
        (&["explain", "5.0/MQTT-4.3.3"], "5.0/MQTT-4.3.3-10  "),
        (&["links", "lte-m+nat-short"], "# nat-short."),
        (&["run", "--mqtt", "ALL", "gates/connection"], "2 passed"),
    ] {
        let told = output(args);
        assert_eq!(told.status.code(), Some(0), "{args:?}: {}", stderr(&told));
        assert!(stdout(&told).contains(wanted), "{args:?}: {}", stdout(&told));
    }
    let refused = output(&["run", "--mqtt", "4"]);
    assert!(stderr(&refused).contains("expected 3.1.1, 5.0 or all"), "{}", stderr(&refused));
    assert!(!stderr(&refused).contains("3.1,"), "what is refused is not offered: {}", stderr(&refused));
}

#[test]
fn tiers_and_what_is_gentle_are_listed() {
    let smoke = stdout(&output(&["list", "--tier", "smoke"]));
    assert!(smoke.contains("tier     smoke") && !smoke.contains("tier     long"), "{smoke}");
    let long = stdout(&output(&["list", "cellular"]));
    assert!(long.contains("tier     long") && long.contains("tier     smoke"), "{long}");
    let rough = stdout(&output(&["list", "subscribe/connack/before-the-backlog"]));
    assert!(rough.contains("gentle   no: more than 50 connections"), "{rough}");
    let outside = output(&["run", "--tier", "smoke", "cellular/nat"]);
    assert_eq!(outside.status.code(), Some(4));
    assert!(stderr(&outside).contains("is in tier smoke"), "{}", stderr(&outside));
}

#[test]
fn a_budget_tells_what_it_left_out_in_every_report() {
    let scratch = mine("budget");
    let (code, report, said) = run_in(&scratch, &["--budget", "1ms", "--junit", "j.xml"]);
    assert_eq!(code, Some(0), "what was cut is no failure: {said}");
    let left = report["left_out"].as_array().unwrap();
    assert!(left.len() > 200 && report["complete"] == false, "{}", left.len());
    assert_eq!(report["choice"]["budget_ms"], 1);
    let line = format!("left out ({}): it did not fit into the budget of 0.001 s", left.len());
    assert!(said.contains(&line) && said.contains("qos2 "), "{said}");
    let junit = fs::read_to_string(scratch.file("j.xml")).unwrap();
    assert_eq!(junit.matches("left out: it did not fit").count(), left.len());
    assert!(junit.contains("name=\"qos2/interrupted/pubrec-lost\""));
    // Nothing but what was left out: nothing ran.
    let (code, _, said) = run_in(&scratch, &["--budget", "1ms", "qos2/interrupted"]);
    assert_eq!(code, Some(4), "{said}");
    for args in [&["--budget", "60"][..], &["--budget", "1ms", "--runs", "2"]] {
        assert_eq!(run_in(&scratch, args).0, Some(2), "{args:?}");
    }
}

#[test]
fn a_gentle_run_says_so_and_repeats_as_it_was() {
    let scratch = mine("gentle");
    let (_broker, address) = broker(&["--defect", "pingresp-missing"]);
    let url = format!("mqtt://{address}");
    let words = ["--gentle", "--broker", &url, "--quick", "--mqtt", "5.0"];
    let select = ["keepalive/ping/answered", "subscribe/connack/before-the-backlog"];
    let (_, report, said) = run_in(&scratch, &[&words[..], &select].concat());
    assert_eq!(report["choice"]["gentle"], "asked for", "{said}");
    assert!(
        said.contains("gentle, since asked for") && said.contains("not gentle: more than 50 connections"),
        "{said}"
    );
    let entries = report["scenarios"].as_array().unwrap();
    let answered = entries.iter().find(|s| s["id"] == "keepalive/ping/answered").unwrap();
    assert!(answered["repeat_command"].as_str().unwrap().contains(" --gentle "), "{answered}");
    // Twenty rounds of two connections each: the last begins 3.9 s after the first.
    let rounds = "session/present/nothing-kept-again-and-again";
    let (_correct, address) = broker(&[]);
    let correct = format!("mqtt://{address}");
    let (_, paced, said) = run_in(&scratch, &["--gentle", "--broker", &correct, "--mqtt", "3.1.1", rounds]);
    assert!(
        paced["summary"]["pass"] == 1 && paced["scenarios"][0]["wall_ms"].as_u64() >= Some(3_900),
        "{said}"
    );
    let by_default = run_in(&scratch, &["--broker", &url, "--mqtt", "5.0", "gates/connection"]).1;
    assert_eq!(by_default["choice"]["gentle"], Value::Null, "this is loopback");
    assert_eq!(run_in(&scratch, &["--gentle", "--disruptive"]).0, Some(2));
}

#[test]
fn settings_of_choosing_come_from_the_file_too() {
    let scratch = mine("choosing-settings");
    let file =
        "tier = \"smoke\"\nbudget = \"90s\"\ngentle = true\nscenarios = [\"mine\"]\nonly_mine = true\n";
    fs::write(scratch.file("deadzone.toml"), file).unwrap();
    let show = || stdout(&deadzone(&["run", "--show-config"]).current_dir(&scratch.0).output().unwrap());
    let text = show();
    for (name, value) in [("tier", "smoke"), ("budget", "90 s"), ("gentle", "always"), ("only_mine", "true")]
    {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        assert!(line.contains(value) && line.contains("deadzone.toml"), "{name}: {text}");
    }
    for wrong in ["tier = \"brisk\"\n", "budget = \"60\"\n", "gentle = true\ndisruptive = true\n"] {
        fs::write(scratch.file("deadzone.toml"), wrong).unwrap();
        let run = deadzone(&["run"]).current_dir(&scratch.0).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{wrong}");
        assert!(stderr(&run).contains("deadzone.toml: "), "{wrong}: {}", stderr(&run));
    }
}
