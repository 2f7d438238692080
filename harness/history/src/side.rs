//! One direction at one end: cuts the stream into packets, and passes over those that are too large to keep.

use bytes::Bytes;
use deadzone_wire::{Frame, Framer, MAX_REMAINING_LENGTH, VarInt};

use crate::{Fnv, Unframable, mask::Mask};

/// The stream as it is cut up.
#[derive(Debug)]
pub(crate) struct Side {
    framer: Framer,
    /// Largest packet that is kept, bytes of Remaining Length.
    keep_bytes: u32,
    /// The packet that is being passed over.
    passing: Option<Passing>,
    garbage: bool,
    ended: bool,
    /// What masks its packets.
    pub(crate) mask: Mask,
}

/// What comes off a stream.
#[derive(Debug)]
pub(crate) enum Cut {
    Frame(Frame),
    Skipped { length: u64, hash: u64, head: Bytes },
    Garbage { why: Unframable, head: Bytes },
}

/// A packet that is being passed over.
#[derive(Debug)]
struct Passing {
    length: u64,
    left: u64,
    hash: Fnv,
    head: Bytes,
}

impl Side {
    /// Most bytes that are kept of what is not kept whole.
    pub(crate) const HEAD_KEPT: usize = 64;

    pub(crate) fn new(keep_bytes: u32) -> Self {
        let framer = Framer::new(MAX_REMAINING_LENGTH);
        Self { framer, keep_bytes, passing: None, garbage: false, ended: false, mask: Mask::default() }
    }

    /// Takes nothing in any more.
    pub(crate) fn stop(&mut self) {
        self.garbage = true;
    }

    pub(crate) fn is_garbage(&self) -> bool {
        self.garbage
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.framer.pending().len()
    }

    pub(crate) fn is_inside_a_packet(&self) -> bool {
        self.passing.is_some() || self.garbage || self.held_bytes() > 0
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if !self.garbage && !self.ended {
            self.framer.push(bytes);
        }
    }

    /// What is complete.
    pub(crate) fn next(&mut self) -> Option<Cut> {
        if self.garbage {
            return None;
        }
        if self.passing.is_none() {
            self.passing = self.too_large();
        }
        if self.passing.is_some() {
            return self.pass_over();
        }
        let head = self.head();
        match self.framer.next()? {
            Ok(frame) => Some(Cut::Frame(frame)),
            Err(error) => {
                self.garbage = true;
                Some(Cut::Garbage { why: error.into(), head })
            }
        }
    }

    fn head(&self) -> Bytes {
        let pending = self.framer.pending();
        Bytes::copy_from_slice(&pending[..pending.len().min(Self::HEAD_KEPT)])
    }

    /// The next packet, if it is larger than what is kept.
    fn too_large(&self) -> Option<Passing> {
        let length = VarInt::read(self.framer.pending().get(1..)?).ok()??;
        let whole = 1 + u64::from(length.width()) + u64::from(length.value());
        (length.value() > self.keep_bytes).then(|| Passing {
            length: whole,
            left: whole,
            hash: Fnv::default(),
            head: Bytes::new(),
        })
    }

    fn pass_over(&mut self) -> Option<Cut> {
        let passing = self.passing.as_mut()?;
        let bytes = self.framer.take(usize::try_from(passing.left).unwrap_or(usize::MAX));
        if passing.head.is_empty() {
            passing.head = Bytes::copy_from_slice(&bytes[..bytes.len().min(Self::HEAD_KEPT)]);
        }
        passing.hash = passing.hash.with(&bytes);
        passing.left -= bytes.len() as u64;
        let done = self.passing.take_if(|passing| passing.left == 0)?;
        Some(Cut::Skipped { length: done.length, hash: done.hash.value(), head: done.head })
    }

    /// The stream ended: length and beginning of the incomplete packet, once.
    pub(crate) fn finish(&mut self) -> Option<(u64, Bytes)> {
        if std::mem::replace(&mut self.ended, true) || self.garbage {
            return None;
        }
        match self.passing.take() {
            Some(passing) => Some((passing.length - passing.left, passing.head)),
            None => {
                let pending = self.framer.take(usize::MAX);
                (!pending.is_empty()).then(|| (pending.len() as u64, pending))
            }
        }
    }
}
