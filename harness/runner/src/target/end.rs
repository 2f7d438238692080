//! The end of what this process started.

/// Kills every broker that this process started and removes their scratch folders, and takes down what a run made where
/// foreign links come from. For a process that is about to end without cleaning up: nothing can be started afterwards.
pub fn end_started_brokers() {
    deadzone_target::end_all();
    crate::links::leave_all();
}
