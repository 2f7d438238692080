//! Packets as they are written: whole, or in segments under one legal variant. Knows no socket.

use bytes::Bytes;

use super::mailbox::Mailbox;

/// Into how many segments a packet is split.
const SEGMENTS: usize = 3;

/// What is left of the packet that is being written.
#[derive(Debug)]
pub(super) struct Segments {
    rest: Bytes,
    segment_bytes: usize,
    splits: bool,
}

impl Segments {
    pub(super) fn new(splits: bool) -> Self {
        Self { rest: Bytes::new(), segment_bytes: 0, splits }
    }

    pub(super) fn splits(&self) -> bool {
        self.splits
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next thing to write; empty if nothing waits.
    pub(super) fn next(&mut self, mailbox: &Mailbox) -> Bytes {
        if self.rest.is_empty() {
            self.rest = mailbox.take().unwrap_or_default();
            self.segment_bytes =
                if self.splits { self.rest.len().div_ceil(SEGMENTS) } else { self.rest.len() };
        }
        self.rest.split_to(self.segment_bytes.min(self.rest.len()))
    }
}
