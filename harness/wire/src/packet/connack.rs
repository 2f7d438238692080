//! CONNACK (3.1.1 §3.2, 5.0 §3.2).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, Version, clause,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// A CONNACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connack {
    /// Connect Acknowledge Flags; bit 0 is Session Present.
    pub flags: u8,
    /// Connect Return code (3.1.1) or Connect Reason Code (5.0).
    pub code: u8,
    /// Properties; `None` where the field is absent (always so before 5.0).
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

impl Connack {
    /// Session Present.
    pub fn session_present(&self) -> bool {
        self.flags & 1 != 0
    }

    /// A CONNACK with the layout of the version and without properties.
    pub fn new(version: Version, session_present: bool, code: u8) -> Self {
        let properties = (version == Version::V5).then(Properties::new);
        Self { flags: u8::from(session_present), code, properties, tail: Bytes::new() }
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let flags = reader.u8()?;
        let code = reader.u8()?;
        findings.note_if(
            flags & 0xfe != 0,
            &clause::CONNACK_FLAGS,
            0,
            "reserved Connect Acknowledge Flags are set",
        );
        let refused = flags & 1 != 0 && code != 0;
        findings.note_if(refused, &clause::REFUSED_SESSION, 0, "Session Present in a refusal");
        code::check(findings, PacketKind::Connack, code, 1, &clause::CONNACK_CODE);
        let mut properties = None;
        if findings.version == Version::V5 {
            if reader.is_empty() {
                findings.note(&clause::NO_PROPERTY_LENGTH, reader.offset(), "no Property Length");
            } else {
                properties = Some(Properties::read(reader, findings, Home::Packet(PacketKind::Connack))?);
            }
        }
        Ok(Self { flags, code, properties, tail: reader.trailing(findings) })
    }

    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u8(self.flags);
        out.u8(self.code);
        if let Some(properties) = &self.properties {
            properties.write_in_v5(out, version);
        }
        out.raw(&self.tail);
    }
}
