//! What one row of the timeline says.

use deadzone_history::{By, Close, ConnId, Direction, End};

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its number in the history: that of the broker's end, where there are two ends.
    pub seq: u64,
    /// The number at the other end, where the same packet was recorded there.
    pub other: Option<u64>,
    /// When, µs since the start, at the end that `seq` names.
    pub at_us: u64,
    /// Index of the client, where it concerns one.
    pub client: Option<usize>,
    /// The connection, where it concerns one.
    pub conn: Option<ConnId>,
    /// What happened.
    pub what: What,
    /// How much it matters beside others.
    pub weight: Weight,
}

impl Row {
    /// Whether an event number means this row.
    pub(crate) fn is(&self, seq: u64) -> bool {
        self.seq == seq || self.other == Some(seq)
    }
}

/// How much a row matters to a reader of a failure. Evidence is always shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Its neighbours tell it: left out without a word.
    Told,
    /// Left out, and counted.
    Minor,
    /// Shown while there is room.
    Usual,
    /// Shown before the usual: it changes how the others read.
    Landmark,
}

/// The kinds of rows.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A complete packet.
    Packet {
        /// Which way.
        direction: Direction,
        /// The packet in one line, not yet escaped.
        text: String,
        /// What became of it.
        fate: Fate,
    },
    /// A torn packet of which no end has the whole.
    Fragment {
        /// Which way.
        direction: Direction,
        /// At which end it was recorded.
        end: End,
        /// How many bytes.
        length: u64,
    },
    /// Something on the link, between the ends.
    Link(String),
    /// An end of a connection closed.
    Closed {
        /// Which end.
        end: End,
        /// Who closed.
        by: By,
        /// How.
        how: Close,
    },
    /// A wait that ended without what it was for.
    Silence(String),
    /// Anything else, over the whole width.
    Note(String),
}

/// What became of a packet on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was recorded at both ends, this much later at the far one, µs.
    Passed(u64),
    /// It never reached the far end.
    Lost(&'static str),
    /// Only so many bytes of so many reached the far end.
    Torn(u64, u64),
    /// Only the far end has it: nobody there sent it as it arrived.
    Unsent,
}
