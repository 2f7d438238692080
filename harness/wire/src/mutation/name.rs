//! The breakages by name. How they are done is next door.

use std::{fmt, str::FromStr};

use super::of_field::{self, TextBreakage};
use crate::Field;

/// One way to break a packet. Its text is the word behind `broken by` in a scenario.
///
/// A breakage changes one layer: fields, body, fixed header or stream. The layers are put on in this order, so that
/// breakages of different layers compose in any order; within a layer a list is applied left to right. One that has
/// nothing to break in a packet leaves it as it is (see [`Mutation::suits`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// `flags=N`, 0 to 15: the low nibble of the first byte. Header.
    Flags(u8),
    /// `type=N`, 0 to 15: the high nibble of the first byte. Header.
    Type(u8),
    /// `length+N`, `length-N`: the Remaining Length lies by so many bytes. Header.
    Length(i32),
    /// `non-minimal-length`: the Remaining Length in one byte more than it needs, at most four. Header.
    NonMinimalLength,
    /// `overlong-length`: the Remaining Length in five bytes, which frames no more. Header.
    OverlongLength,
    /// `truncate=N`: the last bytes are never sent; the Remaining Length still counts them. Stream.
    Truncate(u32),
    /// `shorten=N`: the body lacks its last bytes, and the Remaining Length says so. Body.
    Shorten(u32),
    /// `trailing=N`: so many zero bytes behind the last field, counted in the Remaining Length. Body.
    Trailing(u32),
    /// `bad-utf8`: 0xff at the end of the first text (a Reason String is added where 5.0 has no other). Fields.
    BadUtf8,
    /// `nul-in-text`: U+0000 at the end of the first text. Fields.
    NulInText,
    /// `surrogate-in-text`: an encoded U+D800 at the end of the first text. Fields.
    SurrogateInText,
    /// `empty-topic`: an empty Topic Name or first Topic Filter. Fields.
    EmptyTopic,
    /// `wildcard-in-topic`: `/#` at the end of the Topic Name, or of the Will Topic. Fields.
    WildcardInTopic,
    /// `bad-filter`: the first Topic Filter goes on behind a `#`. Fields.
    BadFilter,
    /// `no-filters`: SUBSCRIBE or UNSUBSCRIBE without any filter. Fields.
    NoFilters,
    /// `repeat-property`: a property that may stand once stands twice (5.0). Fields.
    RepeatProperty,
    /// `unknown-property`: a property identifier that is not listed (5.0). Fields.
    UnknownProperty,
    /// `foreign-property`: a listed property that this packet may not hold (5.0). Fields.
    ForeignProperty,
    /// `property-length+N`, `property-length-N`: the Property Length lies by so many bytes (5.0). Fields.
    PropertyLength(i32),
    /// `non-minimal-property-length`: the Property Length in one byte more than it needs (5.0). Fields.
    NonMinimalPropertyLength,
    /// `reserved-bit`: a reserved bit of the Connect Flags, of the Connect Acknowledge Flags, of the first subscription's
    /// options, or else of the fixed header (PUBLISH has none). Fields or header.
    ReservedBit,
    /// `qos3`: QoS 3 in PUBLISH, the will or the first subscription. Fields.
    Qos3,
    /// `zero-id`: Packet Identifier 0. Fields.
    ZeroId,
    /// `wrong-protocol-name`: CONNECT says `MQTX`. Fields.
    WrongProtocolName,
    /// `level=N`: CONNECT's Protocol Level, in the layout that the packet already has. Body.
    Level(u8),
    /// `connect-flags=N`: CONNECT's flags, while its payload stays as it is. Fields.
    ConnectFlags(u8),
    /// `bad-utf8 of FIELD` and others: one text of the packet, by the name of its field. Fields, or its length in the body.
    OfText(TextBreakage, Field),
}

const PLAIN: [(&str, Mutation); 17] = [
    ("non-minimal-length", Mutation::NonMinimalLength),
    ("overlong-length", Mutation::OverlongLength),
    ("bad-utf8", Mutation::BadUtf8),
    ("nul-in-text", Mutation::NulInText),
    ("surrogate-in-text", Mutation::SurrogateInText),
    ("empty-topic", Mutation::EmptyTopic),
    ("wildcard-in-topic", Mutation::WildcardInTopic),
    ("bad-filter", Mutation::BadFilter),
    ("no-filters", Mutation::NoFilters),
    ("repeat-property", Mutation::RepeatProperty),
    ("unknown-property", Mutation::UnknownProperty),
    ("foreign-property", Mutation::ForeignProperty),
    ("non-minimal-property-length", Mutation::NonMinimalPropertyLength),
    ("reserved-bit", Mutation::ReservedBit),
    ("qos3", Mutation::Qos3),
    ("zero-id", Mutation::ZeroId),
    ("wrong-protocol-name", Mutation::WrongProtocolName),
];

