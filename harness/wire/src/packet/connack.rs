//! CONNACK (3.1.1 §3.2, 5.0 §3.2).

use bytes::Bytes;

use crate::Properties;

/// A CONNACK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connack {
    /// Connect Acknowledge Flags; bit 0 is Session Present.
    pub flags: u8,
    /// Connect Return code (3.1.1) or Connect Reason Code (5.0).
    pub code: u8,
    /// Properties; `None` where the field is absent (always so before 5.0).
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}

impl Connack {
    /// Session Present.
    pub fn session_present(&self) -> bool {
        self.flags & 1 != 0
    }
}
