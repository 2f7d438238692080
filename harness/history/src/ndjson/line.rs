//! One line behind the header. A packet stands apart from other events: its bytes are decoded with the version in force, and
//! at the second end they are those of the first.

use std::borrow::Cow;

use bytes::Bytes;
use deadzone_link::Direction;
use deadzone_wire::{Frame, VarInt};
use serde::{Deserialize, Serialize};

use super::hex;
use crate::{ConnId, End, EventKind, PacketEvent, Purpose, Seq};

/// A line: an event, a packet, or the end.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) packet: Option<PacketJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event: Option<Cow<'a, EventKind>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<Footer>,
}

/// How many events came before it.
#[derive(Serialize, Deserialize)]
pub(super) struct Footer {
    pub(super) events: u64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct PacketJson {
    pub(super) conn: ConnId,
    pub(super) direction: Direction,
    pub(super) end: End,
    #[serde(default, skip_serializing_if = "is_script")]
    pub(super) sender: Purpose,
    /// Where it is given, the bytes are those of that packet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Seq>,
    /// For people; not read back.
    #[serde(default)]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_script(sender: &Purpose) -> bool {
    *sender == Purpose::Script
}

impl PacketJson {
    /// A twin before `first_seq` lies in another file, so that the bytes are written.
    pub(super) fn of(packet: &PacketEvent, first_seq: u64) -> Self {
        let of = packet.of.filter(|of| of.get() >= first_seq);
        Self {
            conn: packet.conn,
            direction: packet.direction,
            end: packet.end,
            sender: packet.sender,
            of,
            text: packet.packet().summary(),
            hex: of.is_none().then(|| hex::encode(&packet.frame.to_bytes())),
        }
    }

    /// The frame with the Remaining Length as it was written, even where it lies.
    pub(super) fn frame(&self) -> Result<Frame, String> {
        let bytes: Bytes = hex::decode(self.hex.as_deref().ok_or("a packet without bytes")?)?;
        let first = *bytes.first().ok_or("a packet without bytes")?;
        let length =
            VarInt::read(&bytes[1..]).map_err(|e| e.to_string())?.ok_or("a packet without its length")?;
        let body = bytes.slice(1 + usize::from(length.width())..);
        Ok(Frame { first, length, body })
    }
}
