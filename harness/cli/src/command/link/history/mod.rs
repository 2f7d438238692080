//! The record of a whole link process: one history of all its connections, with one sequence and one clock, written as it happens.
//!
//! There is no scenario, so nothing is claimed or judged. `connection` makes events of what one connection tells, `process` gives them
//! their place, and `files` writes them as lines into numbered files of a bounded size.

mod connection;
mod files;
mod process;

pub(crate) use process::{LinkHistory, header};
