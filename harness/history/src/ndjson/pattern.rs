//! A pattern as a packet's name with its fields.

use std::str::FromStr;

use deadzone_wire::{Field, PacketKind, Pattern, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::fields;

#[derive(Serialize)]
struct Written<'a> {
    packet: &'a str,
    #[serde(with = "fields")]
    fields: &'a [(Field, Value)],
}

#[derive(Deserialize)]
struct Json {
    packet: String,
    #[serde(with = "fields")]
    fields: Vec<(Field, Value)>,
}

pub(crate) fn serialize<S: Serializer>(pattern: &Pattern, out: S) -> Result<S::Ok, S::Error> {
    Written { packet: pattern.kind.name(), fields: &pattern.fields }.serialize(out)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Pattern, D::Error> {
    let json = Json::deserialize(from)?;
    let kind = PacketKind::from_str(&json.packet).map_err(D::Error::custom)?;
    Ok(Pattern { kind, fields: json.fields })
}
