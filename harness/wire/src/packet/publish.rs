//! PUBLISH (3.1.1 §3.3, 5.0 §3.3).

use bytes::Bytes;

use crate::{Properties, Text};

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
}
