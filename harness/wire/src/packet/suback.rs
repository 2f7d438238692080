//! SUBACK (3.1.1 §3.9, 5.0 §3.9).

use crate::Properties;

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
