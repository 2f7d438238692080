//! AUTH (5.0 §3.15).

use bytes::Bytes;

use crate::Properties;

/// An AUTH.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// Reason Code; `None` in the short form, which means 0x00.
    pub reason: Option<u8>,
    /// Properties; `None` in the short form.
    pub properties: Option<Properties>,
    /// Bytes behind the last field.
    pub tail: Bytes,
}
