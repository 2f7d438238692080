//! The broker under test as a run sees it: how to reach it, what its connections show of its life, and where we started it, how
//! to start it again.

mod embedded;
mod handle;
mod pulse;
mod spec;
mod watched;

pub(crate) use embedded::{embedded_dial, paused_runtime};
pub(crate) use handle::{Target, TargetHandle};
pub(crate) use pulse::Pulse;
pub use spec::{EmbeddedSpec, TargetSpec};

/// Kills every broker that this process started and removes their scratch folders, and takes down what a run made where
/// foreign links come from. For a process that is about to end without cleaning up: nothing can be started afterwards.
pub fn end_started_brokers() {
    deadzone_target::end_all();
    crate::links::leave_all();
}
