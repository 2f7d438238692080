//! SUBACK (3.1.1 §3.9, 5.0 §3.9).

use crate::{
    PacketKind, Properties, Version, clause,
    findings::Findings,
    packet::code,
    property::Home,
    reader::{Broken, Reader},
    writer::Writer,
};

/// A SUBACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suback {
    /// Packet Identifier of the SUBSCRIBE.
    pub packet_id: u16,
    /// Properties (5.0 only).
    pub properties: Properties,
    /// Return codes (3.1.1) or Reason Codes (5.0), one for each filter.
    pub codes: Vec<u8>,
}

impl Suback {
    /// A SUBACK without properties.
    pub fn new(packet_id: u16, codes: impl Into<Vec<u8>>) -> Self {
        Self { packet_id, properties: Properties::new(), codes: codes.into() }
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let packet_id = reader.packet_id(findings, &clause::ZERO_ID_IN_ANSWER)?;
        let properties = Properties::read_in_v5(reader, findings, Home::Packet(PacketKind::Suback))?;
        let offset = reader.offset();
        let codes = reader.rest().to_vec();
        findings.note_if(codes.is_empty(), &clause::NO_CODES, offset, "no code");
        for (i, found) in codes.iter().enumerate() {
            code::check(findings, PacketKind::Suback, *found, offset + i, &clause::SUBACK_CODE);
        }
        Ok(Self { packet_id, properties, codes })
    }

    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u16(self.packet_id);
        self.properties.write_in_v5(out, version);
        out.raw(&self.codes);
    }
}
