//! SUBSCRIBE (3.1.1 §3.8, 5.0 §3.8).

use bytes::Bytes;

use crate::{Properties, Text};

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
