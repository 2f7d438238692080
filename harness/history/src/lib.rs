//! The record: what crossed the wire at both ends, what happened to the links, what the script claimed, and what was judged.
//!
//! A [`History`] is append-only and ordered by sequence number; it holds no wall time, host, path or process id, so that
//! equal runs give equal bytes. It carries the script's [`Claim`]s, so a recorded file can be judged without its script.
//! [`RunEvent`]s are what the runner tells its listeners.
//!
//! [`HandMade`] builds records by hand, for tests of whatever reads them.
//!
//! This crate judges nothing and performs nothing.

mod claim;
mod event;
mod finding;
mod hand_made;
mod header;
mod ndjson;
mod recorder;
mod run;

/// Parts of the record's types, so that whoever only reads records needs no link.
pub use deadzone_link::{Cut, Direction, Note};

pub use claim::{Claim, ClaimKind, Expected, HowOften, Place};
pub use event::{By, Close, ConnId, End, Event, EventKind, PacketEvent};
pub use finding::{Finding, Grade, GradeLevel, Verdict, VerdictKind};
pub use hand_made::{HandMade, Start};
pub use header::{ClientInfo, Header, RunKind, SCHEMA, TargetFacts};
pub use ndjson::{HistoryError, read, write};
pub use recorder::{Overflow, Recorder, RecorderLimits};
pub use run::{
    Capabilities, ControlResult, Coverage, GateState, Repeat, RunEvent, RunInfo, ScenarioKey, ScenarioResult,
    Summary,
};

/// A whole record.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What was run.
    pub header: Header,
    /// What happened, by sequence number from 0.
    pub events: Vec<Event>,
}
