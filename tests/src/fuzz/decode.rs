//! Any bytes as a stream of packets: framing and decoding. The first byte chooses version, sender, bound and how the stream is cut.

use deadzone_wire::{Frame, Framer, FramingError, Packet, Sender, Version, decode as decode_frame};

const VERSIONS: [Version; 3] = [Version::V31, Version::V311, Version::V5];
/// Most bytes of a fixed header.
const HEADER_MAX: usize = 5;
/// Violations of one packet beyond those of its fields, of which each takes a byte at least and breaks few rules.
const VIOLATIONS_A_BYTE: usize = 8;

/// Whatever frames comes back as it was, however the stream was cut, and is held within its bound.
///
/// # Panics
///
/// Where it does not.
pub fn decode(data: &[u8]) {
    let Some((options, bytes)) = data.split_first() else { return };
    let version = VERSIONS[usize::from(options & 3) % VERSIONS.len()];
    let sender = if options & 4 == 0 { Sender::Client } else { Sender::Server };
    let limit = if options & 8 == 0 { deadzone_wire::MAX_REMAINING_LENGTH } else { 64 };
    let piece = usize::from(options >> 4) + 1;
    let whole = frames(bytes, bytes.len().max(1), limit);
    assert_eq!(whole, frames(bytes, piece, limit), "how a stream is cut shows in its packets");
    for frame in whole.iter().flatten() {
        stable(frame, version, sender);
    }
}

/// The packets of a stream that comes in such pieces, up to an error.
fn frames(bytes: &[u8], piece: usize, limit: u32) -> Vec<Result<Frame, FramingError>> {
    let (mut framer, mut found) = (Framer::new(limit), Vec::new());
    for now in bytes.chunks(piece) {
        framer.push(now);
        while let Some(next) = framer.next() {
            let ends = next.is_err();
            found.push(next);
            if ends {
                return found;
            }
        }
        let most = (limit as usize).saturating_add(HEADER_MAX).min(bytes.len());
        assert!(framer.pending().len() <= most, "more is held than one packet");
    }
    found
}

fn stable(frame: &Frame, version: Version, sender: Sender) {
    let decoded = decode_frame(frame, version, sender);
    assert_eq!(decoded.encode(version), frame.to_bytes(), "a packet changed");
    assert!(decoded.violations.len() <= VIOLATIONS_A_BYTE * frame.wire_len());
    let _ = decoded.misfit();
    let told = decoded.packet.summary();
    assert!(!told.chars().any(char::is_control), "a packet's summary holds a control character: {told:?}");
    if !matches!(decoded.packet, Packet::Opaque(_)) {
        // With proper flags and the shortest length it is the same packet.
        let proper = decode_frame(&decoded.packet.encode(version), version, sender);
        assert_eq!(proper.packet, decoded.packet);
    }
}
