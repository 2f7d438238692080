//! The record: what crossed the wire at both ends, what happened to the links and to the target, what the script claimed.
//!
//! A [`History`] is append-only and ordered by sequence number; it holds no wall time, host, path or process id, so that
//! equal runs give equal bytes. It carries the script's [`Claim`]s, so a recorded file can be judged without its script.
//! A [`Tap`] makes events of the bytes that pass both ends of a connection; [`Recorder`] numbers and bounds them and
//! gives them to a [`Sink`]: memory, lines of a file, the last few, or an observer beside one of these.
//!
//! [`HandMade`] builds records by hand, for tests of whatever reads them.
//!
//! This crate judges nothing and performs nothing.

mod claim;
mod cut_short;
mod event;
mod hand_made;
mod header;
mod ids;
mod mask;
mod ndjson;
mod outcome;
mod packet;
mod recorder;
mod side;
mod sink;
mod step;
mod tap;
mod twins;

/// Parts of the record's types, so that a reader of records needs no link.
pub use deadzone_link::{Cut, Direction, Fault, Fnv, Note, Way};

pub use claim::{Claim, ClaimKind, Expected, HowOften, Place};
pub use cut_short::CutShort;
pub use event::{Event, EventKind};
pub use hand_made::{HandMade, Start};
pub use header::{ClientInfo, Continues, Durability, Header, OpenConnection, Origin, SCHEMA, TargetFacts};
pub use ids::{By, ClientIx, Close, ConnId, End, Seq};
pub use ndjson::{HistoryError, Reader, Writer, read, write};
pub use outcome::{Abandon, Ended, Late, OpenError};
pub use packet::{Fragment, MARKER, PacketEvent, Purpose, Recorded, Skipped, Unframable, Unframed};
pub use recorder::{Overflow, Recorder, RecorderLimits};
pub use sink::{Memory, Ring, Sink, Spool, Tee};
pub use step::{SkipReason, StepClass, StepEvent, TargetEvent, TargetStep};
pub use tap::{Tap, Tapped};

/// A whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was run.
    pub header: Header,
    /// What happened, by sequence number from 0.
    pub events: Vec<Event>,
}
