//! DISCONNECT (3.1.1 §3.14, 5.0 §3.14).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, Version, clause,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// A DISCONNECT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disconnect {
    /// Reason Code; `None` in the short form (always so before 5.0), which means 0x00.
    pub reason: Option<u8>,
    /// Properties; `None` in the short forms.
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

impl Disconnect {
    /// The form with a Reason Code (5.0).
    pub fn with_reason(reason: u8) -> Self {
        Self { reason: Some(reason), ..Self::default() }
    }

    /// The Reason Code in force: 0x00 when it is left out.
    pub fn code(&self) -> u8 {
        self.reason.unwrap_or(0)
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let mut packet = Self::default();
        if findings.version == Version::V5 {
            if !reader.is_empty() {
                let offset = reader.offset();
                let reason = reader.u8()?;
                code::check(findings, PacketKind::Disconnect, reason, offset, &clause::DISCONNECT_CODE);
                packet.reason = Some(reason);
            }
            if !reader.is_empty() {
                let home = Home::Packet(PacketKind::Disconnect);
                packet.properties = Some(Properties::read(reader, findings, home)?);
            }
        }
        packet.tail = reader.trailing(findings);
        Ok(packet)
    }

    /// Before 5.0 only the tail is written.
    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        if version == Version::V5 {
            code::write(out, self.reason, self.properties.as_ref());
        }
        out.raw(&self.tail);
    }
}
