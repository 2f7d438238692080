//! Judges a recorded history: passive rules that hold in every history, and checkers of what the script claims.
//!
//! [`judge`] is a pure function of the record: the same history gives the same verdict. The survey states facts, checkers have
//! opinions, one place composes them into a verdict. This crate knows no broker, no socket and no clock.

mod checkers;
mod compose;
mod instead;
mod judge;
mod opinion;
mod owed;
mod rule;
mod rules;
mod survey;
mod trace;

pub use judge::{judge, judge_with};
pub use rule::{RuleOutcome, obey};
