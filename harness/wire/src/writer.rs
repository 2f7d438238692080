//! Data types to bytes. Knows the data types of MQTT, not its packets.

use bytes::Bytes;

use crate::{Text, VarInt};

/// Collects the bytes of a body.
#[derive(Default)]
pub(crate) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.raw(&value.to_be_bytes());
    }

    pub(crate) fn varint(&mut self, value: VarInt) {
        value.write(&mut self.out);
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Binary Data; what two length bytes cannot express is cut off.
    pub(crate) fn binary(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        self.u16(length);
        self.raw(&bytes[..usize::from(length)]);
    }

    pub(crate) fn text(&mut self, text: &Text) {
        self.binary(&text.0);
    }

    pub(crate) fn len(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn finish(self) -> Bytes {
        self.out.into()
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.out
    }
}
