//! Real brokers: Debian's Mosquitto. Skipped, and said so, where it is not installed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use support::{output, program, stdout};

#[test]
fn mosquitto_passes_the_suite() {
    let Some(_) = program("mosquitto") else { return };
    let run = output(&["run", "--broker", "mosquitto"]);
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
}

#[test]
fn every_mutant_of_mosquitto_is_caught() {
    let Some(_) = program("mosquitto") else { return };
    let run = output(&["selftest", "--broker", "mosquitto"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{text}");
    assert!(text.contains("no holes"), "{text}");
}
