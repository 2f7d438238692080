//! Bytes to a typed packet plus every violation seen on the way.

use deadzone_spec::ClauseId;
use std::borrow::Cow;

use bytes::Bytes;

use crate::{
    Connect, Frame, Packet, PacketKind, Subscribe, Unsubscribe, VarInt, Version, clause, clause::Rule,
    findings::Findings, header,
};

/// Who sent the packet: some rules bind one side only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The client sent it.
    Client,
    /// The server sent it.
    Server,
}

/// One departure from the standard that is visible in the bytes of a single packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The clause broken, in the version of the packet.
    pub clause: ClauseId,
    /// What is wrong, for people: a lowercase fragment.
    pub what: Cow<'static, str>,
    /// Offset of the offending byte from the start of the frame's body; 0 for the fixed header.
    pub offset: usize,
}

/// A decoded frame: the flags and length width that the typed packet does not hold, the packet, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The low nibble of the first byte as it came.
    pub flags: u8,
    /// Width of the Remaining Length in bytes, 1 to 4.
    pub length_width: u8,
    /// The packet; [`Packet::Opaque`] where the body could not be taken apart.
    pub packet: Packet,
    /// Everything wrong, in wire order; empty for a correct packet.
    pub violations: Vec<Violation>,
}

impl Decoded {
    /// The bytes again, exactly as they came.
    pub fn encode(&self, version: Version) -> Bytes {
        let body = self.packet.body(version);
        let length = VarInt::with_width(body.len() as u32, self.length_width);
        Frame { first: self.packet.kind().nibble() << 4 | (self.flags & 0x0f), length, body }.to_bytes()
    }

    /// Where the body does not fit the layout of its packet: how much of it shows that. It ends behind the length of the field that
    /// leaves the packet, or behind the last field where more follows. `None` where all of it fits.
    pub fn misfit(&self) -> Option<usize> {
        let opaque = match &self.packet {
            Packet::Opaque(opaque) => opaque,
            // Their lists are kept as far as they can be read.
            Packet::Subscribe(Subscribe { tail, .. }) | Packet::Unsubscribe(Unsubscribe { tail, .. })
                if !tail.is_empty() =>
            {
                return self.last(&[&clause::TRUNCATED]).map(|at| at + 2);
            }
            _ => return self.last(&[&clause::TRAILING]),
        };
        // A packet type without a layout is seen in the fixed header.
        let Some(at) = self.last(&[&clause::TRUNCATED, &clause::OVERLONG]) else { return Some(0) };
        let field = opaque.body.get(at..).unwrap_or_default();
        let continued = field.iter().take(3).take_while(|byte| **byte >= 0x80).count();
        Some(at + (continued + 1).max(2))
    }

    /// Offset of the last violation of one of these rules.
    fn last(&self, rules: &[&Rule]) -> Option<usize> {
        let is_of = |clause: ClauseId| rules.iter().any(|rule| rule.id(clause.version()) == Some(clause));
        self.violations.iter().rev().find(|violation| is_of(violation.clause)).map(|found| found.offset)
    }
}

/// Decodes one frame. Never fails and never panics: what cannot be taken apart is [`Packet::Opaque`] with a violation.
pub fn decode(frame: &Frame, version: Version, sender: Sender) -> Decoded {
    let version = match frame.kind() {
        PacketKind::Connect => Connect::version_of(&frame.body, version),
        _ => version,
    };
    let mut findings = Findings::new(version, sender);
    header::check(frame, &mut findings);
    let packet = Packet::read(frame, &mut findings);
    Decoded {
        flags: frame.flags(),
        length_width: frame.length.width(),
        packet,
        violations: findings.finish(),
    }
}
