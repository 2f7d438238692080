//! The catalogue of normative statements of MQTT 3.1.1 (141) and 5.0 (251), and of statements that have no number.
//!
//! The data is in `data/*.tsv`, one statement a line, in our own words. An id carries its version
//! (`5.0/MQTT-4.3.3-10`), because the same number means another thing in the other one. Ids of our own begin with `DZ-`
//! and are in `data/own.tsv`: adding one means adding a line.
//!
//! This crate knows no packets and no scenarios: which scenario asserts a clause is the runner's to count.

mod catalogue;
mod clause;
mod nearest;

pub use catalogue::{all, find, suggest};
pub use clause::{Clause, Level, Party};
pub use nearest::nearest;
