//! SUBSCRIBE (3.1.1 §3.8, 5.0 §3.8).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, Text, Version, clause,
    findings::Findings,
    property::Home,
    reader::{Broken, Reader},
    topic,
    writer::Writer,
};

/// A SUBSCRIBE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// Packet Identifier.
    pub packet_id: u16,
    /// Properties (5.0 only).
    pub properties: Properties,
    /// Topic Filters, each with its Subscription Options byte (3.1.1: Requested QoS byte).
    pub filters: Vec<(Text, u8)>,
    /// Bytes that form no further pair.
    pub tail: Bytes,
}

impl Subscribe {
    /// A SUBSCRIBE of one filter, without properties.
    pub fn new(packet_id: u16, filter: &str, options: u8) -> Self {
        Self {
            packet_id,
            properties: Properties::new(),
            filters: vec![(filter.into(), options)],
            tail: Bytes::new(),
        }
    }

    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let packet_id = reader.packet_id(findings, &clause::ZERO_ID)?;
        let properties = Properties::read_in_v5(reader, findings, Home::Packet(PacketKind::Subscribe))?;
        let start = reader.offset();
        let mut filters = Vec::new();
        let tail = loop {
            let rest = reader.peek();
            if rest.is_empty() {
                break rest;
            }
            match read_pair(reader, findings) {
                Ok(pair) => filters.push(pair),
                Err(broken) => {
                    broken.note(findings);
                    break rest;
                }
            }
        };
        let none = filters.is_empty() && tail.is_empty();
        findings.note_if(none, &clause::EMPTY_SUBSCRIBE, start, "no Topic Filter");
        Ok(Self { packet_id, properties, filters, tail })
    }

    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.u16(self.packet_id);
        self.properties.write_in_v5(out, version);
        for (filter, options) in &self.filters {
            out.text(filter);
            out.u8(*options);
        }
        out.raw(&self.tail);
    }
}

fn read_pair(reader: &mut Reader, findings: &mut Findings) -> Result<(Text, u8), Broken> {
    let offset = reader.offset() + 2;
    let filter = reader.text(findings)?;
    let at = reader.offset();
    let options = reader.u8()?;
    let shared = topic::check_filter(findings, &filter, offset);
    check_options(findings, options, shared, at);
    Ok((filter, options))
}

fn check_options(findings: &mut Findings, options: u8, shared: bool, offset: usize) {
    findings.note_if(options & 0x03 == 3, &clause::OPTION_QOS3, offset, "a subscription at QoS 3");
    let reserved = if findings.version == Version::V5 { 0xc0 } else { 0xfc };
    findings.note_if(options & reserved != 0, &clause::OPTION_BITS, offset, "reserved option bits are set");
    if findings.version == Version::V5 {
        findings.note_if(options & 0x30 == 0x30, &clause::RETAIN_HANDLING, offset, "Retain Handling 3");
        let no_local = shared && options & 0x04 != 0;
        findings.note_if(no_local, &clause::SHARE_NO_LOCAL, offset, "No Local on a shared subscription");
    }
}
