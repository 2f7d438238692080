//! Lossless in both directions, silent on correct packets, and never a panic.

mod support;

use bytes::Bytes;
use deadzone_wire::{Frame, Framer, FramingError, Sender, VarInt, Version, decode};
use proptest::{collection::vec, prelude::*, sample::select};
use support::packets::packet;

fn version() -> impl Strategy<Value = Version> {
    select(&support::VERSIONS[..])
}

fn sender() -> impl Strategy<Value = Sender> {
    select(&[Sender::Client, Sender::Server][..])
}

fn correct() -> impl Strategy<Value = (Version, Sender, deadzone_wire::Packet)> {
    version().prop_flat_map(|v| packet(v).prop_map(move |(sender, packet)| (v, sender, packet)))
}

/// All frames that these bytes hold, fed in the given pieces.
fn cut(bytes: &[u8], pieces: &[usize], limit: u32) -> (Vec<Result<Frame, FramingError>>, usize) {
    let (mut framer, mut found, mut rest) = (Framer::new(limit), Vec::new(), bytes);
    let mut pieces = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(pieces.next().unwrap_or(1).clamp(1, rest.len()));
        framer.push(now);
        rest = later;
        while let Some(next) = framer.next() {
            let stop = next.is_err();
            found.push(next);
            if stop {
                return (found, 0);
            }
        }
    }
    let pending = framer.pending().len();
    (found, pending)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn correct_packets_come_back_and_have_no_violation((version, sender, packet) in correct()) {
        let frame = packet.encode(version);
        let decoded = decode(&frame, version, sender);
        prop_assert_eq!(&decoded.violations, &[]);
        prop_assert_eq!(&decoded.packet, &packet);
        prop_assert_eq!(decoded.encode(version), frame.to_bytes());
    }

    #[test]
    fn any_body_survives(first: u8, body in vec(any::<u8>(), 0..60), width in 1u8..=4, version in version(), sender in sender()) {
        let length = VarInt::with_width(body.len() as u32, width);
        let frame = Frame { first, length, body: body.into() };
        prop_assert_eq!(decode(&frame, version, sender).encode(version), frame.to_bytes());
    }

    // Random bodies rarely get past the first length; a correct packet with a few bytes changed gets everywhere.
    #[test]
    fn a_damaged_packet_survives(
        (version, sender, packet) in correct(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in option_cut(),
        as_version in version(),
    ) {
        let frame = packet.encode(version);
        let mut body = frame.body.to_vec();
        for (index, byte) in damage {
            if !body.is_empty() {
                let at = index.index(body.len());
                body[at] = byte;
            }
        }
        body.truncate(cut.index(body.len() + 1));
        let frame = Frame::new(frame.first, body);
        for version in [version, as_version] {
            prop_assert_eq!(decode(&frame, version, sender).encode(version), frame.to_bytes());
        }
    }

    #[test]
    fn chunking_never_shows(bytes in vec(prop_oneof![0u8..8, any::<u8>()], 0..200), pieces in vec(1usize..9, 1..5), limit in 0u32..200) {
        prop_assert_eq!(cut(&bytes, &pieces, limit), cut(&bytes, &[bytes.len().max(1)], limit));
    }

    #[test]
    fn frames_come_out_as_they_went_in(packets in vec(correct(), 0..5), pieces in vec(1usize..30, 1..5)) {
        let frames: Vec<Frame> = packets.iter().map(|(version, _, packet)| packet.encode(*version)).collect();
        let bytes: Vec<u8> = frames.iter().flat_map(|f| f.to_bytes().to_vec()).collect();
        let (found, pending) = cut(&bytes, &pieces, VarInt::MAX);
        prop_assert_eq!(found, frames.into_iter().map(Ok).collect::<Vec<_>>());
        prop_assert_eq!(pending, 0);
    }

    #[test]
    fn varints_come_back_with_their_width(value in 0..=VarInt::MAX, width in 1u8..=4) {
        let wanted = VarInt::with_width(value, width);
        let mut bytes = Vec::new();
        wanted.write(&mut bytes);
        prop_assert_eq!(bytes.len(), usize::from(wanted.width()));
        prop_assert_eq!(VarInt::read(&bytes), Ok(Some(wanted)));
        prop_assert_eq!(VarInt::read(&bytes[..bytes.len() - 1]), Ok(None));
        prop_assert_eq!(wanted.is_minimal(), wanted.width() == VarInt::minimal(value).width());
    }
}

fn option_cut() -> impl Strategy<Value = prop::sample::Index> {
    any::<prop::sample::Index>()
}

#[test]
fn a_framing_error_is_final() {
    let mut framer = Framer::new(10);
    framer.push(&[0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
    assert_eq!(framer.next(), Some(Err(FramingError::OverlongLength)));
    framer.push(&[0xc0, 0x00]);
    assert_eq!(framer.next(), Some(Err(FramingError::OverlongLength)));
    assert_eq!(framer.pending(), b"");

    let mut framer = Framer::new(10);
    framer.push(&[0x30, 11]);
    assert_eq!(framer.next(), Some(Err(FramingError::TooLarge { declared: 11, limit: 10 })));
}

#[test]
fn a_frame_takes_only_its_own_bytes() {
    let mut framer = Framer::new(10);
    framer.push(&[0xc0, 0x80, 0x00, 0xd0]);
    let frame = framer.next().expect("complete").expect("frames");
    assert_eq!((frame.length.width(), frame.body), (2, Bytes::new()));
    assert_eq!(framer.next(), None);
    assert_eq!(framer.pending(), [0xd0]);
}
