//! DISCONNECT (3.1.1 §3.14, 5.0 §3.14).

use bytes::Bytes;

use crate::Properties;

/// A DISCONNECT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disconnect {
    /// Reason Code; `None` in the short form (always so before 5.0), which means 0x00.
    pub reason: Option<u8>,
    /// Properties; `None` in the short forms.
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}
