//! What a script does, one thing after another. Knows neither how it was recorded nor how Python says it.

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::PacketKind;

/// One thing that the script does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Connects.
    Open { conn: ConnId },
    /// Sends these bytes.
    Send { conn: ConnId, data: Vec<Piece>, text: String, login: bool },
    /// Waits for a packet, by its number in the record.
    Take { seq: u64, conn: ConnId, wanted: Wanted, optional: bool, within_us: Option<u64> },
    /// Ends its stream in order.
    Finish { conn: ConnId },
    /// Resets the connection.
    Reset { conn: ConnId },
    /// Waits until the broker has ended it.
    Gone { conn: ConnId, optional: bool, within_us: Option<u64> },
    /// Lets time pass.
    Pause { us: u64 },
    /// The scenario's words for what follows.
    Note { text: String },
}

impl Step {
    /// The connection that it is about.
    pub(super) fn conn(&self) -> Option<ConnId> {
        match self {
            Self::Open { conn }
            | Self::Send { conn, .. }
            | Self::Take { conn, .. }
            | Self::Finish { conn }
            | Self::Reset { conn }
            | Self::Gone { conn, .. } => Some(*conn),
            Self::Pause { .. } | Self::Note { .. } => None,
        }
    }
}

/// A part of what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it was recorded.
    Bytes(Bytes),
    /// The Packet Identifier that the broker gave this time to the packet with that number in the record.
    IdOf(u64),
}

/// What an arriving packet must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its type.
    pub(super) kind: PacketKind,
    /// Its fields, by their names in the script.
    pub(super) fields: Vec<(&'static str, Given)>,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// This number.
    Number(u32),
    /// These bytes.
    Bytes(Bytes),
    /// These Reason Codes.
    Codes(Bytes),
    /// The identifier of that packet.
    IdOf(u64),
    /// The packet itself: any identifier but its.
    Packet(u64),
}