impl Mutation {
    /// The most bytes that `trailing=N` adds: a scenario must not be able to exhaust memory by a number.
    pub const MOST_TRAILING: u32 = 1 << 20;

    /// Every breakage once, with an example for its number: for suggestions and for the language's reference.
    pub const EXAMPLES: [Self; 30] = [
        Self::Flags(3),
        Self::Type(0),
        Self::Length(5),
        Self::NonMinimalLength,
        Self::OverlongLength,
        Self::Truncate(3),
        Self::Shorten(1),
        Self::Trailing(4),
        Self::BadUtf8,
        Self::NulInText,
        Self::SurrogateInText,
        Self::EmptyTopic,
        Self::WildcardInTopic,
        Self::BadFilter,
        Self::NoFilters,
        Self::RepeatProperty,
        Self::UnknownProperty,
        Self::ForeignProperty,
        Self::PropertyLength(1),
        Self::NonMinimalPropertyLength,
        Self::ReservedBit,
        Self::Qos3,
        Self::ZeroId,
        Self::WrongProtocolName,
        Self::Level(6),
        Self::ConnectFlags(0x18),
        Self::OfText(TextBreakage::BadUtf8, Field::WillTopic),
        Self::OfText(TextBreakage::NulInText, Field::Topic),
        Self::OfText(TextBreakage::SurrogateInText, Field::Filter),
        Self::OfText(TextBreakage::Length(1), Field::ClientId),
    ];
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flags(n) => write!(f, "flags={n}"),
            Self::Type(n) => write!(f, "type={n}"),
            Self::Length(n) => write!(f, "length{n:+}"),
            Self::Truncate(n) => write!(f, "truncate={n}"),
            Self::Shorten(n) => write!(f, "shorten={n}"),
            Self::Trailing(n) => write!(f, "trailing={n}"),
            Self::PropertyLength(n) => write!(f, "property-length{n:+}"),
            Self::Level(n) => write!(f, "level={n}"),
            Self::ConnectFlags(n) => write!(f, "connect-flags=0x{n:02x}"),
            Self::OfText(breakage, field) => write!(f, "{breakage} of {field}"),
            plain => f.write_str(PLAIN.iter().find(|(_, m)| m == plain).map_or("", |(name, _)| name)),
        }
    }
}

/// The text named no breakage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown breakage `{0}`")]
pub struct UnknownMutation(String);

impl FromStr for Mutation {
    type Err = UnknownMutation;

    /// Numbers are decimal, or hexadecimal behind `0x`.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let plain = PLAIN.iter().find(|(name, _)| *name == s).map(|(_, mutation)| *mutation);
        plain
            .or_else(|| of_field::parse(s))
            .or_else(|| signed(s))
            .or_else(|| assigned(s))
            .ok_or_else(|| UnknownMutation(s.to_owned()))
    }
}

fn signed(s: &str) -> Option<Mutation> {
    let (make, rest): (fn(i32) -> Mutation, _) = match s.strip_prefix("property-length") {
        Some(rest) => (Mutation::PropertyLength, rest),
        None => (Mutation::Length, s.strip_prefix("length")?),
    };
    let sign = if rest.starts_with('+') { 1 } else { -1 };
    let digits = rest.strip_prefix(['+', '-'])?;
    i32::try_from(number(digits)?).ok().map(|n| make(sign * n))
}

fn assigned(s: &str) -> Option<Mutation> {
    let (name, digits) = s.split_once('=')?;
    let n = number(digits)?;
    let nibble = || u8::try_from(n).ok().filter(|n| *n < 16);
    match name {
        "flags" => nibble().map(Mutation::Flags),
        "type" => nibble().map(Mutation::Type),
        "truncate" => Some(Mutation::Truncate(n)),
        "shorten" => Some(Mutation::Shorten(n)),
        "trailing" => Some(Mutation::Trailing(n)).filter(|_| n <= Mutation::MOST_TRAILING),
        "level" => u8::try_from(n).ok().map(Mutation::Level),
        "connect-flags" => u8::try_from(n).ok().map(Mutation::ConnectFlags),
        _ => None,
    }
}

fn number(digits: &str) -> Option<u32> {
    // `parse` would take a sign of its own.
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    match digits.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    }
}
