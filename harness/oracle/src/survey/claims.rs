//! Claims with what became of them.

use deadzone_history::{Claim, Ended};

/// A claim of the script with its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Claimed<'h> {
    /// What is claimed.
    pub(crate) claim: &'h Claim,
    /// The event that states it.
    pub(crate) at: u64,
    /// When that was, µs.
    pub(crate) at_us: u64,
    /// What became of it.
    pub(crate) outcome: Outcome<'h>,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub(crate) enum Outcome<'h> {
    /// Nothing was recorded: nothing is waited for, or the run ended first.
    Open,
    /// It came.
    Met {
        /// The events that met it.
        by: &'h [u64],
        /// After its `within`.
        slow: bool,
    },
    /// It did not come.
    Unmet {
        /// The event that says so.
        at: u64,
        /// When, µs.
        at_us: u64,
        /// How long it was waited for, µs.
        waited_us: u64,
        /// What ended the wait.
        why: Why,
        /// The event that contradicts it.
        got: Option<u64>,
    },
}

/// What ended a wait in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Patience ended.
    Patience,
    /// The connection was closed.
    Closed,
    /// Another answer came.
    Mismatch,
    /// Something of ours: `not connected` and whatever a later recorder adds.
    Harness(String),
}

impl Why {
    pub(crate) fn of(ended: Ended) -> Self {
        match ended {
            Ended::Patience | Ended::LongBound => Self::Patience,
            Ended::Closed => Self::Closed,
            Ended::Mismatch => Self::Mismatch,
            other => Self::Harness(other.to_string()),
        }
    }
}
