//! `times N`: the steps are played again and again, by other clients each time, until a claim is not met.

use std::fs;

use crate::support::{Scratch, files, output, stdout};

const ROUNDS: &str = r#"scenario rounds
  title     a ping, again and again
  clauses   3.1.1/MQTT-3.12.4-1  5.0/MQTT-3.12.4-1
  catches   pingresp-missing
  times     20
  client dev
  dev connect clean
  dev subscribe "{run}/t" qos=1
  dev publish "{run}/t" "m" qos=1
  dev <- PUBLISH "{run}/t" "m" retain=0
  dev ping
  expect dev receives "m" exactly once
"#;

/// The history of a run in 5.0, and how it exited.
fn history(name: &str, extra: &[&str]) -> (String, Option<i32>) {
    let scratch = Scratch::new(name);
    let (file, folder) = (scratch.file("rounds.mqt"), scratch.file("histories"));
    fs::write(&file, ROUNDS).unwrap();
    let mut args = vec!["run", "--only-mine", "--scenarios", file.to_str().unwrap(), "--mqtt", "5.0"];
    args.extend(["--history", folder.to_str().unwrap()]);
    args.extend(extra);
    let run = output(&args);
    let (_, bytes) = files(&folder).into_iter().next().unwrap_or_else(|| panic!("{}", stdout(&run)));
    (String::from_utf8(bytes).unwrap(), run.status.code())
}

#[test]
fn every_round_is_played_by_a_client_of_its_own() {
    let (text, code) = history("rounds", &[]);
    assert_eq!(code, Some(0), "{text}");
    for round in 2..=20 {
        assert!(text.contains(&format!("\"dev.{round}\"")), "round {round}");
    }
    assert_eq!(text.matches("dev ping").count() / 2, 20, "a step and its claim in each round");
}

#[test]
fn a_round_that_missed_something_is_the_last() {
    let (text, code) = history("rounds-end", &["--defect", "pingresp-missing"]);
    assert_eq!(code, Some(1));
    assert_eq!(text.matches("\"dev connect clean\"").count() / 2, 1, "{text}");
}
