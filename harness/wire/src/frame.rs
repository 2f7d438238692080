//! A frame: the exact bytes of one control packet, and the incremental, bounded way to cut a stream into frames.

use bytes::{Bytes, BytesMut};

use crate::{PacketKind, VarInt};

/// The largest Remaining Length that MQTT can express, in bytes.
pub const MAX_REMAINING_LENGTH: u32 = VarInt::MAX;

/// One control packet as bytes. `length` may lie in a frame that was made; in a frame that was read it is `body.len()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Packet type in the high nibble, flags in the low one.
    pub first: u8,
    /// The Remaining Length as written.
    pub length: VarInt,
    /// All bytes after the fixed header.
    pub body: Bytes,
}

impl Frame {
    /// A frame with a true, minimal length.
    pub fn new(first: u8, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { first, length: VarInt::minimal(body.len() as u32), body }
    }

    /// The packet type.
    pub fn kind(&self) -> PacketKind {
        PacketKind::from_nibble(self.first >> 4)
    }

    /// The low nibble of the first byte.
    pub fn flags(&self) -> u8 {
        self.first & 0x0f
    }

    /// The bytes on the wire.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(self.body.len() + 5);
        out.push(self.first);
        self.length.write(&mut out);
        out.extend_from_slice(&self.body);
        out.into()
    }

    /// Bytes of the fixed header.
    pub fn header_len(&self) -> usize {
        1 + usize::from(self.length.width())
    }

    /// Bytes of the whole frame as read.
    pub fn wire_len(&self) -> usize {
        self.header_len() + self.body.len()
    }
}

/// Why a byte stream can be framed no further. After it the framer stays poisoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The Remaining Length runs over four bytes.
    #[error("Remaining Length longer than four bytes")]
    OverlongLength,
    /// The frame is larger than this framer's bound.
    #[error("frame of {declared} bytes is over the limit of {limit}")]
    TooLarge {
        /// Remaining Length that was declared, in bytes.
        declared: u32,
        /// The framer's bound, in bytes.
        limit: u32,
    },
}

/// Cuts one direction of a byte stream into frames. Holds at most one incomplete frame plus what one `push` brought.
#[derive(Debug)]
pub struct Framer {
    buffer: BytesMut,
    limit: u32,
    error: Option<FramingError>,
}

impl Framer {
    /// A framer that refuses frames with a Remaining Length above `limit` bytes.
    pub fn new(limit: u32) -> Self {
        Self { buffer: BytesMut::new(), limit: limit.min(MAX_REMAINING_LENGTH), error: None }
    }

    /// Adds bytes that arrived. Bytes after a framing error are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next complete frame, `None` when more bytes are needed. An error repeats for ever.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: None now may be Some after a push")]
    pub fn next(&mut self) -> Option<Result<Frame, FramingError>> {
        if let Some(error) = self.error {
            return Some(Err(error));
        }
        let first = *self.buffer.first()?;
        let length = match VarInt::read(&self.buffer[1..]) {
            Ok(found) => found?,
            Err(_) => return Some(Err(self.poison(FramingError::OverlongLength))),
        };
        if length.value() > self.limit {
            let error = FramingError::TooLarge { declared: length.value(), limit: self.limit };
            return Some(Err(self.poison(error)));
        }
        let header = 1 + usize::from(length.width());
        let total = header + length.value() as usize;
        if self.buffer.len() < total {
            return None;
        }
        let body = self.buffer.split_to(total).freeze().slice(header..);
        Some(Ok(Frame { first, length, body }))
    }

    /// Takes up to this many bytes off the front of what is pending, whatever they are: for a frame that is not wanted.
    pub fn take(&mut self, most: usize) -> Bytes {
        let length = self.buffer.len().min(most);
        self.buffer.split_to(length).freeze()
    }

    /// The bytes of the incomplete frame at the end of what was pushed.
    pub fn pending(&self) -> &[u8] {
        &self.buffer
    }

    fn poison(&mut self, error: FramingError) -> FramingError {
        self.error = Some(error);
        self.buffer = BytesMut::new();
        error
    }
}
