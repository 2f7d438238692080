//! A build that is green as long as nothing else goes wrong, red as soon as something does, and that asks for an entry to go once its
//! failure is gone.

use std::{collections::BTreeSet, fs};

use serde_json::Value;

use super::{KNOWN, ONE_MORE, SHUTS_A_GATE, Story};

/// It breaks one clause in the scenarios of retained messages alone, which a mutant breaks elsewhere too.
const RETAINED_LOWERED: &str = "retained-qos-lowered";
/// That clause in 5.0.
const LOWERED_CLAUSE: &str = "5.0/MQTT-3.8.4-8";

#[test]
fn a_build_is_green_until_something_else_goes_wrong_or_a_known_failure_is_gone() {
    let story = Story::made_of(&["--defect", KNOWN]);
    assert_eq!(story.text().matches("[[known]]").count(), 4, "{}", story.text());

    let (code, text, report) = story.report(&["--defect", KNOWN]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("4 expected, 0 unexpected, 0 stale, 0 new"), "{text}");
    assert!(
        text.contains("expected    4 fail: no reason given") && text.contains("4 failed (4 as known)"),
        "{text}"
    );
    assert!(!text.contains("FAIL ") && !text.contains("at the broker"), "a count, not in full: {text}");
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

/// The story of a build: a broker with known bugs is green; one more fault that breaks the same clause in another scenario is red, and
/// told so that it can be read; a bug that is mended asks for its entries to be taken out.
#[test]
fn a_build_goes_from_green_to_red_to_stale() {
    let story = Story::made_of(&["--defect", RETAINED_LOWERED]);
    story.edit("reason = \"\"", "reason = \"sessions forget\"\nlink = \"https://example.org/issues/7\"");
    let (code, text) = story.run(&["--defect", RETAINED_LOWERED]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("fail: sessions forget (https://example.org/issues/7)"), "{text}");
    assert!(story.text().contains(LOWERED_CLAUSE), "the clause is excused where the file says so");

    let (code, text, report) =
        story.report(&["--defect", RETAINED_LOWERED, "--mutant", "mutant-qos-lowered"]);
    assert_eq!(code, Some(1), "{text}");
    let scenarios = report["scenarios"].as_array().unwrap().iter();
    let red = scenarios.filter(|s| s["verdict"] == "fail" && s["expected"] == false);
    let broken: BTreeSet<&str> =
        red.flat_map(|s| s["findings"].as_array().unwrap()).filter_map(|f| f["clause"].as_str()).collect();
    assert_eq!(
        broken,
        BTreeSet::from([LOWERED_CLAUSE, "3.1.1/MQTT-3.8.4-6"]),
        "nothing but the excused clauses"
    );
    assert!(text.lines().count() < 200, "{} lines", text.lines().count());
    let unexpected = format!("unexpected  {LOWERED_CLAUSE} ");
    assert!(text.contains("cause 1 of 2: ") && text.contains(&unexpected), "{text}");
    assert!(text.contains(" more as known"), "{text}");

    let (code, text) = story.run(&[]);
    assert_eq!(code, Some(6), "{text}");
    assert!(text.contains("stale       line "), "{text}");
}

/// What a run does not judge is neither stale nor missing: a part that was chosen, one version, a run that waits for nothing.
#[test]
fn a_run_of_a_part_says_nothing_of_the_rest() {
    let story = Story::made_of(&["--defect", KNOWN]);
    for words in [&["qos0/**"][..], &["--mqtt", "3.1.1", "qos0/**"], &["--defect", KNOWN, "--quick"]] {
        let (code, text, report) = story.report(words);
        assert_eq!(code, Some(0), "{words:?}: {text}");
        let against = &report["summary"]["expectations"];
        assert_eq!((&against["stale"], &against["min_tested"]), (&Value::Array(Vec::new()), &Value::Null));
    }
    // A whole run that ends at its first failure leaves the rest open.
    let (code, text, report) = story.report(&["--defect", SHUTS_A_GATE, "--fail-fast", "--jobs", "1"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(report["summary"]["not_run"].as_u64() > Some(0), "{text}");
    let against = &report["summary"]["expectations"];
    assert_eq!((&against["stale"], &against["min_tested"]), (&Value::Array(Vec::new()), &Value::Null));
}

#[test]
fn a_scenario_that_is_newer_than_the_file_is_shown_as_new_and_turns_nothing_red() {
    let inbound = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/inbound.mqt");
    let interrupted = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/qos2/interrupted.mqt");
    let both = format!("{inbound},{interrupted}");
    let story = Story::made_of(&["--defect", KNOWN, "--only-mine", "--scenarios", inbound]);
    let junit = story.path("junit.xml");
    let words = ["--defect", KNOWN, "--only-mine", "--scenarios", &both, "--junit", &junit];
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
    let accepted = story.update(&words[..5]);
    assert!(accepted.contains("4 scenarios accepted"), "{accepted}");
    let (code, text) = story.run(&["--only-mine", "--scenarios", &both]);
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
