//! What ended a performance before its own end, or took the target from it: the events alone do not tell.

use serde::{Deserialize, Serialize};

use crate::{Overflow, TargetEvent};

/// What happened to a performance from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutShort {
    /// A signal ended the run.
    Interrupted,
    /// The target was lost while it ran.
    TargetLost,
    /// It came to its end, and the target was lost about then: its silences prove nothing.
    TargetFailing,
    /// It ran alone, twice, and the target was lost each time.
    LosesTarget {
        /// How it was lost: gone, hung or half dead.
        how: TargetEvent,
        /// What was seen, for people.
        text: Box<str>,
    },
    /// A bound of the record was passed: this is its beginning.
    Overflow(Overflow),
    /// The environment refused what the run needs, in its words.
    Trouble(Box<str>),
}

impl CutShort {
    /// The walk was ended from outside before its own end.
    pub fn is_from_outside(&self) -> bool {
        matches!(self, Self::Interrupted | Self::TargetLost)
    }
}
