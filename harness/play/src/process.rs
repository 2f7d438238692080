//! The target's process, where something may be done to it. Must not know how it was started.

use std::{future::Future, pin::Pin};

/// Something that is being done to a process.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + 'a>>;

/// What can be done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// SIGKILL to all of it.
    Kill,
    /// Asks it to end, and kills it where it does not.
    Stop,
    /// Starts it again at the same addresses.
    Restart {
        /// With nothing stored.
        fresh: bool,
    },
    /// Halts its threads.
    Freeze,
    /// Lets them run on.
    Thaw,
}

/// The process of a target that is ours alone for the time of a performance.
pub trait Process {
    /// Does this, away from the caller's thread and within a time of its own. When it ends, it is so: what was restarted has
    /// accepted a CONNECT. An error says why it is not.
    fn handle(&self, what: Handle) -> Handling<'_>;
}
