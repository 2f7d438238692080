//! The table of coverage: what stands in it, at every width.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_reports::{CoverageTable, TerminalOptions, Verbosity, coverage_table};
use deadzone_spec::{ClauseId, id};
use deadzone_verdict::{Evidence, Judged, ScenarioKey, VerdictKind};
use deadzone_wire::Version;

const TESTED: ClauseId = id!("5.0/MQTT-4.3.3-10");

fn evidence() -> Evidence {
    let key = ScenarioKey { id: "qos2/interrupted/pubrec-lost".to_owned(), version: Version::V5 };
    let mut judged = Judged::default();
    judged.add(&key, VerdictKind::Pass, &[TESTED, id!("5.0/DZ-whole-packet")], &[TESTED]);
    let by = BTreeSet::from(["inbound-qos2-forgotten-on-reconnect".to_owned()]);
    Evidence { judged, unnamed: BTreeSet::new(), proven: Some(BTreeMap::from([(TESTED, by)])) }
}

fn shown(evidence: &Evidence, options: TerminalOptions, chosen: Option<&dyn Fn(ClauseId) -> bool>) -> String {
    let table = CoverageTable { head: "somebody's broker", evidence, versions: &[Version::V5], chosen };
    coverage_table(&table, options)
}

/// The cells of the row with this title.
fn cells<'a>(text: &'a str, title: &str) -> Vec<&'a str> {
    let row = text.lines().find_map(|line| line.split_once(title));
    row.unwrap_or_else(|| panic!("no {title}: {text}")).1.split_whitespace().collect()
}

#[test]
fn a_row_is_a_section_and_the_last_ones_are_sums() {
    let text = shown(&evidence(), TerminalOptions::plain(), None);
    assert_eq!(
        cells(&text, "MQTT 5.0"),
        ["all", "tested", "graded", "proven", "vacuous", "nothing", "hidden", "client"]
    );
    assert_eq!(cells(&text, "Quality of Service levels"), ["19", "1", "·", "1", "·", "18", "·", "·"]);
    assert_eq!(cells(&text, "Network connections"), ["1", "·", "·", "·", "·", "·", "1", "·"]);
    let all = cells(&text, "all of them");
    assert_eq!((all[0], all[1], all[6], all[7]), ("251", "1", "1", "47"));
    assert_eq!(cells(&text, "ids of our own, apart")[1], "1");
    assert!(text.contains("5.0: 1 of 204 server clauses were put to the test, 1 own ids"), "{text}");
}

#[test]
fn without_a_proof_nothing_is_said_of_proofs() {
    let evidence = Evidence { proven: None, ..evidence() };
    let text = shown(&evidence, TerminalOptions::plain(), None);
    assert!(!text.contains("proven"), "{text}");
    assert_eq!(cells(&text, "Quality of Service levels"), ["19", "1", "·", "·", "18", "·", "·"]);
}

#[test]
fn a_part_has_no_sum_of_a_whole() {
    let chosen = |id: ClauseId| id.clause().section == "4.3.3";
    let verbose = TerminalOptions { verbosity: Verbosity::Verbose, ..TerminalOptions::plain() };
    let text = shown(&evidence(), verbose, Some(&chosen));
    assert_eq!(cells(&text, "Quality of Service levels")[0], "13");
    assert!(!text.contains("all of them") && !text.contains("server clauses"), "{text}");
    for said in [
        "5.0/MQTT-4.3.3-10  tested",
        "proven by   inbound-qos2-forgotten-on-reconnect",
        "named by    qos2/interrupted/pubrec-lost",
        "answered by 3.1.1/MQTT-4.3.3-2",
        "5.0/MQTT-4.3.3-11  nothing",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn it_keeps_to_the_page() {
    for width in [72, 80, 110, 200] {
        for ascii in [false, true] {
            let options =
                TerminalOptions { width, ascii, verbosity: Verbosity::Verbose, ..TerminalOptions::plain() };
            let text = shown(&evidence(), options, None);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{width}: {widest:?}");
            assert!(!ascii || text.is_ascii(), "{width}");
        }
    }
}
