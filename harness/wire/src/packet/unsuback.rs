//! UNSUBACK (3.1.1 §3.11, 5.0 §3.11).

use crate::Properties;

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
