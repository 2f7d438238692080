//! A place in the record: which event, and when.

use deadzone_history::{By, Close};

/// An event by its number, with its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    /// Sequence number.
    pub(crate) seq: u64,
    /// Microseconds since the start of the run.
    pub(crate) at_us: u64,
}

/// An end of a connection that closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) at: Mark,
    pub(crate) by: By,
    pub(crate) how: Close,
}
