//! Known failures of a broker: a build that is green as long as nothing else goes wrong, red as soon as something does, and that
//! asks for an entry to go once its failure is gone.

use std::{fs, path::PathBuf, process::Output};

use crate::support::{Scratch, broker, deadzone, output, stderr, stdout};
use serde_json::Value;

/// It breaks 4.3.3-10 in two scenarios.
const KNOWN: &str = "inbound-qos2-forgotten-on-reconnect";
/// It breaks the same clause in another one.
const ONE_MORE: &str = "onward-again-at-pubrel-replay";
/// The gate of QoS 1 fails by it.
const SHUTS_A_GATE: &str = "puback-missing";

/// A folder with the file of known failures and the reports of the runs that are held against it.
struct Story {
    scratch: Scratch,
}

impl Story {
    /// The file, made of a run with these words.
    fn made_of(words: &[&str]) -> Self {
        let story = Self { scratch: Scratch::new("expect") };
        story.update(words);
        story
    }

    fn path(&self, name: &str) -> String {
        self.scratch.file(name).to_str().unwrap().to_owned()
    }

    fn file(&self) -> PathBuf {
        self.scratch.file("known.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn edit(&self, from: &str, to: &str) {
        let text = self.text();
        assert!(text.contains(from), "no {from:?} in {text}");
        fs::write(self.file(), text.replacen(from, to, 1)).unwrap();
    }

    /// Runs these words and brings the file up to the report; what is said of it.
    fn update(&self, words: &[&str]) -> String {
        let json = self.path("made.json");
        let all = [&["run", "--quiet", "--json", &json], words].concat();
        let run = output(&all);
        assert!(matches!(run.status.code(), Some(0 | 1 | 3)), "{}{}", stdout(&run), stderr(&run));
        let updated = output(&["expect", "update", &json, "--file", &self.path("known.toml")]);
        assert_eq!(updated.status.code(), Some(0), "{}", stderr(&updated));
        stdout(&updated)
    }

    /// Runs these words against the file.
    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let run = output(&[&["run", "--quiet", "--expect", &self.path("known.toml")], words].concat());
        (run.status.code(), stdout(&run) + &stderr(&run))
    }

    /// The same with a report.
    fn report(&self, words: &[&str]) -> (Option<i32>, String, Value) {
        let json = self.path("run.json");
        let (code, text) = self.run(&[&["--json", &json], words].concat());
        (code, text, serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap())
    }
}

#[test]
fn a_build_is_green_until_something_else_goes_wrong_or_a_known_failure_is_gone() {
    let story = Story::made_of(&["--defect", KNOWN]);
    assert_eq!(story.text().matches("[[known]]").count(), 4, "{}", story.text());

    let (code, text, report) = story.report(&["--defect", KNOWN]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("4 expected, 0 unexpected, 0 stale, 0 new"), "{text}");
    assert!(text.contains("expected    fail qos2/interrupted/pubrec-lost [5.0]: no reason given"), "{text}");
    assert!(!text.contains("FAIL ") && !text.contains("at the broker"), "a short list, not in full: {text}");
    let of = |id: &str| {
        let scenarios = report["scenarios"].as_array().unwrap();
        scenarios.iter().find(|s| s["id"] == id && s["version"] == "5.0").unwrap().clone()
    };
    let lost = of("qos2/interrupted/pubrec-lost");
    assert_eq!((&lost["verdict"], &lost["expected"]), (&"fail".into(), &true.into()));
    assert!(lost["control"].is_null() && lost["compared"].is_null(), "it is not confirmed: {lost:#}");
    assert_eq!(report["summary"]["expectations"]["expected"], 4);
    assert_eq!(of("qos2/inbound/pubrel-lost")["expected"], false);

    // Further findings of a clause that is excused elsewhere.
    let (code, text, report) = story.report(&["--defect", KNOWN, "--defect", ONE_MORE]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("4 expected") && text.contains("FAIL ") && text.contains("at the broker"),
        "{text}"
    );
    assert!(text.contains("unexpected  5.0/MQTT-4.3.3-10 delivered-twice"), "{text}");
    let counts = &report["summary"]["expectations"];
    assert!(counts["unexpected"].as_u64() > Some(0) && counts["stale"].as_array().unwrap().is_empty());

    let (code, text) = story.run(&[]);
    assert_eq!(code, Some(6), "{text}");
    assert!(text.contains("4 stale") && text.contains("stale       line "), "{text}");

    // The file is brought up: nothing goes without being named.
    let said = story.update(&[]);
    assert!(said.contains("0 added, 4 removed, 0 scenarios accepted"), "{said}");
    assert_eq!(said.matches("  - qos2/").count(), 4, "{said}");
    assert_eq!(story.run(&[]).0, Some(0));
}

#[test]
fn a_mutant_before_the_broker_is_one_more_fault() {
    let story = Story::made_of(&["--defect", KNOWN, "qos2/**"]);
    let (code, text) = story.run(&["--defect", KNOWN, "qos2/**", "--mutant", "mutant-dup-cleared"]);
    assert_eq!(code, Some(1), "{text}");
}

