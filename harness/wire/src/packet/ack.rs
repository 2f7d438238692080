//! PUBACK, PUBREC, PUBREL and PUBCOMP: one shape (3.1.1 §3.4 to §3.7, 5.0 §3.4 to §3.7).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, Version, clause,
    clause::Rule,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// Which of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the standard's own name")]
pub enum AckKind {
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
}

impl AckKind {
    /// The packet type.
    pub fn packet_kind(self) -> PacketKind {
        match self {
            Self::Puback => PacketKind::Puback,
            Self::Pubrec => PacketKind::Pubrec,
            Self::Pubrel => PacketKind::Pubrel,
            Self::Pubcomp => PacketKind::Pubcomp,
        }
    }

    fn code_rule(self) -> &'static Rule {
        match self {
            Self::Puback => &clause::PUBACK_CODE,
            Self::Pubrec => &clause::PUBREC_CODE,
            Self::Pubrel => &clause::PUBREL_CODE,
            Self::Pubcomp => &clause::PUBCOMP_CODE,
        }
    }
}

/// An acknowledgement of the publish handshakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Which of the four.
    pub kind: AckKind,
    /// Packet Identifier of the PUBLISH.
    pub packet_id: u16,
    /// Reason Code; `None` in the short form (always so before 5.0), which means 0x00.
    pub reason: Option<u8>,
    /// Properties; `None` in the short forms.
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

impl Ack {
    /// The short form: success, no properties.
    pub fn new(kind: AckKind, packet_id: u16) -> Self {
        Self { kind, packet_id, reason: None, properties: None, tail: Bytes::new() }
    }

    /// The form with a Reason Code (5.0).
    pub fn with_reason(kind: AckKind, packet_id: u16, reason: u8) -> Self {
        Self { reason: Some(reason), ..Self::new(kind, packet_id) }
    }

    /// The Reason Code in force: 0x00 when it is left out.
    pub fn code(&self) -> u8 {
        self.reason.unwrap_or(0)
    }

    pub(crate) fn read(kind: AckKind, reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let packet_id = reader.packet_id(findings, &clause::ZERO_ID_IN_ANSWER)?;
        let mut ack = Self::new(kind, packet_id);
        if findings.version == Version::V5 {
            if !reader.is_empty() {
                let offset = reader.offset();
                let reason = reader.u8()?;
                code::check(findings, kind.packet_kind(), reason, offset, kind.code_rule());
                ack.reason = Some(reason);
            }
            if !reader.is_empty() {
                ack.properties = Some(Properties::read(reader, findings, Home::Packet(kind.packet_kind()))?);
            }
        }
        ack.tail = reader.trailing(findings);
        Ok(ack)
    }

    /// Before 5.0 only the Packet Identifier and the tail are written.
    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u16(self.packet_id);
        if version == Version::V5 {
            code::write(out, self.reason, self.properties.as_ref());
        }
        out.raw(&self.tail);
    }
}
