//! PUBLISH (3.1.1 §3.3, 5.0 §3.3).

use bytes::Bytes;

use crate::{
    PacketKind, Properties, PropertyId, PropertyValue, Sender, Text, Version, clause,
    findings::Findings,
    property::Home,
    reader::{Broken, Reader},
    topic,
    writer::Writer,
};

/// A PUBLISH. Its four flag bits are these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// DUP.
    pub dup: bool,
    /// QoS bits, 0 to 3 (3 is malformed).
    pub qos: u8,
    /// RETAIN.
    pub retain: bool,
    /// Topic Name.
    pub topic: Text,
    /// Packet Identifier, present when QoS is above 0.
    pub packet_id: Option<u16>,
    /// Properties (5.0 only).
    pub properties: Properties,
    /// Application Message.
    pub payload: Bytes,
}

impl Publish {
    /// A first-time, not retained PUBLISH.
    pub fn new(topic: &str, qos: u8, packet_id: Option<u16>, payload: impl Into<Bytes>) -> Self {
        Self {
            dup: false,
            qos,
            retain: false,
            topic: topic.into(),
            packet_id,
            properties: Properties::new(),
            payload: payload.into(),
        }
    }

    /// The low nibble of the first byte.
    pub fn flags(&self) -> u8 {
        u8::from(self.dup) << 3 | (self.qos & 0x03) << 1 | u8::from(self.retain)
    }

    /// The Subscription Identifiers that it carries (5.0).
    pub fn subscription_ids(&self) -> impl Iterator<Item = u32> {
        self.properties.all(PropertyId::SubscriptionIdentifier).filter_map(|value| match value {
            PropertyValue::Var(n) => Some(n.value()),
            _ => None,
        })
    }

    pub(crate) fn read(flags: u8, reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let (dup, qos, retain) = (flags & 0x08 != 0, flags >> 1 & 0x03, flags & 0x01 != 0);
        findings.note_if(qos == 3, &clause::QOS3, 0, "QoS 3");
        findings.note_if(dup && qos == 0, &clause::QOS0_DUP, 0, "DUP at QoS 0");
        let topic = reader.text(findings)?;
        topic::check_name(findings, &topic, 2, &clause::PUBLISH_WILDCARD, "Topic Name");
        let packet_id = if qos == 0 {
            None
        } else {
            let rule = match findings.sender {
                Sender::Client => &clause::ZERO_ID,
                Sender::Server => &clause::ZERO_ID_OF_SERVER,
            };
            Some(reader.packet_id(findings, rule)?)
        };
        let properties = Properties::read_in_v5(reader, findings, Home::Packet(PacketKind::Publish))?;
        let no_topic = topic.is_empty() && properties.get(PropertyId::TopicAlias).is_none();
        findings.note_if(no_topic, &clause::EMPTY_TOPIC, 0, "empty Topic Name");
        Ok(Self { dup, qos, retain, topic, packet_id, properties, payload: reader.rest() })
    }

    /// Writes the identifier where there is one, whatever the QoS says: the two may disagree on purpose.
    pub(crate) fn write(&self, out: &mut Writer, version: Version) {
        out.text(&self.topic);
        if let Some(id) = self.packet_id {
            out.u16(id);
        }
        self.properties.write_in_v5(out, version);
        out.raw(&self.payload);
    }
}
