//! The report for people: a plain line for each scenario, a block for each failure, a summary.
//!
//! [`Terminal`] listens to the runner and writes where it is told; [`failure_block`] is the block alone, for documents.
//! Words carry the meaning, colours only repeat it. Nothing here asks the environment or prints by itself.

mod bugs;
mod causes;
mod circumstances;
mod clause;
mod coverage;
mod excerpt;
mod expectation;
mod failure;
mod listener;
mod options;
mod page;
mod sets;
mod summary;
mod target;
mod timeline;
mod unclear;

pub use bugs::bug_table;
pub use coverage::{CoverageTable, coverage_table};
pub use listener::{Terminal, failure_block, same_cause_block};
pub use options::{TerminalOptions, Verbosity};
pub use sets::{run_line, run_sets};
