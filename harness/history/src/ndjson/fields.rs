//! Fields of packets by name; a value is a number or `"hex:…"`.

use std::str::FromStr;

use deadzone_wire::{Field, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use super::hex;

const HEX: &str = "hex:";

pub(crate) fn serialize<S: Serializer>(fields: &[(Field, Value)], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(fields.iter().map(|(field, value)| (field.name(), Json::of(value))))
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
}

impl Json {
    fn of(value: &Value) -> Self {
        match value {
            Value::Number(n) => Self::Number(*n),
            Value::Bytes(bytes) => Self::Hex(format!("{HEX}{}", hex::encode(bytes))),
        }
    }
}

fn one(name: &str, value: &serde_json::Value) -> Result<(Field, Value), String> {
    let field = Field::from_str(name).map_err(|e| e.to_string())?;
    let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).map(Value::Number);
    let value = match (number, value.as_str().and_then(|text| text.strip_prefix(HEX))) {
        (Some(number), _) => number,
        (None, Some(digits)) => Value::Bytes(hex::decode(digits)?),
        (None, None) => return Err(format!("no value of `{name}`: {value}")),
    };
    Ok((field, value))
}
