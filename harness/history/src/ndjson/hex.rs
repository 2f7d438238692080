//! Bytes as lower-case hex.

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Two digits for each byte.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 0x0f)]));
    }
    out
}

/// The bytes again.
pub(crate) fn decode(text: &str) -> Result<Bytes, String> {
    if !text.len().is_multiple_of(2) {
        return Err("hex with an odd number of digits".to_owned());
    }
    let digits = text.as_bytes();
    let mut out = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks_exact(2) {
        out.push(nibble(pair[0])? << 4 | nibble(pair[1])?);
    }
    Ok(out.into())
}

fn nibble(digit: u8) -> Result<u8, String> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        other => Err(format!("`{}` is no hex digit", other.escape_ascii())),
    }
}

pub(crate) fn serialize<S: Serializer>(bytes: &Bytes, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&encode(bytes))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
    decode(&String::deserialize(from)?).map_err(D::Error::custom)
}

/// Several of them.
pub(crate) mod list {
    use super::{Bytes, Deserialize, Deserializer, Error, Serializer, decode, encode};

    pub(crate) fn serialize<S: Serializer>(list: &[Bytes], out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(list.iter().map(|bytes| encode(bytes)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Bytes>, D::Error> {
        let list = Vec::<String>::deserialize(from)?;
        list.iter().map(|text| decode(text).map_err(D::Error::custom)).collect()
    }
}
