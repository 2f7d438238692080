//! Fields of packets by name; a value is a number, `"hex:…"`, a list of two such texts, or `null` where there must be none.

use std::str::FromStr;

use deadzone_wire::{Field, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::hex;

const HEX: &str = "hex:";

pub(crate) fn serialize<S: Serializer>(fields: &[(Field, Value)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(fields.iter().map(|(field, value)| (field.to_string(), Json::of(value))))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Field, Value)>, D::Error> {
    let fields = Vec::<(String, serde_json::Value)>::deserialize(from)?;
    fields.iter().map(|(name, value)| one(name, value).map_err(D::Error::custom)).collect()
}

#[derive(Serialize)]
#[serde(untagged)]
enum Json {
    Number(u32),
    Hex(String),
    Pair([String; 2]),
    Absent(()),
}

impl Json {
    fn of(value: &Value) -> Self {
        match value {
            Value::Number(n) => Self::Number(*n),
            Value::Bytes(bytes) => Self::Hex(prefixed(bytes)),
            Value::Pair(name, value) => Self::Pair([prefixed(name), prefixed(value)]),
            Value::Absent => Self::Absent(()),
        }
    }
}

fn prefixed(bytes: &[u8]) -> String {
    format!("{HEX}{}", hex::encode(bytes))
}

fn one(name: &str, value: &serde_json::Value) -> Result<(Field, Value), String> {
    use serde_json::Value as Json;

    let field = Field::from_str(name).map_err(|e| e.to_string())?;
    let none = || format!("no value of `{name}`: {value}");
    let bytes = |value: &Json| {
        let digits = value.as_str().and_then(|text| text.strip_prefix(HEX)).ok_or_else(none)?;
        hex::decode(digits)
    };
    let value = match value {
        Json::Number(n) => Value::Number(n.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(none)?),
        Json::Array(halves) => match halves.as_slice() {
            [name, value] => Value::Pair(bytes(name)?, bytes(value)?),
            _ => return Err(none()),
        },
        Json::Null => Value::Absent,
        value => Value::Bytes(bytes(value)?),
    };
    Ok((field, value))
}
