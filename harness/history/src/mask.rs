//! Secrets are masked before anything is recorded, at the same length, so that every other byte stays where it was: passwords,
//! authentication data, and what looks like a bearer token where clients put one. The wire keeps the real bytes.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use deadzone_link::Direction;
use deadzone_wire::{
    Connect, Frame, Packet, PacketKind, Properties, PropertyId, PropertyValue, Text, VarInt, Version,
};

use crate::Recorded;

/// Stands for each byte of a secret.
pub(crate) const MASK: u8 = b'*';

/// The Protocol Names of a CONNECT, with their lengths.
const NAMES: [&[u8]; 2] = [b"\0\x04MQTT", b"\0\x06MQIsdp"];
/// CONNECT's flags.
const WILL: u8 = 0x04;
const PASSWORD: u8 = 0x40;
const USERNAME: u8 = 0x80;
/// The level of MQTT 5.0, which has properties.
const LEVEL_V5: u8 = 5;

/// The frame as it may be recorded.
pub(crate) fn recorded(frame: Frame, version: Version, direction: Direction) -> Recorded {
    let recorded = Recorded::of(frame, version, direction);
    let secrets = secrets(&recorded);
    if secrets.is_empty() {
        return recorded;
    }
    let Frame { first, length, body } = recorded.frame;
    Recorded::of(Frame { first, length, body: cover(&body, secrets) }, version, direction)
}

/// The beginning of a packet as it may be recorded.
pub(crate) fn beginning(bytes: &[u8]) -> Bytes {
    let kind = bytes.first().map(|first| PacketKind::from_nibble(first >> 4));
    let width = bytes.get(1..).and_then(|rest| VarInt::read(rest).ok().flatten());
    let at = 1 + width.map_or(bytes.len(), |length| usize::from(length.width()));
    let Some(body) = bytes.get(at..) else { return Bytes::copy_from_slice(bytes) };
    let secrets = match kind {
        Some(PacketKind::Connect) => Walk { body, at: 0 }.connect(),
        // Reason code and length come first; what follows may be the data.
        Some(PacketKind::Auth) => std::iter::once(body.len().min(2)..body.len()).collect(),
        _ => vec![],
    };
    let secrets = secrets.into_iter().map(|range| range.start + at..range.end + at);
    cover(bytes, secrets)
}

/// The same of a stream that does not begin as it must, packet by packet as far as it can be framed. Nothing is kept behind the
/// level of a CONNECT, wherever it begins: where packets can't be told apart, secrets can't either.
pub(crate) fn stream(bytes: &[u8]) -> Bytes {
    let levels = NAMES.iter().filter_map(|name| {
        let at = bytes.windows(name.len()).position(|part| part == *name)?;
        Some(at + name.len() + 1)
    });
    let end = levels.min().unwrap_or(bytes.len()).min(bytes.len());
    let mut bytes = &bytes[..end];
    let mut masked = BytesMut::with_capacity(bytes.len());
    while !bytes.is_empty() {
        let length = VarInt::read(&bytes[1..]).ok().flatten();
        let length = length.map(|length| 1 + usize::from(length.width()) + length.value() as usize);
        let (packet, rest) = bytes.split_at(length.map_or(bytes.len(), |length| length.min(bytes.len())));
        masked.extend_from_slice(&beginning(packet));
        bytes = rest;
    }
    masked.freeze()
}

fn cover(bytes: &[u8], secrets: impl IntoIterator<Item = Range<usize>>) -> Bytes {
    let mut covered = bytes.to_vec();
    for range in secrets {
        if let Some(secret) = covered.get_mut(range) {
            secret.fill(MASK);
        }
    }
    covered.into()
}

