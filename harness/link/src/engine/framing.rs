//! How long a packet is and which version a connection speaks, from the first bytes of either. Knows no triggers.

use bytes::{Bytes, BytesMut};
use deadzone_wire::{Frame, VarInt, Version};

use crate::Trigger;

/// How long the packet is that starts with some bytes.
pub(super) enum Extent {
    /// The fixed header is not complete.
    Unknown,
    /// This many bytes with its fixed header.
    Bytes(usize),
    /// The Remaining Length runs over four bytes.
    Endless,
}

impl Extent {
    /// Of the packet that starts with `start`.
    pub(super) fn of(start: &[u8]) -> Self {
        match VarInt::read(start.get(1..).unwrap_or_default()) {
            Ok(None) => Self::Unknown,
            Ok(Some(length)) => Self::Bytes(1 + usize::from(length.width()) + length.value() as usize),
            Err(_) => Self::Endless,
        }
    }
}

/// The start of a packet that nothing of has passed, until it is whole.
#[derive(Debug, Default)]
pub(super) struct Withheld(BytesMut);

/// How far a withheld packet is.
pub(super) enum Progress {
    /// More bytes are needed.
    Wanting,
    /// It is whole.
    Whole(Frame),
    /// It has this many bytes, more than may be withheld.
    TooLong(usize),
    /// It never ends.
    Endless,
}

impl Withheld {
    /// Takes bytes of this packet, and of no other, from `input`.
    pub(super) fn take_in(&mut self, input: &mut &[u8]) -> Progress {
        loop {
            let wanted = match Extent::of(&self.0) {
                Extent::Unknown => self.0.len() + 1,
                Extent::Endless => return Progress::Endless,
                Extent::Bytes(total) if total > Trigger::WITHHELD_MAX => return Progress::TooLong(total),
                Extent::Bytes(total) if total == self.0.len() => return self.whole(),
                Extent::Bytes(total) => total,
            };
            if input.is_empty() {
                return Progress::Wanting;
            }
            let (taken, rest) = input.split_at((wanted - self.0.len()).min(input.len()));
            self.0.extend_from_slice(taken);
            *input = rest;
        }
    }

    fn whole(&self) -> Progress {
        let Ok(Some(length)) = VarInt::read(&self.0[1..]) else { return Progress::Endless };
        let body = Bytes::copy_from_slice(&self.0[1 + usize::from(length.width())..]);
        Progress::Whole(Frame { first: self.0[0], length, body })
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.0.freeze()
    }
}

/// How much of a CONNECT's body names its version: a length, `MQIsdp`, and the level behind it.
const LEVEL_PROBE: usize = 9;

/// Learns the version from a CONNECT's body, whichever way it is cut.
#[derive(Debug, Default)]
pub(super) struct LevelProbe {
    seen: [u8; LEVEL_PROBE],
    len: usize,
}

impl LevelProbe {
    /// Looks at the next bytes of the body.
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        let run = bytes.len().min(LEVEL_PROBE - self.len);
        self.seen[self.len..self.len + run].copy_from_slice(&bytes[..run]);
        self.len += run;
    }

    /// The version, once enough was seen and if it is one that we know. Bridges set the top bit of the level.
    pub(super) fn version(&self) -> Option<Version> {
        let body = &self.seen[..self.len];
        let name = body.get(..2).map(|n| usize::from(u16::from_be_bytes([n[0], n[1]])))?;
        Version::from_level(body.get(2 + name)? & 0x7f)
    }
}
