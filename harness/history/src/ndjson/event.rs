//! One event as JSON. Only the shape: what needs the header's versions is put together in `read`.

use bytes::Bytes;
use deadzone_link::{Direction, Note};
use deadzone_wire::{Frame, VarInt};
use serde::{Deserialize, Serialize};

use super::{
    claim::{self, ClaimJson},
    hex,
};
use crate::{By, Close, ConnId, End, EventKind};

/// A line behind the header: an event, or the end.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<EventJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<Footer>,
}

/// The last line: how many events came before it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Footer {
    pub(crate) events: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PacketJson {
    pub(crate) conn: u32,
    pub(crate) direction: Direction,
    pub(crate) end: End,
    /// For people; not read back.
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) hex: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) marker: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventJson {
    Opened {
        conn: u32,
        client: usize,
    },
    OpenFailed {
        client: usize,
        why: String,
    },
    Packet(PacketJson),
    Fragment {
        conn: u32,
        direction: Direction,
        end: End,
        length: u64,
        hex: String,
    },
    Unframed {
        conn: u32,
        direction: Direction,
        end: End,
        why: String,
        hex: String,
    },
    Closed {
        conn: u32,
        end: End,
        by: By,
        how: Close,
    },
    Link {
        client: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conn: Option<u32>,
        what: Note,
    },
    Step {
        step: u32,
        line: u32,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skipped: Option<String>,
    },
    Claim(ClaimJson),
    Met {
        claim: u32,
        by: Vec<u64>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        slow: bool,
    },
    Unmet {
        claim: u32,
        waited_us: u64,
        why: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        got: Option<u64>,
    },
    Abandoned {
        step: u32,
        why: String,
    },
    Grace {
        us: u64,
    },
    Starved {
        ms: u64,
    },
    Teardown {},
}

pub(crate) fn to_json(kind: &EventKind) -> EventJson {
    match kind.clone() {
        EventKind::Opened { conn, client } => EventJson::Opened { conn: conn.0, client },
        EventKind::OpenFailed { client, why } => EventJson::OpenFailed { client, why },
        EventKind::Packet(p) => EventJson::Packet(PacketJson {
            conn: p.conn.0,
            direction: p.direction,
            end: p.end,
            text: p.decoded.packet.summary(),
            hex: hex::encode(&p.frame.to_bytes()),
            marker: p.marker,
        }),
        EventKind::Fragment { conn, direction, end, bytes, length } => {
            EventJson::Fragment { conn: conn.0, direction, end, length, hex: hex::encode(&bytes) }
        }
        EventKind::Unframed { conn, direction, end, why, bytes } => {
            EventJson::Unframed { conn: conn.0, direction, end, why, hex: hex::encode(&bytes) }
        }
        EventKind::Closed { conn, end, by, how } => EventJson::Closed { conn: conn.0, end, by, how },
        EventKind::Link { client, conn, note } => {
            EventJson::Link { client, conn: conn.map(|c| c.0), what: note }
        }
        EventKind::Step { step, line, text, skipped } => EventJson::Step { step, line, text, skipped },
        EventKind::Claim(c) => EventJson::Claim(claim::to_json(&c)),
        EventKind::Met { claim, by, slow } => EventJson::Met { claim, by, slow },
        EventKind::Unmet { claim, waited_us, why, got } => EventJson::Unmet { claim, waited_us, why, got },
        EventKind::Abandoned { step, why } => EventJson::Abandoned { step, why },
        EventKind::Grace { us } => EventJson::Grace { us },
        EventKind::Starved { ms } => EventJson::Starved { ms },
        EventKind::Teardown => EventJson::Teardown {},
    }
}

/// Everything but packets, which need the version in force: those come back as they are.
pub(crate) fn from_json(json: EventJson) -> Result<Result<EventKind, PacketJson>, String> {
    Ok(Ok(match json {
        EventJson::Packet(p) => return Ok(Err(p)),
        EventJson::Opened { conn, client } => EventKind::Opened { conn: ConnId(conn), client },
        EventJson::OpenFailed { client, why } => EventKind::OpenFailed { client, why },
        EventJson::Fragment { conn, direction, end, length, hex } => {
            EventKind::Fragment { conn: ConnId(conn), direction, end, bytes: hex::decode(&hex)?, length }
        }
        EventJson::Unframed { conn, direction, end, why, hex } => {
            EventKind::Unframed { conn: ConnId(conn), direction, end, why, bytes: hex::decode(&hex)? }
        }
        EventJson::Closed { conn, end, by, how } => EventKind::Closed { conn: ConnId(conn), end, by, how },
        EventJson::Link { client, conn, what } => {
            EventKind::Link { client, conn: conn.map(ConnId), note: what }
        }
        EventJson::Step { step, line, text, skipped } => EventKind::Step { step, line, text, skipped },
        EventJson::Claim(c) => EventKind::Claim(Box::new(claim::from_json(c)?)),
        EventJson::Met { claim, by, slow } => EventKind::Met { claim, by, slow },
        EventJson::Unmet { claim, waited_us, why, got } => EventKind::Unmet { claim, waited_us, why, got },
        EventJson::Abandoned { step, why } => EventKind::Abandoned { step, why },
        EventJson::Grace { us } => EventKind::Grace { us },
        EventJson::Starved { ms } => EventKind::Starved { ms },
        EventJson::Teardown {} => EventKind::Teardown,
    }))
}

/// The frame with the Remaining Length as it was written, even where it lies.
pub(crate) fn frame(hex: &str) -> Result<Frame, String> {
    let bytes: Bytes = hex::decode(hex)?;
    let first = *bytes.first().ok_or("a packet without bytes")?;
    let length =
        VarInt::read(&bytes[1..]).map_err(|e| e.to_string())?.ok_or("a packet without its length")?;
    let body = bytes.slice(1 + usize::from(length.width())..);
    Ok(Frame { first, length, body })
}
