//! What is kept of bytes that are no packets: the beginning of a stream without CONNECT, and what can't be framed.

use bytes::{Bytes, BytesMut};
use deadzone_link::Direction;
use deadzone_wire::{Frame, PacketKind, VarInt, Version};

use super::packet::{Mask, filled};

/// The Protocol Names of a CONNECT, with their lengths.
const NAMES: [&[u8]; 2] = [b"\0\x04MQTT", b"\0\x06MQIsdp"];
/// The longest fixed header, bytes.
const HEADER: usize = 5;

/// What shows that these bytes are no packet: as many as the longest fixed header has. What follows may be a password, or the
/// `Authorization` of a request of HTTP.
pub(crate) fn header(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&bytes[..bytes.len().min(HEADER)])
}

/// Where the body begins, and how long it is said to be.
pub(super) fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = VarInt::read(bytes.get(1..)?).ok().flatten()?;
    Some((1 + usize::from(length.width()), length.value() as usize))
}

/// The beginning of a stream that does not begin as it must: its packets as far as they are well formed, and of a CONNECT among them
/// what says its version. Of what is no packet the header is kept, and nothing behind it.
pub(crate) fn stream(bytes: &[u8], direction: Direction) -> Bytes {
    let mut kept = BytesMut::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let Some((packet, behind)) = packet(rest, direction) else {
            kept.extend_from_slice(&level(rest).unwrap_or_else(|| header(rest)));
            break;
        };
        kept.extend_from_slice(&packet);
        rest = behind;
    }
    kept.freeze()
}

/// The first packet as it may be kept, and what follows it.
fn packet(bytes: &[u8], direction: Direction) -> Option<(Bytes, &[u8])> {
    let (at, declared) = head(bytes)?;
    if PacketKind::from_nibble(bytes[0] >> 4) == PacketKind::Connect {
        return None;
    }
    let (packet, behind) = bytes.split_at((at + declared).min(bytes.len()));
    let body = &packet[at..];
    // Without a CONNECT nothing says which version it is.
    let version = [Version::V311, Version::V5].into_iter().find(|version| {
        let decoded = filled(packet[0], body, declared, *version, direction);
        decoded.violations.iter().all(|violation| violation.offset > 0 && violation.offset >= body.len())
    })?;
    let kept = if body.len() == declared {
        let length = VarInt::with_width(declared as u32, at as u8 - 1);
        let frame = Frame { first: packet[0], length, body: Bytes::copy_from_slice(body) };
        Mask::default().packet(frame, version, direction).frame.to_bytes()
    } else {
        Mask::default().beginning(packet, version, direction)
    };
    Some((kept, behind))
}

/// A CONNECT up to its level.
fn level(bytes: &[u8]) -> Option<Bytes> {
    let (at, _) = head(bytes)?;
    let name = NAMES.iter().find(|name| bytes[at..].starts_with(name))?;
    let is_connect = PacketKind::from_nibble(bytes[0] >> 4) == PacketKind::Connect;
    is_connect.then(|| Bytes::copy_from_slice(&bytes[..bytes.len().min(at + name.len() + 1)]))
}
