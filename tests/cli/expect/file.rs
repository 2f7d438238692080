//! The file itself: how it is kept up to date, what of it is a mistake, where it comes from.

use std::{fs, process::Output};

use super::{KNOWN, ONE_MORE, Story};
use crate::support::{Scratch, deadzone, output, stderr, stdout};

#[test]
fn an_old_name_is_understood_told_and_brought_up() {
    let story = Story { scratch: Scratch::new("expect-renamed") };
    let text = "schema = \"deadzone.expect/1\"\ntarget = \"embedded\"\n\n[[known]]\nscenario = \"will/takeover/published\"\n\
        verdict = \"inconclusive\"\nreason = \"slow\"\n\n[[known]]\nscenario = \"qos0/delivery/plain\"\nintermittent = true\n\
        fingerprint = \"3.1.1/DZ-connack-code wrong-field live\"\nreason = \"r\"\n";
    fs::write(story.file(), text).unwrap();
    let first = output(&["list", "qos0/**"]);
    let id = stdout(&first).lines().next().unwrap().split(' ').next().unwrap().to_owned();
    story.edit("qos0/delivery/plain", &id);
    let (code, said) = story.run(&["qos0/**"]);
    assert_eq!(code, Some(0), "{said}");
    for part in ["`will/takeover/published` was retired", "3.1.1/MQTT-3.2.2-6 wrong-field live` today"] {
        assert!(said.replace("\n              ", " ").contains(part), "no {part:?} in {said}");
    }
    let said = story.update(&["qos0/**"]);
    assert!(said.contains("(renamed)") && said.contains("1 removed"), "{said}");
    assert!(story.text().contains("3.1.1/MQTT-3.2.2-6") && !story.text().contains("will/takeover/published"));
}

#[test]
fn what_the_user_wrote_stays_when_the_file_is_brought_up() {
    let story = Story::made_of(&["--defect", KNOWN, "qos2/**"]);
    story.edit("schema", "# Ours since spring.\nschema");
    story.edit("reason = \"\"", "reason = \"sessions are in memory\"  # asked upstream");
    let before = story.text();
    story.update(&["--defect", KNOWN, "qos2/**"]);
    assert_eq!(story.text(), before, "nothing changed");
    story.update(&["--defect", KNOWN, "--defect", ONE_MORE, "qos2/**"]);
    assert!(story.text().starts_with(&before), "{}", story.text());
    assert!(story.text().len() > before.len());
    let (_, text) = story.run(&["--defect", KNOWN, "--defect", ONE_MORE, "qos2/**"]);
    assert!(
        text.contains(": sessions are in memory") && text.contains("no reason   given in lines"),
        "{text}"
    );
}

/// Two runs of a broker that races itself, as of one with a defect and one without.
#[test]
fn what_one_report_of_several_shows_comes_now_and_then() {
    let story = Story { scratch: Scratch::new("expect-several") };
    let (one, other) = (story.path("one.json"), story.path("other.json"));
    output(&["run", "--quiet", "--defect", KNOWN, "--json", &one, "qos2/**"]);
    output(&["run", "--quiet", "--json", &other, "qos2/**"]);
    let updated = output(&["expect", "update", &one, &other, "--file", &story.path("known.toml")]);
    assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
    assert_eq!(story.text().matches("intermittent = true").count(), 4, "{}", story.text());
    assert_eq!(story.run(&["qos2/**"]).0, Some(0));
    assert_eq!(story.run(&["--defect", KNOWN, "qos2/**"]).0, Some(0));
}

#[track_caller]
fn refused(run: &Output, parts: &[&str]) {
    let text = stderr(run);
    assert_eq!(run.status.code(), Some(2), "{}{text}", stdout(run));
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
}

#[test]
fn every_mistake_has_its_place_and_a_help() {
    let scratch = Scratch::new("expect-mistakes");
    let file = scratch.file("known.toml");
    let run = |text: &str| {
        fs::write(&file, text).unwrap();
        output(&["run", "--expect", file.to_str().unwrap(), "qos0/**"])
    };
    let head = "schema = \"deadzone.expect/1\"\ntarget = \"t\"\n";
    let entry = "[[known]]\nreason = \"r\"\nfingerprint = \"5.0/MQTT-4.3.3-10 delivered-twice live\"\n";
    let unknown = run(&format!("{head}min_testd = 3\n"));
    refused(&unknown, &["known.toml:3:1: unknown key `min_testd`", "help: did you mean `min_tested`?"]);
    let lost = run(&format!("{head}{entry}scenario = \"qos2/interrupted/pubrec-lots\"\n"));
    refused(
        &lost,
        &["known.toml:6:12:", "names no scenario", "help: did you mean `qos2/interrupted/pubrec-lost`?"],
    );
    refused(
        &run(&format!("{head}{entry}scenario = \"**\"\n")),
        &["known.toml:6:12: `**` covers", "help: name fewer"],
    );
    refused(
        &run("schema = \"deadzone.expect/9\"\ntarget = \"t\"\n"),
        &["known.toml:1:10:", "deadzone.expect/1"],
    );
    refused(&run("schema = \n"), &["known.toml:1:"]);
    fs::remove_file(&file).unwrap();
    refused(&output(&["run", "--expect", file.to_str().unwrap()]), &["could not read"]);
}

#[test]
fn what_is_no_report_of_a_whole_run_makes_no_file() {
    let story = Story { scratch: Scratch::new("expect-unfit") };
    let json = story.path("run.json");
    let update = || output(&["expect", "update", &json, "--file", &story.path("known.toml")]);
    refused(&update(), &["could not read"]);
    fs::write(&json, "{}").unwrap();
    refused(&update(), &["is no report of a run"]);
    output(&["run", "--fail-fast", "--jobs", "1", "--defect", KNOWN, "--json", &json, "--quiet"]);
    refused(&update(), &["not complete"]);
    assert!(!story.file().exists());
}

#[test]
fn the_file_may_come_from_the_environment_or_the_settings() {
    let story = Story::made_of(&["--defect", KNOWN, "qos2/**"]);
    let run = |by_environment: bool, words: &[&str]| {
        let mut command = deadzone(&[&["run", "--quiet", "--defect", KNOWN, "qos2/**"], words].concat());
        command.current_dir(&story.scratch.0);
        if by_environment {
            command.env("DEADZONE_EXPECT", story.file());
        }
        let run = command.output().unwrap();
        (run.status.code(), stdout(&run))
    };
    assert_eq!(run(false, &[]).0, Some(1));
    assert_eq!(run(true, &[]).0, Some(0));
    assert!(
        run(true, &["--show-config"])
            .1
            .lines()
            .any(|l| l.starts_with("expect") && l.ends_with("(environment)"))
    );
    fs::write(story.scratch.file("deadzone.toml"), "expect = \"known.toml\"\n").unwrap();
    assert_eq!(run(false, &[]).0, Some(0));
    let shown = run(false, &["--show-config"]).1;
    assert!(shown.lines().any(|l| l.contains("known.toml") && l.ends_with("(deadzone.toml)")), "{shown}");
}
