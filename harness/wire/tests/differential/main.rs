//! Our codec against two others that know nothing of ours. What is correct all three must take, and mean the same by it; where they
//! disagree about what is not, the disagreement stands in [`known`] with its clause, or is a mistake.

#[path = "../support/mod.rs"]
mod support;

mod known;
mod rmqtt;
mod sans_io;

use deadzone_wire::{Decoded, Frame, Packet, Sender, Version, decode};
use proptest::{collection::vec, prelude::*, sample::select};
use support::packets::packet;

/// The versions that all three have.
const VERSIONS: [Version; 2] = [Version::V311, Version::V5];

fn correct() -> impl Strategy<Value = (Version, Sender, Packet)> {
    select(&VERSIONS[..]).prop_flat_map(|v| packet(v).prop_map(move |(sender, packet)| (v, sender, packet)))
}

/// What one of the others made of a packet.
enum Taken {
    /// The same as we.
    Same,
    /// It took it for something else.
    Other(String),
    Refused(String),
}

/// One of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    SansIo,
    Rmqtt,
}

impl Codec {
    const ALL: [Self; 2] = [Self::SansIo, Self::Rmqtt];

    /// What it makes of a packet that we take for this one.
    fn takes(self, frame: &Frame, ours: &Packet, version: Version) -> Taken {
        let (theirs, made) = match self {
            Self::SansIo => {
                let shown = |packet: &_| format!("{packet:?}");
                let theirs = sans_io::decoded(frame, version);
                let made = sans_io::made(ours, version);
                if theirs.is_ok() && theirs == made {
                    return Taken::Same;
                }
                (
                    theirs.as_ref().map(shown).map_err(Clone::clone),
                    made.as_ref().map(shown).map_err(Clone::clone),
                )
            }
            Self::Rmqtt => {
                let shown = |packet: &_| format!("{packet:?}");
                let theirs = rmqtt::decoded(&frame.to_bytes(), version);
                let made = rmqtt::made(ours, version);
                if theirs.is_ok() && theirs == made {
                    return Taken::Same;
                }
                (
                    theirs.as_ref().map(shown).map_err(Clone::clone),
                    made.as_ref().map(shown).map_err(Clone::clone),
                )
            }
        };
        match theirs {
            Ok(theirs) => Taken::Other(format!("{theirs}\nours: {ours:?}\nas theirs: {made:?}")),
            Err(why) => Taken::Refused(why),
        }
    }
}

/// Whether this is a disagreement that is not known; the text says which.
fn disagreement(codec: Codec, frame: &Frame, decoded: &Decoded, version: Version) -> Option<String> {
    let hex = |frame: &Frame| frame.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let told = |what: String| Some(format!("{codec:?} {version} {}: {what}", hex(frame)));
    match codec.takes(frame, &decoded.packet, version) {
        Taken::Refused(why) if decoded.violations.is_empty() => {
            let known = known::refuses(codec, decoded, version);
            if known { None } else { told(format!("it refuses what is correct: {why}")) }
        }
        Taken::Refused(_) => None,
        Taken::Same | Taken::Other(_) if !decoded.violations.is_empty() => {
            let missed = decoded.violations.iter().filter(|v| !known::passes(codec, v.clause));
            let missed: Vec<_> = missed.map(|v| format!("{} ({})", v.clause, v.what)).collect();
            if missed.is_empty() { None } else { told(format!("it takes what breaks {}", missed.join(", "))) }
        }
        Taken::Other(theirs) => told(format!("it took it for {theirs}")),
        Taken::Same => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_correct_means_the_same_to_all((version, sender, packet) in correct()) {
        let frame = packet.encode(version);
        let decoded = decode(&frame, version, sender);
        for codec in Codec::ALL {
            prop_assert_eq!(disagreement(codec, &frame, &decoded, version), None);
        }
    }

    /// The builders of the first know its fields by their names, and keep the order of properties: the bytes are ours.
    #[test]
    fn what_the_first_encodes_is_what_we_encode((version, _, packet) in correct()) {
        use mqtt_protocol_core::mqtt::packet::GenericPacketTrait;

        let made = sans_io::made(&packet, version);
        if let Ok(made) = made {
            prop_assert_eq!(&made.to_continuous_buffer()[..], &packet.encode(version).to_bytes()[..]);
        }
    }

    /// The second loses order and defaults: what it encodes is for us what we gave it, but for these.
    #[test]
    fn what_the_second_encodes_we_decode((version, sender, packet) in correct()) {
        if let Ok(made) = rmqtt::made(&packet, version) {
            let bytes = rmqtt::encoded(&made).map_err(TestCaseError::fail)?;
            let frame = support::frame(&bytes);
            let ours = decode(&frame, version, sender);
            prop_assert_eq!(&ours.violations, &[]);
            prop_assert_eq!(rmqtt::made(&ours.packet, version), Ok(made));
        }
    }

}

proptest! {
    // Most damage is refused by all: what is not takes many tries.
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_damaged_is_taken_or_refused_by_all(
        (version, sender, packet) in correct(),
        damage in vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), select(&[0u8, 1, 2, 3, 0x7f, 0x80, 0xff][..])]), 1..3),
        cut in prop_oneof![3 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)],
    ) {
        let frame = packet.encode(version);
        let mut body = frame.body.to_vec();
        for (index, byte) in damage {
            if !body.is_empty() {
                let at = index.index(body.len());
                body[at] = byte;
            }
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len() + 1));
        }
        let frame = Frame::new(frame.first, body);
        let decoded = decode(&frame, version, sender);
        // A CONNECT says which version it is; the others are told.
        let other = matches!(&decoded.packet, Packet::Connect(p) if p.layout(version) != version);
        if !other {
            for codec in Codec::ALL {
                prop_assert_eq!(disagreement(codec, &frame, &decoded, version), None);
            }
        }
    }
}