#[test]
fn what_is_blocked_behind_an_expected_gate_is_expected() {
    let story = Story::made_of(&["--defect", SHUTS_A_GATE]);
    assert!(!story.text().contains("\"blocked\""), "{}", story.text());
    let (code, text) = story.run(&["--defect", SHUTS_A_GATE]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("blocked behind gates like these") && !text.contains("blocked ("), "{text}");
    // Without the gate's own entry nothing behind it is excused.
    let own = "[[known]]\nscenario = \"gates/publish/qos1-in\"\nversion = \"5.0\"";
    story.edit(own, "[[known]]\nscenario = \"gates/publish/qos1-in\"\nmax = 1\nversion = \"5.0\"");
    assert_eq!(story.run(&[]).0, Some(2), "`max` belongs to a glob");
    story.edit("max = 1\nversion = \"5.0\"", "version = \"5.0\"\ntarget_version = \"9\"");
    let (code, text) = story.run(&["--defect", SHUTS_A_GATE]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("blocked ("), "{text}");
}

/// What a broker that is not ours shows is repeated, unless all of it is known.
#[test]
fn what_is_expected_is_not_repeated() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let (_broker, address) = broker(&["--defect", KNOWN]);
    let url = format!("mqtt://{address}");
    let words = ["--broker", &url, "--mqtt", "5.0", "--scenarios", file, "**/pubrec-lost"];
    let story = Story::made_of(&words);
    let repeats = |words: &[&str]| {
        let (code, text, report) = story.report(words);
        let scenarios = report["scenarios"].as_array().unwrap();
        let lost = scenarios.iter().find(|s| s["id"] == "qos2/interrupted/pubrec-lost");
        (code, lost.unwrap_or_else(|| panic!("{text}"))["repeats"].as_array().unwrap().len())
    };
    assert_eq!(repeats(&words), (Some(0), 0));
    story.edit("delivered-twice", "delivered-unwanted");
    assert_eq!(repeats(&words), (Some(1), 2), "it fails otherwise");
}

#[test]
fn an_entry_may_be_of_some_versions_of_the_broker() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let (_broker, address) = broker(&["--defect", KNOWN]);
    let story = Story { scratch: Scratch::new("expect-version") };
    let described = story.path("mine.toml");
    let of_version = |version: &str| {
        fs::write(&described, format!("address = \"mqtt://{address}\"\nversion = \"{version}\"\n")).unwrap();
    };
    let words = ["--broker", &described, "--mqtt", "5.0", "--scenarios", file, "**/pubrec-lost"];
    of_version("1.2.9");
    story.update(&words);
    story.edit("reason", "target_version = \">= 1.2, < 1.2.10\"\nreason");
    assert_eq!(story.run(&words).0, Some(0));
    of_version("1.2.10");
    let (code, text) = story.run(&words);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("of another version of the target: the entries of lines"), "{text}");
}

#[test]
fn a_scenario_that_is_newer_than_the_file_is_shown_as_new_and_turns_nothing_red() {
    let inbound = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/inbound.mqt");
    let interrupted = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let both = format!("{inbound},{interrupted}");
    let story = Story::made_of(&["--defect", KNOWN, "--scenarios", inbound]);
    let junit = story.path("junit.xml");
    let words = ["--defect", KNOWN, "--scenarios", &both, "--junit", &junit];
    let (code, text, report) = story.report(&words);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("2 expected, 0 unexpected, 0 stale, 4 new"), "{text}");
    assert!(text.contains("new         fail qos2/interrupted/pubrec-lost [5.0]"), "{text}");
    let new = |scenario: &&Value| scenario["new"] == true;
    assert_eq!(report["scenarios"].as_array().unwrap().iter().filter(new).count(), 4);
    // Neither of them is a failure in a build; both say what they are.
    let junit = fs::read_to_string(&junit).unwrap();
    assert!(!junit.contains("<failure") && !junit.contains("<error"), "{junit}");
    assert!(
        junit.contains("expected fail: no reason given") && junit.contains("new, not accepted yet: fail")
    );

    // Once it is accepted it counts.
    let accepted = story.update(&words[..4]);
    assert!(accepted.contains("4 scenarios accepted"), "{accepted}");
    let (code, text) = story.run(&["--scenarios", &both]);
    assert_eq!(code, Some(6), "{text}");
}

#[test]
fn a_run_that_judges_too_little_is_not_green() {
    let story = Story::made_of(&["--defect", KNOWN]);
    let floor = story.text().lines().find(|line| line.starts_with("min_tested")).unwrap().to_owned();
    story.edit(&floor, "min_tested = 9999");
    let (code, text) = story.run(&["--defect", KNOWN]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("too few") && text.contains("of at least 9999"), "{text}");
    let (code, text) = story.run(&["--defect", KNOWN, "qos2/**"]);
    assert_eq!(code, Some(0), "what was chosen is no whole run: {text}");
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
