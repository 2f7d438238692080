//! Strategies for packets and small ways to say bytes, for this crate's tests.
#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod packets;

use deadzone_wire::{Decoded, Frame, Framer, MAX_REMAINING_LENGTH, Sender, Version, decode};

/// Every version.
pub(crate) const VERSIONS: [Version; 3] = [Version::V31, Version::V311, Version::V5];

/// Bytes from hex digits; spaces are for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    assert!(digits.len().is_multiple_of(2), "odd number of digits in {text}");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The one frame that these bytes are.
pub(crate) fn frame(bytes: &[u8]) -> Frame {
    let mut framer = Framer::new(MAX_REMAINING_LENGTH);
    framer.push(bytes);
    let frame = framer.next().expect("incomplete").expect("unframeable");
    assert!(framer.pending().is_empty(), "bytes behind the frame");
    frame
}

/// Decodes the one packet that these hex digits are.
pub(crate) fn decode_hex(text: &str, version: Version, sender: Sender) -> Decoded {
    decode(&frame(&hex(text)), version, sender)
}
