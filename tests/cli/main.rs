//! The command as a whole, run as its users run it: against our own broker, against Mosquitto, and against targets that misbehave.
//!
//! One program, so that tests that wait run beside those that work.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod behind_close;
mod between;
mod bridge;
mod brokers;
mod bugs;
mod burst;
mod choosing;
mod clients;
mod confirmation;
mod coverage;
mod defects;
mod described;
mod embedded;
mod expect;
mod foreign_topic;
mod formatted;
mod hostile;
mod interrupted;
mod judge;
mod late_answers;
mod lost_target;
mod nodes;
#[cfg(unix)]
mod output_files;
mod own_profiles;
mod probe;
mod reports;
mod repro;
mod restart;
mod rounds;
mod rows;
mod runs;
mod said;
mod secrets;
mod served;
mod support;
mod targets;
mod told;
mod transports;
mod usage;
