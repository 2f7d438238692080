//! What a packet must look like: a type and the fields that are given.

use std::fmt;

use crate::{
    Field, Packet, PacketKind, Value,
    reason::{failure, name_in_any},
};

/// A packet type with the fields that must match; fields that are not given may be anything,
/// but a failure matches only where `reason` or `failure` is given. Failure is a CONNACK code other than 0, any code of a SUBACK or
/// UNSUBACK of 0x80 or more, and such a Reason Code elsewhere, except in DISCONNECT, which matches with every code.
/// A packet that cannot be taken apart matches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The type.
    pub kind: PacketKind,
    /// The fields given, in the order of the text.
    pub fields: Vec<(Field, Value)>,
}

/// The first field that did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The field, or `None` when the packet's type is another.
    pub field: Option<Field>,
    /// What the pattern wants, for people.
    pub wanted: String,
    /// What the packet has, for people (escaped).
    pub got: String,
}

impl Pattern {
    /// A pattern of the type alone.
    pub fn of(kind: PacketKind) -> Self {
        Self { kind, fields: Vec::new() }
    }

    /// Whether a failure may match.
    pub fn asks_for_failure(&self) -> bool {
        self.fields.iter().any(|(field, _)| matches!(field, Field::Reason | Field::Failure))
    }

    /// Whether the packet matches, or the first reason why it does not.
    pub fn matches(&self, packet: &Packet) -> Result<(), Mismatch> {
        if packet.kind() != self.kind || matches!(packet, Packet::Opaque(_)) {
            let readable =
                if matches!(packet, Packet::Opaque(_)) { " that cannot be taken apart" } else { "" };
            let got = format!("{}{readable}", packet.kind());
            return Err(Mismatch { field: None, wanted: self.kind.to_string(), got });
        }
        for (field, wanted) in &self.fields {
            let got = field.get(packet);
            if got.as_ref() != Some(wanted) {
                let got = got.map_or_else(|| format!("no {field}"), |got| assignment(*field, &got));
                return Err(Mismatch { field: Some(*field), wanted: assignment(*field, wanted), got });
            }
        }
        let asked = self.asks_for_failure();
        match failure(packet) {
            Some(code) if !asked => Err(Mismatch {
                field: Some(Field::Reason),
                wanted: "success".to_owned(),
                got: match name_in_any(self.kind, code) {
                    Some(name) => format!("reason=0x{code:02x} {name}"),
                    None => format!("reason=0x{code:02x}"),
                },
            }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Pattern {
    /// As scenario text: `PUBREC id=7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        for (field, value) in &self.fields {
            write!(f, " {}", assignment(*field, value))?;
        }
        Ok(())
    }
}

/// `id=7`, `topic="t/x"`.
fn assignment(field: Field, value: &Value) -> String {
    match value {
        Value::Number(n) => format!("{field}={n}"),
        Value::Bytes(b) => format!("{field}=\"{}\"", b.escape_ascii()),
    }
}
