//! AUTH (5.0 §3.15).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, clause,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// An AUTH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// Reason Code; `None` in the short form, which means 0x00.
    pub reason: Option<u8>,
    /// Properties; `None` in the short form.
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

impl Auth {
    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let mut packet = Self::default();
        if !reader.is_empty() {
            let offset = reader.offset();
            let reason = reader.u8()?;
            code::check(findings, PacketKind::Auth, reason, offset, &clause::AUTH_CODE);
            packet.reason = Some(reason);
            // Unlike the other short forms, AUTH leaves out the code and the length together or not at all.
            if reader.is_empty() {
                findings.note(&clause::NO_PROPERTY_LENGTH, reader.offset(), "no Property Length");
            } else {
                packet.properties = Some(Properties::read(reader, findings, Home::Packet(PacketKind::Auth))?);
            }
        }
        packet.tail = reader.trailing(findings);
        Ok(packet)
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        code::write(out, self.reason, self.properties.as_ref());
        out.raw(&self.tail);
    }
}
