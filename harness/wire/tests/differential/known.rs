//! Where the others are known to disagree with us: each with its clause, and with a packet that shows it still does.
//!
//! No value is among it: where all take a packet they mean the same by it. What they pass is mostly looked for above a codec, and of the
//! first only the parsers of bodies are asked, which see no fixed header.

use deadzone_spec::{ClauseId, id};
use deadzone_wire::{Decoded, Packet, Sender, Version, decode};

use crate::{Codec, Taken, support};
use Codec::{Rmqtt, SansIo};
use Sender::{Client, Server};

/// A clause that some pass over, who sends the packet that breaks it and nothing else, its bytes, and who passes.
struct Passed(ClauseId, Sender, &'static str, &'static [Codec]);

const BOTH: &[Codec] = &[SansIo, Rmqtt];
const FIRST: &[Codec] = &[SansIo];
const SECOND: &[Codec] = &[Rmqtt];

const PASSED: &[Passed] = &[
    // The fixed header.
    Passed(id!("3.1.1/MQTT-2.2.2-1"), Client, "c1 00", FIRST),
    Passed(id!("3.1.1/MQTT-3.6.1-1"), Client, "60 02 000a", FIRST),
    Passed(id!("3.1.1/MQTT-3.8.1-1"), Client, "80 06 000a 0001 74 00", FIRST),
    Passed(id!("3.1.1/MQTT-3.10.1-1"), Client, "a0 05 000a 0001 74", FIRST),
    Passed(id!("5.0/MQTT-2.1.3-1"), Client, "c1 00", FIRST),
    Passed(id!("5.0/MQTT-3.6.1-1"), Client, "60 02 000a", FIRST),
    Passed(id!("5.0/MQTT-3.8.1-1"), Client, "80 07 000a 00 0001 74 00", FIRST),
    Passed(id!("5.0/MQTT-3.10.1-1"), Client, "a0 06 000a 00 0001 74", FIRST),
    Passed(id!("3.1.1/MQTT-3.14.1-1"), Client, "e1 00", FIRST),
    Passed(id!("5.0/MQTT-3.14.1-1"), Client, "e1 00", FIRST),
    Passed(id!("5.0/MQTT-3.15.1-1"), Client, "f1 06 18 04 15 0001 6d", FIRST),
    Passed(id!("5.0/MQTT-1.5.5-1"), Client, "c0 80 00", BOTH),
    // Packet Identifiers.
    Passed(id!("3.1.1/MQTT-2.3.1-1"), Client, "32 05 0001 74 0000", FIRST),
    Passed(id!("5.0/MQTT-2.2.1-3"), Client, "32 06 0001 74 0000 00", FIRST),
    Passed(id!("5.0/MQTT-2.2.1-4"), Server, "32 06 0001 74 0000 00", FIRST),
    Passed(id!("3.1.1/DZ-zero-id-in-answer"), Server, "90 03 0000 00", FIRST),
    Passed(id!("5.0/DZ-zero-id-in-answer"), Server, "90 04 0000 00 00", FIRST),
    // Texts, topics and filters.
    Passed(id!("3.1.1/MQTT-1.5.3-2"), Client, "30 03 0001 00", BOTH),
    Passed(id!("5.0/MQTT-1.5.4-2"), Client, "30 04 0001 00 00", BOTH),
    Passed(id!("5.0/MQTT-1.5.7-1"), Client, "30 0a 0001 74 06 26 0001 00 0000", BOTH),
    Passed(id!("3.1.1/MQTT-3.3.2-2"), Client, "30 03 0001 2b", BOTH),
    Passed(id!("5.0/MQTT-3.3.2-2"), Client, "30 04 0001 2b 00", BOTH),
    Passed(id!("5.0/MQTT-3.3.2-14"), Client, "30 08 0001 74 04 08 0001 2b", BOTH),
    Passed(id!("3.1.1/MQTT-4.7.1-1"), Client, "10 12 0004 4d515454 04 06 0000 0001 61 0001 23 0000", BOTH),
    Passed(
        id!("5.0/MQTT-4.7.0-1"),
        Client,
        "10 14 0004 4d515454 05 06 0000 00 0001 61 00 0001 23 0000",
        BOTH,
    ),
    Passed(id!("3.1.1/MQTT-4.7.1-2"), Client, "a2 06 000a 0002 6123", BOTH),
    Passed(id!("5.0/MQTT-4.7.1-1"), Client, "a2 07 000a 00 0002 6123", BOTH),
    Passed(id!("3.1.1/MQTT-4.7.1-3"), Client, "a2 06 000a 0002 612b", BOTH),
    Passed(id!("5.0/MQTT-4.7.1-2"), Client, "a2 07 000a 00 0002 612b", BOTH),
    Passed(id!("3.1.1/MQTT-4.7.3-1"), Client, "30 02 0000", BOTH),
    Passed(id!("5.0/MQTT-4.7.3-1"), Client, "30 03 0000 00", BOTH),
    Passed(id!("5.0/MQTT-4.8.2-1"), Client, "a2 0e 000a 00 0009 2473686172652f2f74", SECOND),
    Passed(id!("5.0/MQTT-4.8.2-2"), Client, "a2 0f 000a 00 000a 2473686172652f2b2f74", SECOND),
    Passed(id!("5.0/MQTT-4.8.2-2"), Client, "a2 0e 000a 00 0009 2473686172652f612f", BOTH),
    Passed(id!("5.0/MQTT-3.8.3-4"), Client, "82 10 000a 00 000a 2473686172652f612f74 04", BOTH),
    // CONNECT.
    Passed(id!("3.1.1/MQTT-3.1.2-3"), Client, "10 0d 0004 4d515454 04 03 0000 0001 61", FIRST),
    Passed(id!("5.0/MQTT-3.1.2-3"), Client, "10 0e 0004 4d515454 05 03 0000 00 0001 61", FIRST),
    Passed(id!("3.1.1/MQTT-3.1.2-13"), Client, "10 0d 0004 4d515454 04 0a 0000 0001 61", BOTH),
    Passed(id!("5.0/MQTT-3.1.2-11"), Client, "10 0e 0004 4d515454 05 0a 0000 00 0001 61", BOTH),
    Passed(id!("3.1.1/MQTT-3.1.2-14"), Client, "10 12 0004 4d515454 04 1e 0000 0001 61 0001 77 0000", FIRST),
    Passed(
        id!("5.0/MQTT-3.1.2-12"),
        Client,
        "10 14 0004 4d515454 05 1e 0000 00 0001 61 00 0001 77 0000",
        FIRST,
    ),
    Passed(id!("3.1.1/MQTT-3.1.2-15"), Client, "10 0d 0004 4d515454 04 22 0000 0001 61", BOTH),
    Passed(id!("5.0/MQTT-3.1.2-13"), Client, "10 0e 0004 4d515454 05 22 0000 00 0001 61", BOTH),
    Passed(id!("3.1.1/MQTT-3.1.3-7"), Client, "10 0c 0004 4d515454 04 00 0000 0000", FIRST),
    Passed(id!("3.1.1/MQTT-3.1.2-22"), Client, "10 0f 0004 4d515454 04 42 0000 0001 61 0000", SECOND),
    // CONNACK.
    Passed(id!("3.1.1/DZ-connack-flags"), Server, "20 02 02 00", FIRST),
    Passed(id!("5.0/MQTT-3.2.2-1"), Server, "20 03 02 00 00", FIRST),
    Passed(id!("3.1.1/MQTT-3.2.2-4"), Server, "20 02 01 01", BOTH),
    Passed(id!("5.0/MQTT-3.2.2-6"), Server, "20 03 01 87 00", BOTH),
    Passed(id!("3.1.1/MQTT-3.2.2-6"), Server, "20 02 00 06", SECOND),
    Passed(id!("5.0/DZ-property-range"), Server, "20 05 00 00 02 24 02", SECOND),
    // PUBLISH and its answers.
    Passed(id!("3.1.1/MQTT-3.3.1-2"), Client, "38 03 0001 74", BOTH),
    Passed(id!("5.0/MQTT-3.3.1-2"), Client, "38 04 0001 74 00", BOTH),
    Passed(id!("5.0/MQTT-3.3.4-6"), Client, "30 06 0001 74 02 0b 01", BOTH),
    Passed(id!("5.0/DZ-truncated"), Client, "34 05 0001 74 000a", FIRST),
    Passed(id!("5.0/DZ-reason-of-other-party"), Client, "50 03 000a 10", BOTH),
    // SUBSCRIBE, UNSUBSCRIBE and their answers.
    Passed(id!("3.1.1/MQTT-3.8.3-3"), Client, "82 02 000a", SECOND),
    Passed(id!("5.0/MQTT-3.8.3-2"), Client, "82 03 000a 00", SECOND),
    Passed(id!("3.1.1/MQTT-3.8.3-4"), Client, "82 06 000a 0001 74 04", BOTH),
    Passed(id!("5.0/MQTT-3.8.3-5"), Client, "82 07 000a 00 0001 74 40", SECOND),
    Passed(id!("5.0/DZ-repeated-property"), Client, "82 0b 000a 04 0b 01 0b 02 0001 74 00", FIRST),
    Passed(id!("3.1.1/MQTT-3.10.3-2"), Client, "a2 02 000a", SECOND),
    Passed(id!("5.0/MQTT-3.10.3-2"), Client, "a2 03 000a 00", SECOND),
    Passed(id!("3.1.1/DZ-no-codes"), Server, "90 02 000a", SECOND),
    Passed(id!("5.0/DZ-no-codes"), Server, "90 03 000a 00", SECOND),
    // DISCONNECT and AUTH.
    Passed(id!("5.0/MQTT-3.14.2-2"), Server, "e0 07 81 05 11 00000001", BOTH),
    Passed(id!("5.0/MQTT-2.2.2-1"), Server, "f0 01 00", BOTH),
    Passed(id!("5.0/DZ-authentication-method-absent"), Server, "f0 02 00 00", BOTH),
    Passed(
        id!("5.0/DZ-authentication-data-alone"),
        Client,
        "10 12 0004 4d515454 05 02 0000 04 16 0001 78 0001 61",
        BOTH,
    ),
    // What stands behind the last field, in some packets.
    Passed(id!("3.1.1/DZ-trailing-bytes"), Server, "70 03 000a 00", FIRST),
    Passed(id!("3.1.1/DZ-trailing-bytes"), Client, "10 0e 0004 4d515454 04 02 0000 0001 61 00", SECOND),
    Passed(id!("5.0/DZ-trailing-bytes"), Client, "10 0f 0004 4d515454 05 02 0000 00 0001 61 00", SECOND),
];

