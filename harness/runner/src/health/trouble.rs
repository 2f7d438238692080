//! What can become of a target in the middle of a run.

use std::time::Instant;

/// How a target was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its process ended, or it refuses connections and answers none.
    Crashed,
    /// It accepts connections and answers nobody.
    Hung,
    /// It answers some and leaves others alone, by their ids.
    HalfDead,
}

impl Kind {
    /// The word in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Crashed => "crashed",
            Self::Hung => "hung",
            Self::HalfDead => "half dead",
        }
    }

    /// The slug of the clause of ours that whoever causes it breaks.
    pub(crate) fn own_id(self) -> &'static str {
        match self {
            Self::Crashed => "DZ-crash",
            Self::Hung | Self::HalfDead => "DZ-hang",
        }
    }
}

/// A target that was lost.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    pub(crate) kind: Kind,
    /// When it was last well.
    pub(crate) since: Instant,
    /// What was seen, for people.
    pub(crate) text: String,
}
