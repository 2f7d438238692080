//! One thing that happened.

use bytes::Bytes;
use deadzone_link::{Direction, Note};
use deadzone_wire::{Decoded, Frame};
use serde::{Deserialize, Serialize};

use crate::Claim;

/// A network connection of the run, numbered from 0 in the order of opening, over all clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u32);

/// Where a thing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Where the client has it.
    Client,
    /// Where the broker has it: given to it (up) or read from it (down).
    Broker,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Close {
    /// Orderly.
    Fin,
    /// Reset, or lost without a word where `end` is the client's.
    Rst,
}

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The scripted client or the link.
    Harness,
    /// The broker.
    Broker,
}

/// One entry of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number, from 0, without gaps.
    pub seq: u64,
    /// Microseconds since the start of the run; never goes back.
    pub at_us: u64,
    /// What happened.
    pub kind: EventKind,
}

/// A complete packet at one end.
#[derive(Clone, Debug, PartialEq)]
pub struct PacketEvent {
    /// On which connection.
    pub conn: ConnId,
    /// Which way.
    pub direction: Direction,
    /// At which end. Up: the client's is "sent", the broker's is "given". Down: the broker's is "seen", the client's "arrived".
    pub end: End,
    /// The exact bytes.
    pub frame: Frame,
    /// The same, decoded with the version in force on the connection.
    pub decoded: Decoded,
    /// A marker of the harness itself (fence, ready probe): not a message of the script.
    pub marker: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A transport connection was made for a client.
    Opened {
        /// The new connection.
        conn: ConnId,
        /// Index of the client in the header; `clients.len()` is the harness's own client.
        client: usize,
    },
    /// A connection could not be made.
    OpenFailed {
        /// Index of the client.
        client: usize,
        /// Why, for people.
        why: String,
    },
    /// A complete packet. Up at the broker's end it is appended before the write that completes it, down when it was read.
    Packet(Box<PacketEvent>),
    /// The incomplete packet at the end of one direction, written when that stream ended or was cut.
    Fragment {
        /// On which connection.
        conn: ConnId,
        /// Which way.
        direction: Direction,
        /// At which end.
        end: End,
        /// The prefix that passed (at most 4 KiB are kept).
        bytes: Bytes,
        /// Its whole length in bytes.
        length: u64,
    },
    /// One direction can't be framed as MQTT any further.
    Unframed {
        /// On which connection.
        conn: ConnId,
        /// Which way.
        direction: Direction,
        /// At which end.
        end: End,
        /// Why, for people.
        why: String,
        /// The first bytes that could not be framed (at most 64).
        bytes: Bytes,
    },
    /// One end of a connection closed. End broker by broker with FIN means: drained, everything that it sent was seen.
    /// End broker by harness means: this was given to the broker.
    Closed {
        /// Which connection.
        conn: ConnId,
        /// At which end.
        end: End,
        /// Who.
        by: By,
        /// How.
        how: Close,
    },
    /// Something happened to a link.
    Link {
        /// Index of the client.
        client: usize,
        /// The connection concerned, if one.
        conn: Option<ConnId>,
        /// What.
        note: Note,
    },
    /// A step's turn came.
    Step {
        /// Its number in the script, from 0.
        step: u32,
        /// Its line in the file.
        line: u32,
        /// Its text.
        text: String,
        /// Why it was left out, if it was (control run, other version).
        skipped: Option<String>,
    },
    /// The script claims something from here on.
    Claim(Box<Claim>),
    /// What a claim waited for is there.
    Met {
        /// The claim's number.
        claim: u32,
        /// Sequence numbers of the packets or closes that met it.
        by: Vec<u64>,
        /// It came after `within` had ended, within patience.
        slow: bool,
    },
    /// A claim's patience ended (or the connection did) without it.
    Unmet {
        /// The claim's number.
        claim: u32,
        /// How long it was waited for, µs.
        waited_us: u64,
        /// What ended the wait: `patience`, `closed`, `mismatch`, `not connected`.
        why: String,
        /// The event that contradicts it, if one (the mismatching packet, the close).
        got: Option<u64>,
    },
    /// The experiment could not be carried on: what comes later was not performed.
    Abandoned {
        /// Step's number.
        step: u32,
        /// Why, for people.
        why: String,
    },
    /// The watch for late, unwanted messages at the end was carried out for this long, µs.
    Grace {
        /// How long.
        us: u64,
    },
    /// The harness itself was starved: its heartbeat came this late, ms.
    Starved {
        /// How late.
        ms: u64,
    },
    /// From here on the target is cleaned up: recorded, not judged.
    Teardown,
}
