//! What the script expects, lowered into the record.

use bytes::Bytes;
use deadzone_spec::ClauseId;
use deadzone_wire::{Field, Pattern, Value};

use crate::ConnId;

/// A place in the scenario file, 1-based, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Length, at least 1.
    pub length: u32,
}

/// An expectation of the script.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its number in this history, from 0.
    pub id: u32,
    /// The step that made it.
    pub step: u32,
    /// Where it stands.
    pub place: Place,
    /// The step's text.
    pub text: String,
    /// Clauses of this version that the step names; empty leaves it to the oracle's table.
    pub clauses: Vec<ClauseId>,
    /// What is claimed.
    pub kind: ClaimKind,
}

/// What an arrival may be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A packet of this shape.
    Packet(Pattern),
    /// The broker's close.
    Closed,
}

/// How often a message may be delivered over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowOften {
    /// Once, no more.
    ExactlyOnce,
    /// Once or more.
    AtLeastOnce,
    /// Not twice.
    AtMostOnce,
    /// First complete copies in the order of the payloads, each at least once.
    InOrder,
    /// Not at all.
    Never,
}

/// The kinds of claims.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimKind {
    /// One of these must arrive at the client on this connection.
    Arrives {
        /// Index of the client.
        client: usize,
        /// The connection.
        conn: ConnId,
        /// The legal answers.
        alternatives: Vec<Expected>,
        /// It must be the very next packet.
        strict: bool,
        /// The packet or bytes of ours (sequence number at the client's end) that is answered, where the step sent one
        /// or the last thing that the client sent on this connection.
        answers: Option<u64>,
        /// It belongs to an intent (`connect`, `subscribe`, `publish` …) that named no fields: a refusal is the target's right,
        /// so that the experiment did not happen.
        intent: bool,
    },
    /// Application messages with these payloads must be delivered to the client this often, over the whole run.
    Receives {
        /// Index of the client.
        client: usize,
        /// Payloads; empty means any application message under the run's nonce.
        payloads: Vec<Bytes>,
        /// Further fields of each copy.
        fields: Vec<(Field, Value)>,
        /// How often.
        count: HowOften,
    },
    /// At this moment nothing is owed either way on the client's session.
    Quiescent {
        /// Index of the client.
        client: usize,
    },
    /// Not about the target's duty but about the experiment: a packet must have reached the link's broker end, a marker must pass.
    Precondition {
        /// Index of the client.
        client: usize,
    },
}
