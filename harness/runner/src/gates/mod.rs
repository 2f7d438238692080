//! The gates of a target: base properties that other scenarios stand on. They run first; behind one that is shut nothing is
//! tried, and each says why.
//!
//! Each run of a gate's scenario, the first and its repeats, shows one of four things: the property *held* (it passed, or what was
//! found is none of its claims and the walk came to its end with all of them met), the target *refused* within its rights, a
//! claim was *violated*, or nothing (it did not come about, was cut short, or could not be made). All runs together:
//!
//! - *limited* if any of them was refused: what needs more would come to its end by chance. What stands on it does not apply.
//! - else *open* if it held in any of them: what went wrong in the others is the scenario's own finding.
//! - else *failed* if a violation stands behind the confirmation. What stands on it is blocked.
//! - else *not known*. What stands on it is blocked, and not counted.
//!
//! `state` reads one scenario so; `table` keeps what all of them say.

mod state;
mod table;

pub(crate) use table::Gates;