/// A correct packet that one refuses.
struct Refused(Codec, Version, Sender, &'static str, fn(&Packet) -> bool);

const REFUSED: &[Refused] = &[
    // 5.0 §3.1.2.9 lets a password come without a user name; only 3.1.1 forbids it.
    Refused(
        SansIo,
        Version::V5,
        Client,
        "10 10 0004 4d515454 05 42 0000 00 0001 61 0000",
        |packet| matches!(packet, Packet::Connect(p) if p.username.is_none() && p.password.is_some()),
    ),
    // 5.0 §2.4 lists Bad authentication method for DISCONNECT; table 3-13 does not.
    Refused(
        SansIo,
        Version::V5,
        Client,
        "e0 01 8c",
        |packet| matches!(packet, Packet::Disconnect(p) if p.code() == 0x8c),
    ),
    // 5.0 §3.3.2.3.3 says nothing against a Message Expiry Interval of 0.
    Refused(Rmqtt, Version::V5, Client, "30 09 0001 74 05 02 00000000", expires_at_once),
];

fn expires_at_once(packet: &Packet) -> bool {
    use deadzone_wire::PropertyId::MessageExpiryInterval as Expiry;

    match packet {
        Packet::Publish(p) => p.properties.number(Expiry) == Some(0),
        Packet::Connect(p) => p.will.as_ref().is_some_and(|will| will.properties.number(Expiry) == Some(0)),
        _ => false,
    }
}

/// Whether this codec is known to take a packet that breaks the clause.
pub(crate) fn passes(codec: Codec, clause: ClauseId) -> bool {
    PASSED.iter().any(|Passed(known, _, _, codecs)| *known == clause && codecs.contains(&codec))
}

/// Whether this codec is known to refuse such a correct packet.
pub(crate) fn refuses(codec: Codec, decoded: &Decoded, version: Version) -> bool {
    REFUSED.iter().any(|Refused(by, of, _, _, is)| *by == codec && *of == version && is(&decoded.packet))
}

#[test]
fn what_is_passed_is_still_passed() {
    for Passed(clause, sender, bytes, codecs) in PASSED {
        let (frame, version) = (support::frame(&support::hex(bytes)), clause.version());
        let decoded = decode(&frame, version, *sender);
        let broken: Vec<ClauseId> = decoded.violations.iter().map(|violation| violation.clause).collect();
        assert_eq!(broken, [*clause], "{bytes}");
        for codec in Codec::ALL {
            let taken = !matches!(codec.takes(&frame, &decoded.packet, version), Taken::Refused(_));
            assert_eq!(taken, codecs.contains(&codec), "{codec:?} {clause} {bytes}");
        }
    }
}

#[test]
fn what_is_refused_is_still_refused() {
    for Refused(codec, version, sender, bytes, is) in REFUSED {
        let frame = support::frame(&support::hex(bytes));
        let decoded = decode(&frame, *version, *sender);
        assert_eq!(decoded.violations, [], "{bytes}");
        assert!(is(&decoded.packet), "{bytes}");
        assert!(
            matches!(codec.takes(&frame, &decoded.packet, *version), Taken::Refused(_)),
            "{codec:?} {bytes}"
        );
    }
}
