//! A packet on its way to broken bytes: layer upon layer, so that breakages of different layers do not disturb each other.

use bytes::Bytes;

use super::{Mutation, TextBreakage, fields, of_field};
use crate::{Packet, PacketKind, VarInt, Version};

/// What the breakages so far ask for.
struct Draft {
    packet: Packet,
    version: Version,
    property_delta: i64,
    body: Vec<Mutation>,
    flags: Option<u8>,
    kind: Option<u8>,
    length_delta: i64,
    extra_width: u8,
    lost: usize,
}

impl Mutation {
    /// The bytes of the packet, broken in this one way.
    pub fn apply(&self, packet: &Packet, version: Version) -> Bytes {
        Self::apply_all(&[*self], packet, version)
    }

    /// The bytes of the packet, broken in all these ways, left to right; an empty list breaks nothing.
    pub fn apply_all(list: &[Self], packet: &Packet, version: Version) -> Bytes {
        let mut draft = Draft {
            packet: packet.clone(),
            version,
            property_delta: 0,
            body: Vec::new(),
            flags: None,
            kind: None,
            length_delta: 0,
            extra_width: 0,
            lost: 0,
        };
        for mutation in list {
            draft.add(*mutation);
        }
        draft.finish()
    }

    /// Whether this packet has what the breakage breaks: whether its bytes become others at all.
    pub fn suits(&self, packet: &Packet, version: Version) -> bool {
        self.apply(packet, version) != packet.encode(version).to_bytes()
    }
}

impl Draft {
    fn add(&mut self, mutation: Mutation) {
        match mutation {
            Mutation::Flags(flags) => self.flags = Some(flags & 0x0f),
            Mutation::Type(kind) => self.kind = Some(kind & 0x0f),
            Mutation::Length(delta) => self.length_delta += i64::from(delta),
            Mutation::NonMinimalLength => self.extra_width = self.extra_width.max(1),
            Mutation::OverlongLength => self.extra_width = 4,
            Mutation::Truncate(count) => self.lost += count as usize,
            Mutation::Shorten(_)
            | Mutation::Trailing(_)
            | Mutation::Level(_)
            | Mutation::OfText(TextBreakage::Length(_), _) => self.body.push(mutation),
            Mutation::OfText(breakage, field) => of_field::append(breakage, field, &mut self.packet),
            Mutation::PropertyLength(delta) => self.property_delta += i64::from(delta),
            Mutation::ReservedBit if fields::reserved_bit(&mut self.packet) => {}
            Mutation::ReservedBit => {
                let flags = self.flags.unwrap_or_else(|| self.packet.flags());
                if self.packet.kind() != PacketKind::Publish {
                    self.flags = Some(flags ^ 0x01);
                }
            }
            _ => fields::apply(mutation, &mut self.packet, self.version),
        }
    }

    fn finish(mut self) -> Bytes {
        if self.property_delta != 0
            && let Some(list) = self.packet.properties_mut(self.version)
        {
            list.declared_length = Some(shifted(list.content_len(), self.property_delta));
        }
        let body = self.body();
        let kind = self.kind.unwrap_or_else(|| self.packet.kind().nibble());
        let mut out = vec![kind << 4 | self.flags.unwrap_or_else(|| self.packet.flags())];
        self.write_length(shifted(body.len(), self.length_delta), &mut out);
        out.extend_from_slice(&body);
        out.truncate(out.len().saturating_sub(self.lost));
        out.into()
    }

    fn body(&self) -> Vec<u8> {
        let mut body = self.packet.body(self.version).to_vec();
        for mutation in &self.body {
            match mutation {
                Mutation::Shorten(count) => body.truncate(body.len().saturating_sub(*count as usize)),
                Mutation::Trailing(count) => {
                    let count = (*count).min(Mutation::MOST_TRAILING) as usize;
                    body.resize(body.len() + count, 0);
                }
                Mutation::OfText(TextBreakage::Length(delta), field) => {
                    of_field::lie(*field, *delta, &self.packet, self.version, &mut body);
                }
                // In the bytes and not in the field, because the layout follows the field.
                Mutation::Level(level) => {
                    if let Packet::Connect(connect) = &self.packet
                        && let Some(byte) = body.get_mut(2 + connect.protocol_name.0.len())
                    {
                        *byte = *level;
                    }
                }
                _ => {}
            }
        }
        body
    }

    fn write_length(&self, length: u32, out: &mut Vec<u8>) {
        let fewest = VarInt::minimal(length).width();
        if self.extra_width < 4 {
            return VarInt::with_width(length, fewest + self.extra_width).write(out);
        }
        VarInt::with_width(length, 4).write(out);
        if let Some(fourth) = out.last_mut() {
            *fourth |= 0x80;
        }
        out.push(0);
    }
}

fn shifted(length: usize, delta: i64) -> u32 {
    (length as i64).saturating_add(delta).clamp(0, i64::from(VarInt::MAX)) as u32
}
