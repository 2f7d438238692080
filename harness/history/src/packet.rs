//! What passes an end of a connection: whole packets, and what is none.

use std::{fmt, ops::Deref, sync::Arc};

use bytes::Bytes;
use deadzone_link::Direction;
use deadzone_wire::{Decoded, Frame, FramingError, Packet, Sender, Version, Violation, decode};
use serde::{Deserialize, Serialize};

use crate::{ConnId, End, Seq, ndjson::hex};

/// Payloads of the harness's own messages begin with this.
pub const MARKER: &[u8] = b"deadzone-marker ";

/// On whose behalf a packet was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// A step of the script wrote it; or it is the broker's, and neither a marker nor a sign of life that we asked for.
    #[default]
    Script,
    /// The polite client's own: an answer, a packet sent again, a PINGREQ that keeps its connection.
    Polite,
    /// A message of the harness itself, on its way to the broker and back: a fence, a ready probe, the routing pair.
    Marker,
    /// The harness's own PINGREQ, or the PINGRESP that answers one.
    Life,
}

/// A packet as it was recorded: its exact bytes, and the same decoded with the version in force on the connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// The exact bytes, but for secrets, which are masked at the same length.
    pub frame: Frame,
    /// The same, decoded.
    pub decoded: Decoded,
}

impl Recorded {
    /// The frame, decoded as what the sender in this direction says.
    pub fn of(frame: Frame, version: Version, direction: Direction) -> Self {
        let sender = match direction {
            Direction::Up => Sender::Client,
            Direction::Down => Sender::Server,
        };
        let decoded = decode(&frame, version, sender);
        Self { frame: lone(frame, &decoded.packet), decoded }
    }

    /// The packet.
    pub fn packet(&self) -> &Packet {
        &self.decoded.packet
    }

    /// The exact bytes.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// All its bytes on the wire.
    pub fn wire_len(&self) -> u32 {
        u32::try_from(self.frame.wire_len()).unwrap_or(u32::MAX)
    }

    /// What is wrong with it, in the order of the wire.
    pub fn violations(&self) -> &[Violation] {
        &self.decoded.violations
    }
}

/// The frame with a body of its own, where no field of the packet shares it: otherwise a few bytes would keep alive all that was read
/// together with them.
fn lone(frame: Frame, packet: &Packet) -> Frame {
    match packet {
        Packet::Ack(_) | Packet::Bare(_) => Frame { body: Bytes::copy_from_slice(&frame.body), ..frame },
        _ => frame,
    }
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
    /// On whose behalf.
    pub sender: Purpose,
    /// The same packet at the end where it was recorded first: given -> sent, arrived -> seen. `None` at that end itself, and
    /// where what came out is not what went in (a mutant changed it).
    pub of: Option<Seq>,
    /// The packet, shared by both ends.
    pub body: Arc<Recorded>,
}

impl PacketEvent {
    /// A message of the harness itself: not one of the script.
    pub fn is_marker(&self) -> bool {
        self.sender == Purpose::Marker
    }
}

impl Deref for PacketEvent {
    type Target = Recorded;

    fn deref(&self) -> &Recorded {
        &self.body
    }
}

/// The end that a direction enters.
pub(crate) fn near(direction: Direction) -> End {
    match direction {
        Direction::Up => End::Client,
        Direction::Down => End::Broker,
    }
}

/// The version that a CONNECT asks for.
pub(crate) fn version_of(packet: &Packet) -> Option<Version> {
    match packet {
        Packet::Connect(connect) => Version::from_level(connect.level),
        _ => None,
    }
}

/// The incomplete packet at the end of one direction, written when that stream ended or was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fragment {
    /// On which connection.
    pub conn: ConnId,
    /// Which way.
    pub direction: Direction,
    /// At which end.
    pub end: End,
    /// The packet that this is the beginning of, at the end that it entered whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Seq>,
    /// Its whole length in bytes.
    pub length: u64,
    /// The prefix that passed (at most 4 KiB are kept).
    #[serde(rename = "hex", with = "hex")]
    pub bytes: Bytes,
}

/// Why a stream can't be framed as MQTT any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unframable {
    /// The Remaining Length runs over four bytes.
    OverlongLength,
    /// A packet is larger than we take.
    TooLarge {
        /// Its Remaining Length, bytes.
        declared: u32,
        /// Our bound, bytes.
        limit: u32,
    },
    /// It does not begin with a CONNECT, so that nothing says that this is MQTT at all.
    NoConnect,
}

impl From<FramingError> for Unframable {
    fn from(error: FramingError) -> Self {
        match error {
            FramingError::OverlongLength => Self::OverlongLength,
            FramingError::TooLarge { declared, limit } => Self::TooLarge { declared, limit },
        }
    }
}

impl fmt::Display for Unframable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OverlongLength => FramingError::OverlongLength.fmt(f),
            Self::TooLarge { declared, limit } => FramingError::TooLarge { declared, limit }.fmt(f),
            Self::NoConnect => {
                f.write_str("the connection does not begin with a CONNECT: no packets are recorded")
            }
        }
    }
}

/// One direction can't be framed as MQTT any further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unframed {
    /// On which connection.
    pub conn: ConnId,
    /// Which way.
    pub direction: Direction,
    /// At which end.
    pub end: End,
    /// Why.
    pub why: Unframable,
    /// The first bytes that could not be framed (at most 64).
    #[serde(rename = "hex", with = "hex")]
    pub bytes: Bytes,
}

/// A legal packet that is larger than we keep: passed over by its length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// On which connection.
    pub conn: ConnId,
    /// Which way.
    pub direction: Direction,
    /// At which end.
    pub end: End,
    /// The same packet at the end where it was recorded first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Seq>,
    /// All its bytes on the wire.
    pub length: u64,
    /// FNV-1a over them, 64 bits: equal packets have equal ones.
    pub hash: u64,
    /// Its first bytes (at most 64).
    #[serde(rename = "hex", with = "hex")]
    pub head: Bytes,
}
