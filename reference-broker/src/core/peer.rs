//! What a client said of itself in CONNECT that shapes every packet to it: its version, its limits and its wishes.

use bytes::Bytes;
use deadzone_wire::{Connect, Packet, PropertyId, Version};

use super::extras;
use crate::Config;

/// The reader of what is sent on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) version: Version,
    /// The client's Maximum Packet Size in bytes.
    pub(crate) max_packet: u32,
    /// The client's Topic Alias Maximum (5.0/MQTT-3.1.2-26, -27).
    pub(crate) alias_maximum: u16,
    /// Request Problem Information (5.0/MQTT-3.1.2-29).
    pub(crate) problem_information: bool,
    /// Request Response Information (5.0/MQTT-3.1.2-28).
    pub(crate) response_information: bool,
}

impl Peer {
    /// A client that has said nothing yet. Before CONNECT there is no version; 3.1.1 has no DISCONNECT from a server.
    pub(crate) const UNKNOWN: Self = Self {
        version: Version::V311,
        max_packet: u32::MAX,
        alias_maximum: 0,
        problem_information: true,
        response_information: false,
    };

    pub(crate) fn from_connect(connect: &Connect) -> Self {
        let number = |id| connect.properties.number(id);
        let alias_maximum = number(PropertyId::TopicAliasMaximum).and_then(|n| u16::try_from(n).ok());
        Self {
            version: connect.layout(Version::V311),
            max_packet: number(PropertyId::MaximumPacketSize).unwrap_or(u32::MAX),
            alias_maximum: alias_maximum.unwrap_or(0),
            problem_information: number(PropertyId::RequestProblemInformation) != Some(0),
            response_information: number(PropertyId::RequestResponseInformation) == Some(1),
        }
    }

    /// The packet as bytes; `None` where the client could not take it (5.0/MQTT-3.1.2-24).
    pub(crate) fn encode(&self, packet: &Packet, config: &Config) -> Option<Bytes> {
        if let Some(unbounded) = extras::unbounded(self, packet, config) {
            return Some(unbounded.encode(self.version).to_bytes());
        }
        let fitting = |packet: &Packet| {
            let bytes = packet.encode(self.version).to_bytes();
            (bytes.len() <= self.max_packet as usize).then_some(bytes)
        };
        extras::decorated(self, packet, config).iter().find_map(fitting).or_else(|| fitting(packet))
    }
}
