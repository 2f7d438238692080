//! What can become of a target in the middle of a run.

use std::time::Instant;

use deadzone_history::TargetEvent;
use deadzone_spec::{ClauseId, Version, id};

/// How a target was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its process ended, or it refuses connections and answers none.
    Crashed,
    /// It accepts connections and answers on none.
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

    /// The clause of ours that a target breaks which one client can bring there.
    pub(crate) fn own_id(self, version: Version) -> ClauseId {
        match (self, version) {
            (Self::Crashed, Version::V31) => id!("3.1/DZ-crash"),
            (Self::Crashed, Version::V311) => id!("3.1.1/DZ-crash"),
            (Self::Crashed, Version::V5) => id!("5.0/DZ-crash"),
            (Self::Hung | Self::HalfDead, Version::V31) => id!("3.1/DZ-hang"),
            (Self::Hung | Self::HalfDead, Version::V311) => id!("3.1.1/DZ-hang"),
            (Self::Hung | Self::HalfDead, Version::V5) => id!("5.0/DZ-hang"),
        }
    }

    /// What a record says of it.
    pub(crate) fn event(self) -> TargetEvent {
        match self {
            Self::Crashed => TargetEvent::Gone,
            Self::Hung => TargetEvent::Hung,
            Self::HalfDead => TargetEvent::HalfDead,
        }
    }

    /// The loss that a record speaks of.
    pub(crate) fn of(event: TargetEvent) -> Self {
        match event {
            TargetEvent::Hung => Self::Hung,
            TargetEvent::HalfDead => Self::HalfDead,
            _ => Self::Crashed,
        }
    }
}

impl Trouble {
    /// A loss that is noticed at once.
    pub(crate) fn now(kind: Kind, text: String) -> Self {
        Self { kind, since: Instant::now(), text }
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
