//! Judges a recorded history: passive rules that hold in every history, and claims of what the script expects.
//!
//! One [state](state) of the protocol is followed event by event; rules are called for its transitions, claims open and close on
//! it, and one place composes what they found into a verdict. [`Judge`] is a fold over the record: the same history gives the
//! same verdict, live or from a file. This crate knows no broker, no socket and no clock.

mod beside;
mod breach;
mod claims;
mod fold;
mod hash;
mod instead;
mod judge;
mod judgeable;
mod legality;
mod owed;
mod rule;
mod rules;
mod state;
mod verdict;
mod wording;

pub use judge::{Judge, RuleOutcome, contained, judge, judge_with, obey, obey_as};
pub use judgeable::judged_unnamed;
