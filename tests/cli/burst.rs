//! A burst of thousands of messages is the scenario's own traffic: it runs, and nothing calls it a flood of the target's.

use std::fs;

use crate::support::{Scratch, output, stdout};

const BURST: &str = r#"mqt 1

scenario burst
  title     a burst
  clauses   5.0/MQTT-4.6.0-5
  versions  5.0
  catches   mutant-close-swallowed

  client sub
  client pub

  sub connect clean
  sub subscribe "{run}/t" qos=2
  pub connect clean
  pub burst 3000 "{run}/t" "m" qos=2
  expect sub receives "m3000" exactly once
  control none a burst
"#;

#[test]
fn row_b13_a_burst_of_three_thousand_runs_to_its_end() {
    let scratch = Scratch::new("burst");
    let file = scratch.file("burst.mqt");
    fs::write(&file, BURST).unwrap();
    let run = output(&["run", "--only-mine", "--scenarios", file.to_str().unwrap()]);
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
}