/// Where secrets lie in the body.
fn secrets(recorded: &Recorded) -> Vec<Range<usize>> {
    let body = &recorded.frame.body;
    let mut parts: Vec<&Bytes> = Vec::new();
    match recorded.packet() {
        Packet::Connect(connect) => {
            of_connect(connect, &mut parts);
            of_properties(&connect.properties, &mut parts);
        }
        Packet::Connack(connack) => connack.properties.iter().for_each(|p| of_properties(p, &mut parts)),
        Packet::Auth(auth) => auth.properties.iter().for_each(|p| of_properties(p, &mut parts)),
        Packet::Opaque(opaque) if opaque.kind == PacketKind::Connect => {
            return Walk { body, at: 0 }.connect();
        }
        _ => return vec![],
    }
    parts.iter().filter(|part| !part.is_empty()).filter_map(|part| place(body, part)).collect()
}

fn of_connect<'a>(connect: &'a Connect, parts: &mut Vec<&'a Bytes>) {
    parts.extend(&connect.password);
    parts.extend(connect.username.iter().filter(|name| is_token(name)).map(|name| &name.0));
}

fn of_properties<'a>(properties: &'a Properties, parts: &mut Vec<&'a Bytes>) {
    for property in &properties.items {
        match &property.value {
            PropertyValue::Binary(data) if property.id.value() == PropertyId::AuthenticationData as u32 => {
                parts.push(data);
            }
            PropertyValue::Pair(_, value) if is_token(value) => parts.push(&value.0),
            _ => {}
        }
    }
}

/// `Bearer …`, or a JSON Web Token: three parts of which the first is base64url of an object.
fn is_token(text: &Text) -> bool {
    let Some(text) = text.as_str() else { return false };
    let bearer = text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("bearer "));
    bearer || (text.starts_with("eyJ") && text.split('.').count() == 3)
}

/// Decoding copies nothing: a field is a slice of the body, and its place is the distance between them.
fn place(body: &Bytes, part: &Bytes) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    let range = start..start + part.len();
    (range.end <= body.len()).then_some(range)
}

/// Walks over the fields of a CONNECT that could not be taken apart, or of which the end is missing.
struct Walk<'a> {
    body: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn connect(mut self) -> Vec<Range<usize>> {
        let mut secrets = Vec::new();
        // It ends where a field is missing: there is nothing behind it.
        let _ = self.fields(&mut secrets);
        secrets
    }

    fn fields(&mut self, secrets: &mut Vec<Range<usize>>) -> Option<()> {
        self.field()?;
        let (level, flags) = (self.byte()?, self.byte()?);
        self.at += 2;
        let has = |flag: u8| flags & flag != 0;
        if level == LEVEL_V5 {
            let block = self.properties()?;
            secrets.extend(self.authentication(block));
        }
        self.field()?;
        if has(WILL) {
            if level == LEVEL_V5 {
                self.properties()?;
            }
            self.field()?;
            self.field()?;
        }
        if has(USERNAME) {
            self.field()?;
        }
        if has(PASSWORD) {
            let range = self.field_range()?;
            secrets.push(range.start..range.end.min(self.body.len()));
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = self.body.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// Where the content of a length-prefixed field lies; its end may be missing.
    fn field_range(&mut self) -> Option<Range<usize>> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        Some(self.at..self.at + length)
    }

    fn field(&mut self) -> Option<()> {
        self.at = self.field_range()?.end;
        (self.at <= self.body.len()).then_some(())
    }

    fn properties(&mut self) -> Option<Range<usize>> {
        let length = VarInt::read(self.body.get(self.at..)?).ok()??;
        let start = self.at + usize::from(length.width());
        self.at = start + length.value() as usize;
        Some(start..self.at)
    }

    /// The data behind what may be its identifier: rather too much is masked than too little.
    fn authentication(&self, block: Range<usize>) -> Option<Range<usize>> {
        let block = block.start..block.end.min(self.body.len());
        let bytes = self.body.get(block.clone())?;
        let found = bytes.iter().position(|byte| *byte == PropertyId::AuthenticationData as u8)?;
        Some((block.start + found + 3).min(block.end)..block.end)
    }
}
