//! What chance decided, as a list that can be written out and played again. Knows nothing of what follows from it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Direction;

/// One source of chance. Each has a stream of its own, so that a change of one never rolls another anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// Propagation delay above the floor, a value each 100 ms, µs.
    Delay,
    /// Service rate, a value each second, bit/s.
    Rate,
    /// Stalls: how long service lasts, then how long it stops, in turn, µs.
    Stall,
    /// How often in a row one of the segments that are served in one go is lost, a value for each go.
    Loss,
    /// Outages: how long after the end of the last one, how long, how long to attach again, µs, and whether the address is new.
    Outage,
    /// Hand-overs: how long after the end of the last one, whether they fail, how long the gap is, µs, whether the address is new.
    Handover,
    /// How long a promotion from idle takes, then how long the paging cycle still lasts, µs.
    Idle,
}

/// One decision of chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Which source.
    pub process: Process,
    /// Of which direction; `None` is the modem's as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What was decided, in the unit of the process.
    pub value: u64,
}

impl Decision {
    /// Whether chance could decide so under any legal profile. A greater value comes from a file that was damaged or made up;
    /// a link that plays it takes the greatest possible one.
    pub fn is_possible(&self) -> bool {
        self.value <= self.process.most()
    }
}

/// Most times in a row that a segment is lost.
pub(super) const MOST_LOSSES: u64 = 8;
/// More than any legal profile can draw, µs: no time is further off, and sums of a few are no overflow.
const FAR_US: u64 = 1 << 53;

impl Process {
    /// The greatest value that it decides.
    pub(super) fn most(self) -> u64 {
        match self {
            Self::Rate => u64::MAX / 2,
            Self::Loss => MOST_LOSSES,
            Self::Delay | Self::Stall | Self::Outage | Self::Handover | Self::Idle => FAR_US,
        }
    }

    /// Its name in seeds and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Rate => "rate",
            Self::Stall => "stall",
            Self::Loss => "loss",
            Self::Outage => "outage",
            Self::Handover => "handover",
            Self::Idle => "idle",
        }
    }

    /// Whether it decides for a time that has not come: its decisions belong to times, and not to what is sent.
    pub(super) fn looks_ahead(self) -> bool {
        !matches!(self, Self::Loss | Self::Idle)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
