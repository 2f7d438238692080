//! What a packet must look like: a type and the fields that are given.

use std::fmt;

use crate::{Field, Packet, PacketKind, Value};

/// A packet type with the fields that must match; fields that are not given may be anything,
/// but a Reason Code of 0x80 or more (a 3.1.1 CONNACK or SUBACK failure code) matches only where `reason` is given.
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

    /// Whether the packet matches, or the first reason why it does not.
    pub fn matches(&self, packet: &Packet) -> Result<(), Mismatch> {
        let _ = packet;
        todo!("wire helper")
    }
}

impl fmt::Display for Pattern {
    /// As scenario text: `PUBREC id=7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        for (field, value) in &self.fields {
            match value {
                Value::Number(n) => write!(f, " {field}={n}")?,
                Value::Bytes(b) => write!(f, " {field}=\"{}\"", b.escape_ascii())?,
            }
        }
        Ok(())
    }
}
