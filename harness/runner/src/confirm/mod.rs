//! Confirmation: what failed is repeated in a pass of its own after the first, never beside the run that it repeats, and the
//! runs are compared by the sets of what they found.
//!
//! `decide` says what a first run wants, `pass` performs it, `compose` makes one verdict of all runs by a `tally` of what they
//! show; `reached` tells which of them came to the step in question. What was *done* wrong is proof by itself and never
//! softened; a wrong close wants a second one; a silence must have been waited out.

mod compose;
mod decide;
mod pass;
mod reached;
mod tally;

pub(crate) use compose::compose;
pub(crate) use decide::{Wanted, settle, wanted};
pub(crate) use pass::{as_repeat, confirm, weigh_control};
pub(crate) use reached::came_about;
