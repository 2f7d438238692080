//! UNSUBSCRIBE (3.1.1 §3.10, 5.0 §3.10).

use bytes::Bytes;

use crate::{Properties, Text};

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
