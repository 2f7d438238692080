//! What a client said of itself in CONNECT that shapes every packet to it: its version and its limits.

use bytes::Bytes;
use deadzone_wire::{Connect, Packet, Properties, PropertyId, PropertyValue, Version};

use crate::{Config, Variant};

/// The reader of what is sent on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) version: Version,
    /// The client's Maximum Packet Size in bytes.
    pub(crate) max_packet: u32,
    /// Request Problem Information (5.0/MQTT-3.1.2-29).
    pub(crate) problem_information: bool,
}

impl Peer {
    /// A client that has said nothing yet. Before CONNECT there is no version; 3.1.1 has no DISCONNECT from a server.
    pub(crate) const UNKNOWN: Self =
        Self { version: Version::V311, max_packet: u32::MAX, problem_information: true };

    pub(crate) fn from_connect(connect: &Connect) -> Self {
        let number = |id| connect.properties.number(id);
        Self {
            version: connect.layout(Version::V311),
            max_packet: number(PropertyId::MaximumPacketSize).unwrap_or(u32::MAX),
            problem_information: number(PropertyId::RequestProblemInformation) != Some(0),
        }
    }

    /// The packet as bytes; `None` where the client could not take it (5.0/MQTT-3.1.2-24).
    pub(crate) fn encode(&self, packet: &Packet, config: &Config) -> Option<Bytes> {
        let fitting = |packet: &Packet| {
            let bytes = packet.encode(self.version).to_bytes();
            (bytes.len() <= self.max_packet as usize).then_some(bytes)
        };
        let annotated =
            if config.varies(Variant::UserPropertyEverywhere) { self.annotated(packet) } else { None };
        // What is optional goes first when there is no room.
        annotated.as_ref().and_then(fitting).or_else(|| fitting(packet))
    }

    /// The packet with a User Property, where one may be there.
    fn annotated(&self, packet: &Packet) -> Option<Packet> {
        if self.version != Version::V5 {
            return None;
        }
        let mut packet = packet.clone();
        let properties = match &mut packet {
            Packet::Publish(p) => &mut p.properties,
            Packet::Connack(p) => p.properties.get_or_insert_default(),
            Packet::Disconnect(p) => with_reason(&mut p.reason, &mut p.properties),
            Packet::Ack(p) if self.problem_information => with_reason(&mut p.reason, &mut p.properties),
            Packet::Suback(p) if self.problem_information => &mut p.properties,
            Packet::Unsuback(p) if self.problem_information => &mut p.properties,
            _ => return None,
        };
        properties.push(PropertyId::UserProperty, PropertyValue::Pair("served-by".into(), "deadzone".into()));
        Some(packet)
    }
}

/// Properties stand behind a Reason Code: the short forms have none.
fn with_reason<'a>(reason: &mut Option<u8>, properties: &'a mut Option<Properties>) -> &'a mut Properties {
    reason.get_or_insert_default();
    properties.get_or_insert_default()
}
