//! Claims as JSON: patterns as a packet's name with its fields, bytes as `"hex:…"`.

use deadzone_spec::ClauseId;
use std::str::FromStr;

use bytes::Bytes;
use deadzone_wire::{Field, PacketKind, Pattern, Value};
use serde::{Deserialize, Serialize};

use super::hex;
use crate::{Claim, ClaimKind, ConnId, Expected, HowOften, Place};

const HEX: &str = "hex:";

#[derive(Serialize, Deserialize)]
pub(crate) struct ClaimJson {
    id: u32,
    step: u32,
    place: [u32; 3],
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    clauses: Vec<ClauseId>,
    kind: KindJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindJson {
    Arrives {
        client: usize,
        conn: u32,
        alternatives: Vec<ExpectedJson>,
        #[serde(default)]
        strict: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<u64>,
        #[serde(default)]
        intent: bool,
    },
    Receives {
        client: usize,
        payloads: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<(String, serde_json::Value)>,
        count: HowOftenJson,
    },
    Quiescent {
        client: usize,
    },
    Precondition {
        client: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ExpectedJson {
    Packet { packet: String, fields: Vec<(String, serde_json::Value)> },
    Closed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", remote = "HowOften")]
enum HowOftenDef {
    ExactlyOnce,
    AtLeastOnce,
    AtMostOnce,
    InOrder,
    Never,
}

#[derive(Serialize, Deserialize)]
struct HowOftenJson(#[serde(with = "HowOftenDef")] HowOften);

pub(crate) fn to_json(claim: &Claim) -> ClaimJson {
    ClaimJson {
        id: claim.id,
        step: claim.step,
        place: [claim.place.line, claim.place.column, claim.place.length],
        text: claim.text.clone(),
        clauses: claim.clauses.clone(),
        kind: kind_to_json(&claim.kind),
    }
}

fn kind_to_json(kind: &ClaimKind) -> KindJson {
    match kind {
        ClaimKind::Arrives { client, conn, alternatives, strict, answers, intent } => KindJson::Arrives {
            client: *client,
            conn: conn.0,
            alternatives: alternatives.iter().map(expected_to_json).collect(),
            strict: *strict,
            answers: *answers,
            intent: *intent,
        },
        ClaimKind::Receives { client, payloads, fields, count } => KindJson::Receives {
            client: *client,
            payloads: payloads.iter().map(|p| hex::encode(p)).collect(),
            fields: fields_to_json(fields),
            count: HowOftenJson(*count),
        },
        ClaimKind::Quiescent { client } => KindJson::Quiescent { client: *client },
        ClaimKind::Precondition { client } => KindJson::Precondition { client: *client },
    }
}

fn expected_to_json(expected: &Expected) -> ExpectedJson {
    match expected {
        Expected::Packet(pattern) => ExpectedJson::Packet {
            packet: pattern.kind.name().to_owned(),
            fields: fields_to_json(&pattern.fields),
        },
        Expected::Closed => ExpectedJson::Closed,
    }
}

fn fields_to_json(fields: &[(Field, Value)]) -> Vec<(String, serde_json::Value)> {
    let value = |value: &Value| match value {
        Value::Number(n) => serde_json::Value::from(*n),
        Value::Bytes(b) => serde_json::Value::from(format!("{HEX}{}", hex::encode(b))),
    };
    fields.iter().map(|(field, v)| (field.name().to_owned(), value(v))).collect()
}

pub(crate) fn from_json(json: ClaimJson) -> Result<Claim, String> {
    let [line, column, length] = json.place;
    Ok(Claim {
        id: json.id,
        step: json.step,
        place: Place { line, column, length },
        text: json.text,
        clauses: json.clauses,
        kind: kind_from_json(json.kind)?,
    })
}

fn kind_from_json(json: KindJson) -> Result<ClaimKind, String> {
    Ok(match json {
        KindJson::Arrives { client, conn, alternatives, strict, answers, intent } => ClaimKind::Arrives {
            client,
            conn: ConnId(conn),
            alternatives: alternatives.into_iter().map(expected_from_json).collect::<Result<_, _>>()?,
            strict,
            answers,
            intent,
        },
        KindJson::Receives { client, payloads, fields, count } => ClaimKind::Receives {
            client,
            payloads: payloads.iter().map(|p| hex::decode(p)).collect::<Result<_, _>>()?,
            fields: fields_from_json(fields)?,
            count: count.0,
        },
        KindJson::Quiescent { client } => ClaimKind::Quiescent { client },
        KindJson::Precondition { client } => ClaimKind::Precondition { client },
    })
}

fn expected_from_json(json: ExpectedJson) -> Result<Expected, String> {
    Ok(match json {
        ExpectedJson::Packet { packet, fields } => {
            let kind = PacketKind::from_str(&packet).map_err(|e| e.to_string())?;
            Expected::Packet(Pattern { kind, fields: fields_from_json(fields)? })
        }
        ExpectedJson::Closed => Expected::Closed,
    })
}

fn fields_from_json(fields: Vec<(String, serde_json::Value)>) -> Result<Vec<(Field, Value)>, String> {
    let one = |(name, value): (String, serde_json::Value)| {
        let field = Field::from_str(&name).map_err(|e| e.to_string())?;
        Ok((field, value_from_json(&value).ok_or_else(|| format!("no value of `{name}`: {value}"))??))
    };
    fields.into_iter().map(one).collect()
}

/// `None` where the value is neither a number of 32 bits nor hex.
fn value_from_json(value: &serde_json::Value) -> Option<Result<Value, String>> {
    if let Some(n) = value.as_u64() {
        return u32::try_from(n).ok().map(|n| Ok(Value::Number(n)));
    }
    let digits = value.as_str()?.strip_prefix(HEX)?;
    Some(hex::decode(digits).map(|b: Bytes| Value::Bytes(b)))
}
