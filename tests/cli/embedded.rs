//! The suite against the embedded broker: passes, quickly, and to the byte the same whatever runs beside it.

use std::fs;

use crate::support::{Scratch, files, hash, output, stderr, stdout};

/// The hash of every history of the suite with seed 1, as committed. After a wanted change of what is recorded, run with
/// `DEADZONE_UPDATE_GOLDEN=1` and say in the commit why it changed.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/cli/golden/history.hash");

fn histories(scratch: &Scratch, name: &str, extra: &[&str]) -> Vec<(String, Vec<u8>)> {
    let folder = scratch.file(name);
    let mut args = vec!["run", "--quiet", "--history", folder.to_str().unwrap()];
    args.extend(extra);
    let run = output(&args);
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
    files(&folder)
}

#[test]
fn the_suite_passes_and_says_so() {
    let run = output(&["run"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("0 fail"), "{text}");
    assert!(!text.contains("qos2/interrupted/pubrec-lost"), "what passes is counted: {text}");
    let told = stdout(&output(&["run", "-v", "qos2/interrupted/**"]));
    assert!(told.contains("qos2/interrupted/pubrec-lost"), "{told}");
}

#[test]
fn histories_are_the_same_for_one_seed_and_any_number_of_jobs() {
    let scratch = Scratch::new("histories");
    let first = histories(&scratch, "first", &["--seed", "1", "--jobs", "1"]);
    let again = histories(&scratch, "again", &["--seed", "1", "--jobs", "1"]);
    let beside = histories(&scratch, "beside", &["--seed", "1", "--jobs", "2"]);
    assert!(first.len() >= 56, "only {} histories", first.len());
    for ((name, one), (_, two)) in first.iter().zip(&again).chain(first.iter().zip(&beside)) {
        assert!(one == two, "{name} differs between equal runs");
    }
    assert_eq!((first.len(), first.len()), (again.len(), beside.len()));

    let got = hash(&first);
    if std::env::var_os("DEADZONE_UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, format!("{got}\n")).unwrap();
    }
    let golden = fs::read_to_string(GOLDEN).unwrap();
    assert_eq!(golden.trim(), got, "the recorded histories changed: was that wanted? (see GOLDEN)");
}

/// Who is slow is parked: virtual time must not hang on the slots of neighbours.
#[test]
fn histories_of_a_slow_broker_are_the_same_for_any_number_of_jobs() {
    let scratch = Scratch::new("slow-histories");
    let with = |jobs| {
        let slow = ["--variant", "acknowledges-10s-late", "--jobs", jobs, "subscribe/**", "retained/**"];
        histories(&scratch, jobs, &slow)
    };
    let (alone, beside) = (with("1"), with("4"));
    assert!(alone.len() > 20, "only {} histories", alone.len());
    assert!(alone == beside, "they differ");
}

#[test]
fn another_seed_gives_other_bytes() {
    let scratch = Scratch::new("seeds");
    let one = histories(&scratch, "one", &["--seed", "1"]);
    let two = histories(&scratch, "two", &["--seed", "2"]);
    assert_ne!(hash(&one), hash(&two));
}

#[test]
fn a_selection_runs_what_it_names() {
    let run = output(&["run", "qos2/interrupted/pubrec-lost@5.0"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("1 pass"), "{text}");
    let none = output(&["run", "qos2/no-such"]);
    assert_eq!(none.status.code(), Some(4));
}

#[test]
fn every_defect_is_caught_and_every_variant_passes() {
    let run = output(&["selftest"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("no holes"), "{text}");
}

#[test]
fn fail_fast_stops_and_counts_what_was_left_out() {
    let run = output(&["run", "--fail-fast", "--jobs", "1", "--defect", "two-connacks"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{text}");
    assert!(text.contains("not run"), "{text}");
}

/// Its last step tears a packet.
const TORN_AT_THE_END: &str = r#"mqt 1

scenario torn
  title     A packet is torn and nothing comes after it
  clauses   3.1.1/MQTT-4.5.0-1  5.0/MQTT-4.5.0-1
  needs     qos 0
  catches   retained-not-replaced

  client pub

  pub connect clean
  link pub tear PUBLISH up at 5
  pub publish "{run}/state" "torn" qos=0
"#;

#[test]
fn a_packet_torn_at_the_very_end_is_a_fragment() {
    let scratch = Scratch::new("torn");
    let (file, folder) = (scratch.file("torn.mqt"), scratch.file("records"));
    fs::write(&file, TORN_AT_THE_END).unwrap();
    let words =
        ["run", "--only-mine", "--scenarios", file.to_str().unwrap(), "--history", folder.to_str().unwrap()];
    let run = output(&words);
    let records = files(&folder);
    assert_eq!(records.len(), 2, "{}{}", stdout(&run), stderr(&run));
    for (name, bytes) in records {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(r#""fragment""#), "{name}: {text}");
    }
}
