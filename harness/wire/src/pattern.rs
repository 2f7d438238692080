//! What a packet must look like: a type and the fields that are given.

use std::fmt;

use crate::{
    Field, Packet, PacketKind, PropertyId, Value,
    reason::{failure, name_in_any},
};

/// A packet type with the fields that must match; fields that are not given may be anything,
/// but a failure matches only where `reason` or `failure` is given. Failure is a CONNACK code other than 0, any code of a SUBACK or
/// UNSUBACK of 0x80 or more, and such a Reason Code elsewhere, except in DISCONNECT, which matches with every code.
/// Of a property that stands more than once any may match; the User Properties given must be found in their order.
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
        if let Some((field, wanted)) = first_wrong(&self.fields, packet) {
            let found: Vec<String> = field.all_in(packet).iter().map(|got| assignment(*field, got)).collect();
            let got = if found.is_empty() { format!("no {field}") } else { found.join(" ") };
            return Err(Mismatch { field: Some(*field), wanted: assignment(*field, wanted), got });
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

/// The first of these fields that the packet has otherwise. Of a property that stands more than once any value may be the wanted one; the
/// User Properties wanted must be found in their order.
pub fn first_wrong<'f>(
    fields: impl IntoIterator<Item = &'f (Field, Value)>,
    packet: &Packet,
) -> Option<&'f (Field, Value)> {
    // How many of the User Properties of the packet and of its will are used up by those wanted so far.
    let mut used = [0; 2];
    fields.into_iter().find(|(field, wanted)| {
        let plain = field.property().is_none() && field.get(packet).as_ref() == Some(wanted);
        !plain && !fits(*field, wanted, &field.all_in(packet), &mut used)
    })
}

/// Whether one of the values is the wanted one; User Properties behind those that were wanted before. A Payload Format Indicator that
/// is left out is 0 (5.0 §3.3.2.3.2).
fn fits(field: Field, wanted: &Value, got: &[Value], used: &mut [usize; 2]) -> bool {
    let used = &mut used[usize::from(matches!(field, Field::WillProperty(_)))];
    match (field.property(), wanted) {
        (_, Value::Absent) => got.is_empty(),
        (Some(PropertyId::PayloadFormatIndicator), Value::Number(0)) if got.is_empty() => true,
        (Some(PropertyId::UserProperty), wanted) => {
            let found = got.iter().skip(*used).position(|got| got == wanted);
            *used += found.map_or(0, |at| at + 1);
            found.is_some()
        }
        _ => got.contains(wanted),
    }
}

/// A field with its value as in scenario text, escaped: `id=7`, `topic="t/x"`, `user_property="name":"value"`.
pub fn assignment(field: Field, value: &Value) -> String {
    match value {
        Value::Number(n) => format!("{field}={n}"),
        Value::Bytes(b) => format!("{field}=\"{}\"", b.escape_ascii()),
        Value::Pair(name, value) => {
            format!("{field}=\"{}\":\"{}\"", name.escape_ascii(), value.escape_ascii())
        }
        Value::Absent => format!("{field}=none"),
    }
}
