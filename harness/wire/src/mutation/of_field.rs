//! Breakages of one text that is named by its field. What it breaks is found by writing the packet once more with another text in its
//! place, so that no layout is known here.

use bytes::Bytes;

use super::Mutation;
use crate::{Field, Packet, Value, Version};

/// How the text of one field is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextBreakage {
    /// `bad-utf8`: 0xff at its end.
    BadUtf8,
    /// `nul-in-text`: U+0000 at its end.
    NulInText,
    /// `surrogate-in-text`: an encoded U+D800 at its end.
    SurrogateInText,
    /// `text-length+N`, `text-length-N`: its length lies by so many bytes, and no other length does.
    Length(i32),
}

/// Stands in for a text: no valid UTF-8, and not to be met by chance.
const STAND_IN: &[u8] = b"\xfe\xdc\xba\x98\x76\x54\x32\x10\xff\xfe";

/// Appends to the text what breaks it; a packet without it stays as it is.
pub(super) fn append(breakage: TextBreakage, field: Field, packet: &mut Packet) {
    let ending: &[u8] = match breakage {
        TextBreakage::BadUtf8 => b"\xff",
        TextBreakage::NulInText => b"\0",
        TextBreakage::SurrogateInText => b"\xed\xa0\x80",
        TextBreakage::Length(_) => return,
    };
    let longer = |text: &Bytes| Bytes::from([text, ending].concat());
    let broken = match field.get(packet) {
        Some(Value::Bytes(text)) => Value::Bytes(longer(&text)),
        Some(Value::Pair(name, value)) => Value::Pair(name, longer(&value)),
        _ => return,
    };
    let _ = field.set(packet, &broken);
}

/// Where the text's two length bytes are in a body of this packet; of a User Property those of its value.
fn length_at(field: Field, packet: &Packet, version: Version, body: &[u8]) -> Option<usize> {
    let stand_in = Bytes::from_static(STAND_IN);
    let (text, other) = match field.get(packet)? {
        Value::Bytes(text) => (text, Value::Bytes(stand_in)),
        Value::Pair(name, value) => (value, Value::Pair(name, stand_in)),
        _ => return None,
    };
    let mut changed = packet.clone();
    if field == Field::Payload || !field.set(&mut changed, &other) {
        return None;
    }
    let changed = changed.body(version);
    let found = changed.windows(STAND_IN.len()).position(|part| part == STAND_IN)?;
    // Lengths in front of it may be of another width; what is behind it is the same.
    let behind = changed.len() - found - STAND_IN.len();
    body.len().checked_sub(behind + text.len() + 2)
}

/// Makes the text's length lie.
pub(super) fn lie(field: Field, delta: i32, packet: &Packet, version: Version, body: &mut [u8]) {
    let Some(at) = length_at(field, packet, version, body) else { return };
    if let Some(bytes) = body.get_mut(at..at + 2) {
        let length = u16::from_be_bytes([bytes[0], bytes[1]]);
        let told = (i64::from(length) + i64::from(delta)).clamp(0, i64::from(u16::MAX)) as u16;
        bytes.copy_from_slice(&told.to_be_bytes());
    }
}

/// `bad-utf8 of will_topic`.
pub(super) fn parse(s: &str) -> Option<Mutation> {
    let (breakage, field) = s.split_once(" of ")?;
    let field = field.trim().parse().ok()?;
    let breakage = match breakage.trim() {
        "bad-utf8" => TextBreakage::BadUtf8,
        "nul-in-text" => TextBreakage::NulInText,
        "surrogate-in-text" => TextBreakage::SurrogateInText,
        other => {
            let rest = other.strip_prefix("text-length")?;
            let sign = if rest.starts_with('+') { 1 } else { -1 };
            let n = rest.strip_prefix(['+', '-']).filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?;
            TextBreakage::Length(sign * n.parse::<i32>().ok()?)
        }
    };
    Some(Mutation::OfText(breakage, field))
}

impl std::fmt::Display for TextBreakage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadUtf8 => f.write_str("bad-utf8"),
            Self::NulInText => f.write_str("nul-in-text"),
            Self::SurrogateInText => f.write_str("surrogate-in-text"),
            Self::Length(n) => write!(f, "text-length{n:+}"),
        }
    }
}
