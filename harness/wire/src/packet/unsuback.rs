//! UNSUBACK (3.1.1 §3.11, 5.0 §3.11).

use crate::{
    PacketKind, Properties, Version, clause,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// An UNSUBACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsuback {
    /// Packet Identifier of the UNSUBSCRIBE.
    pub packet_id: u16,
    /// Properties (5.0 only).
    pub properties: Properties,
    /// Reason Codes, one for each filter (5.0; before it any bytes here are a violation).
    pub codes: Vec<u8>,
}

impl Unsuback {
    /// An UNSUBACK without properties; before 5.0 it has no codes.
    pub fn new(packet_id: u16, codes: impl Into<Vec<u8>>) -> Self {
        Self { packet_id, properties: Properties::new(), codes: codes.into() }
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let packet_id = reader.packet_id(findings, &clause::ZERO_ID_IN_ANSWER)?;
        let properties = Properties::read_in_v5(reader, findings, Home::Packet(PacketKind::Unsuback))?;
        let offset = reader.offset();
        let codes = reader.rest().to_vec();
        if findings.version < Version::V5 {
            findings.trailing(&codes, offset);
            return Ok(Self { packet_id, properties, codes });
        }
        findings.note_if(codes.is_empty(), &clause::NO_CODES, offset, "no code");
        for (i, found) in codes.iter().enumerate() {
            code::check(findings, PacketKind::Unsuback, *found, offset + i, &clause::UNSUBACK_CODE);
        }
        Ok(Self { packet_id, properties, codes })
    }

    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u16(self.packet_id);
        self.properties.write_in_v5(out, version);
        out.raw(&self.codes);
    }
}
