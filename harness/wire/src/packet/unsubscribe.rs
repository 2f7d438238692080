//! UNSUBSCRIBE (3.1.1 §3.10, 5.0 §3.10).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, Text, Version, clause,
    findings::Findings,
    property::Home,
    reader::{Broken, Reader},
    topic,
    writer::Writer,
};

/// An UNSUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Packet Identifier.
    pub packet_id: u16,
    /// Properties (5.0 only).
    pub properties: Properties,
    /// Topic Filters.
    pub filters: Vec<Text>,
    /// Bytes that form no further filter.
    pub tail: Bytes,
}

impl Unsubscribe {
    /// An UNSUBSCRIBE of one filter, without properties.
    pub fn new(packet_id: u16, filter: &str) -> Self {
        Self { packet_id, properties: Properties::new(), filters: vec![filter.into()], tail: Bytes::new() }
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let packet_id = reader.packet_id(findings, &clause::ZERO_ID)?;
        let properties = Properties::read_in_v5(reader, findings, Home::Packet(PacketKind::Unsubscribe))?;
        let start = reader.offset();
        let mut filters = Vec::new();
        let tail = loop {
            let rest = reader.peek();
            if rest.is_empty() {
                break rest;
            }
            let offset = reader.offset() + 2;
            match reader.text(findings) {
                Ok(filter) => {
                    topic::check_filter(findings, &filter, offset);
                    filters.push(filter);
                }
                Err(broken) => {
                    broken.note(findings);
                    break rest;
                }
            }
        };
        let none = filters.is_empty() && tail.is_empty();
        findings.note_if(none, &clause::EMPTY_UNSUBSCRIBE, start, "no Topic Filter");
        Ok(Self { packet_id, properties, filters, tail })
    }

    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u16(self.packet_id);
        self.properties.write_in_v5(out, version);
        for filter in &self.filters {
            out.text(filter);
        }
        out.raw(&self.tail);
    }
}
