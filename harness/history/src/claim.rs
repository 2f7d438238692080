//! What the script expects, lowered into the record.

use std::sync::Arc;

use bytes::Bytes;
use deadzone_spec::ClauseId;
use deadzone_wire::{Field, Pattern, Value};
use serde::{Deserialize, Serialize};

use crate::{ClientIx, ConnId, ndjson::fields, ndjson::hex, ndjson::pattern};

/// A place in the scenario file, 1-based, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u32; 3]", into = "[u32; 3]")]
pub struct Place {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Length, at least 1.
    pub length: u32,
}

impl From<[u32; 3]> for Place {
    fn from([line, column, length]: [u32; 3]) -> Self {
        Self { line, column, length }
    }
}

impl From<Place> for [u32; 3] {
    fn from(place: Place) -> Self {
        [place.line, place.column, place.length]
    }
}

/// An expectation of the script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Its number in this history, from 0.
    pub id: u32,
    /// The step that made it.
    pub step: u32,
    /// Where it stands.
    pub place: Place,
    /// The step's text.
    pub text: Arc<str>,
    /// Clauses of this version that the step names; empty leaves it to the oracle's table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<ClauseId>,
    /// After how long an answer is slow, µs.
    #[serde(default)]
    pub within_us: u64,
    /// What is claimed.
    pub kind: ClaimKind,
}

/// What an arrival may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// A packet of this shape.
    #[serde(with = "pattern")]
    Packet(Pattern),
    /// The broker's close.
    Closed,
}

/// How often a message may be delivered over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// One of these must arrive at the client on this connection.
    Arrives {
        /// Which client.
        client: ClientIx,
        /// The connection.
        conn: ConnId,
        /// The legal answers.
        alternatives: Vec<Expected>,
        /// It must be the very next packet.
        #[serde(default)]
        strict: bool,
        /// The packet or bytes of ours (sequence number at the client's end) that is answered, where the step sent one
        /// or the last thing that the client sent on this connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<u64>,
        /// It belongs to an intent (`connect`, `subscribe`, `publish` …) that named no fields: a refusal is the target's right,
        /// so that the experiment did not happen.
        #[serde(default)]
        intent: bool,
    },
    /// Application messages with these payloads must be delivered to the client this often, over the whole run.
    Receives {
        /// Which client.
        client: ClientIx,
        /// Payloads; empty means any application message under the run's nonce.
        #[serde(with = "hex::list")]
        payloads: Vec<Bytes>,
        /// One copy at least has the further fields; else each must.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        some: bool,
        /// Further fields of the copies.
        #[serde(default, skip_serializing_if = "Vec::is_empty", with = "fields")]
        fields: Vec<(Field, Value)>,
        /// How often.
        count: HowOften,
    },
    /// At this moment nothing is owed either way on the client's session.
    Quiescent {
        /// Which client.
        client: ClientIx,
    },
    /// At the end of the walk: a message of the harness itself, published at QoS 1, still comes by a live subscription.
    StillServed {
        /// Which client.
        client: ClientIx,
        /// The message's payload.
        #[serde(with = "hex")]
        payload: Bytes,
    },
    /// Not about the target's duty but about the experiment: a packet must have reached the link's broker end, a marker must pass.
    Precondition {
        /// Which client.
        client: ClientIx,
    },
}
