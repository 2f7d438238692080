//! Texts, times, fields and packets.

use std::fmt::{self, Display, Formatter};

use deadzone_wire::{Field, PacketKind};

use crate::{FieldValue, PacketTemplate, Payload};

/// A text in quotes; what would hurt a terminal, and what is no UTF-8, as `\xNN`.
pub(super) struct Quoted<'a>(pub(super) &'a Payload);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\t' => f.write_str("\\t")?,
                    c if is_plain(c) => write!(f, "{c}")?,
                    c => bytes(f, c.encode_utf8(&mut [0; 4]).as_bytes())?,
                }
            }
            bytes(f, chunk.invalid())?;
        }
        f.write_str("\"")
    }
}

fn bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "\\x{byte:02x}"))
}

fn is_plain(c: char) -> bool {
    let unseen =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !unseen
}

/// A payload: in quotes, or by its size.
pub(super) struct Message<'a>(pub(super) &'a Payload);

impl Display for Message<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.is_counted() {
            Some(bytes) if bytes % (1 << 20) == 0 => write!(f, "payload of {}MiB", bytes >> 20),
            Some(bytes) if bytes % (1 << 10) == 0 => write!(f, "payload of {}KiB", bytes >> 10),
            Some(bytes) => write!(f, "payload of {bytes}"),
            None => Quoted(self.0).fmt(f),
        }
    }
}

/// Milliseconds in the largest unit that keeps them whole.
pub(super) struct Time(pub(super) u64);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            ms if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

/// ` name=value` for each field.
pub(super) struct Fields<'a>(pub(super) &'a [(Field, FieldValue)]);

impl Display for Fields<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(field, value)| pair(f, *field, value))
    }
}

fn pair(f: &mut Formatter<'_>, field: Field, value: &FieldValue) -> fmt::Result {
    match value {
        // Codes and bits are read in hexadecimal.
        FieldValue::Number(n)
            if *n > 9
                && matches!(
                    field,
                    Field::Reason | Field::Options | Field::NthReason(_) | Field::NthOptions(_)
                ) =>
        {
            write!(f, " {field}=0x{n:02x}")
        }
        FieldValue::Number(n) => write!(f, " {field}={n}"),
        FieldValue::Text(text) => write!(f, " {field}={}", Quoted(text)),
        FieldValue::Pair(name, value) => write!(f, " {field}={}:{}", Quoted(name), Quoted(value)),
        FieldValue::Absent => write!(f, " {field}=none"),
        FieldValue::Capture(name) => write!(f, " {field}=${name}"),
    }
}

/// `PUBLISH "topic" "payload" qos=1`: texts are bare where their place says what they are.
pub(super) struct Packet<'a>(pub(super) &'a PacketTemplate);

impl Display for Packet<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind)?;
        Bare(self.0).fmt(f)
    }
}

/// The same without the packet's name.
pub(super) struct Bare<'a>(pub(super) &'a PacketTemplate);

impl Display for Bare<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut has_topic = false;
        for (field, value) in &self.0.fields {
            let bare = match (self.0.kind, field) {
                (PacketKind::Publish, Field::Payload) => has_topic,
                // A capture stands for a topic too: what follows is then a payload.
                (PacketKind::Publish, Field::Topic) => !std::mem::replace(&mut has_topic, true),
                (PacketKind::Subscribe | PacketKind::Unsubscribe, Field::Filter) => true,
                _ => false,
            };
            match value {
                FieldValue::Text(text) if bare && *field == Field::Payload => {
                    write!(f, " {}", Message(text))?;
                }
                FieldValue::Text(text) if bare => write!(f, " {}", Quoted(text))?,
                value => pair(f, *field, value)?,
            }
        }
        Ok(())
    }
}
