//! Secrets in what a tap records: whatever the bytes are, and wherever they are torn, none stands in it.

use deadzone_history::{ConnId, Direction, Direction::Up, End, EventKind, Purpose, Seq, Tap, Unframable};
use deadzone_wire::{
    Auth, Bare, Connack, Connect, Frame, Packet, Properties, PropertyId, PropertyValue, Publish, Sender,
    Text, Version, Will, decode,
};

const BOTH: [Version; 2] = [Version::V311, Version::V5];
/// Every secret is this, or ends with it. No four bytes of it stand anywhere else.
const SECRET: &str = "xK7qWz9vLmPd";
const KEEP: u32 = 1_000;

fn bytes(packet: impl Into<Packet>, version: Version) -> Vec<u8> {
    packet.into().encode(version).to_bytes().to_vec()
}

fn ping() -> Vec<u8> {
    bytes(Packet::Bare(Bare::pingreq()), Version::V311)
}

/// A CONNECT with a password and a will, in 5.0 with every other secret too.
fn secretive(version: Version) -> Connect {
    let mut connect = Connect::new(version, "client");
    let token = || Text::from(format!("Bearer {SECRET}").as_str());
    let mut will = Will { properties: Properties::new(), topic: "will/topic".into(), payload: "gone".into() };
    connect.set_username("user".into());
    if version == Version::V5 {
        let pair = || PropertyValue::Pair("authorization".into(), token());
        connect.properties.push(PropertyId::AuthenticationMethod, PropertyValue::Text("m".into()));
        connect.properties.push(PropertyId::AuthenticationData, PropertyValue::Binary(SECRET.into()));
        connect.properties.push(PropertyId::UserProperty, pair());
        will.properties.push(PropertyId::UserProperty, pair());
        connect.set_username(token());
    }
    connect.set_will(will, 1, false);
    connect.set_password(SECRET.into());
    connect
}

fn auth() -> Vec<u8> {
    let data = Properties::new()
        .with(PropertyId::AuthenticationMethod, PropertyValue::Text("m".into()))
        .with(PropertyId::AuthenticationData, PropertyValue::Binary(SECRET.into()));
    bytes(Packet::Auth(Auth { reason: Some(0x18), properties: Some(data), ..Auth::default() }), Version::V5)
}

/// What is recorded of these reads at both ends, and of their end.
fn recorded(mut tap: Tap, direction: Direction, reads: &[&[u8]]) -> Vec<EventKind> {
    let mut events = Vec::new();
    for end in [End::Client, End::Broker] {
        let mut append = |kind| {
            events.push(kind);
            events.len() as u64 - 1
        };
        for read in reads {
            tap.pass(direction, end, Purpose::Script, read, &mut append);
        }
        tap.end_of_stream(direction, end, &mut append);
    }
    events
}

fn of_stranger(reads: &[&[u8]]) -> Vec<EventKind> {
    recorded(Tap::of_stranger(ConnId(0), KEEP), Up, reads)
}

fn of_known(version: Version, reads: &[&[u8]]) -> Vec<EventKind> {
    recorded(Tap::new(ConnId(0), version, KEEP), Up, reads)
}

fn kept(event: &EventKind) -> Vec<u8> {
    match event {
        EventKind::Packet(packet) => packet.frame.to_bytes().to_vec(),
        EventKind::Fragment(fragment) => fragment.bytes.to_vec(),
        EventKind::Unframed(unframed) => unframed.bytes.to_vec(),
        EventKind::Skipped(skipped) => skipped.head.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// An event with four bytes of a secret.
fn leak(events: &[EventKind]) -> Option<String> {
    let pieces = || SECRET.as_bytes().windows(4);
    let tells = |event: &&EventKind| kept(event).windows(4).any(|shown| pieces().any(|piece| piece == shown));
    events.iter().find(tells).map(|event| format!("{} in {event:?}", kept(event).escape_ascii()))
}

fn keeps_no_secret(events: &[EventKind], what: &str) {
    assert_eq!(leak(events), None, "{what}");
    assert!(!events.is_empty(), "{what}");
}

/// The only event at each end of the stream.
fn only(events: &[EventKind]) -> Vec<u8> {
    let [first, ..] = events else { panic!("nothing was recorded") };
    assert!(events.len() <= 2, "{events:#?}");
    kept(first)
}

#[test]
fn secrets_are_masked_at_the_same_length_and_the_twin_is_found() {
    let wire = bytes(secretive(Version::V5), Version::V5);
    let events = of_known(Version::V5, &[&wire, &auth()]);
    keeps_no_secret(&events, "whole packets");
    let packets: Vec<_> =
        events.iter().filter_map(|e| if let EventKind::Packet(p) = e { Some(p) } else { None }).collect();
    assert_eq!(packets.iter().filter_map(|p| p.of).map(Seq::get).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((packets[0].frame.wire_len(), packets[1].frame.wire_len()), (wire.len(), auth().len()));
    assert!(packets.iter().all(|p| p.violations().is_empty()));
    let Packet::Connect(connect) = packets[0].packet() else { panic!("{:?}", packets[0]) };
    assert_eq!(connect.password.as_deref(), Some(&b"************"[..]));
    assert_eq!(connect.client_id.lossy(), "client", "nothing else is touched");
    assert_eq!(connect.will.as_ref().unwrap().topic.lossy(), "will/topic");
    let mut plain = secretive(Version::V311);
    plain.password = Some("**".into());
    let wire = bytes(plain, Version::V311);
    assert_eq!(only(&of_stranger(&[&wire])), wire, "nothing else is touched");
}

#[test]
fn wherever_a_packet_is_torn_no_secret_is_told() {
    for version in BOTH {
        let wire = bytes(secretive(version), version);
        for length in 1..wire.len() {
            keeps_no_secret(&of_stranger(&[&wire[..length]]), &format!("{version} torn at {length}"));
        }
    }
    for length in 1..auth().len() {
        keeps_no_secret(&of_known(Version::V5, &[&auth()[..length]]), &format!("AUTH torn at {length}"));
    }
    let data = PropertyValue::Binary(SECRET.into());
    let mut connack = Connack::new(Version::V5, false, 0);
    connack.properties = Some(Properties::new().with(PropertyId::AuthenticationData, data));
    let connack = bytes(Packet::Connack(connack), Version::V5);
    for length in 1..=connack.len() {
        let tap = Tap::new(ConnId(0), Version::V5, KEEP);
        let events = recorded(tap, Direction::Down, &[&connack[..length]]);
        keeps_no_secret(&events, &format!("CONNACK torn at {length}"));
    }
}

#[test]
fn what_is_torn_before_its_secret_stays_readable() {
    let wire = bytes(secretive(Version::V5), Version::V5);
    let bearer = wire.windows(6).position(|w| w == b"Bearer").unwrap();
    let torn = &wire[..bearer + 4];
    let shown = only(&of_stranger(&[torn]));
    assert!(shown.ends_with(b"authorization\0\x13Bear"), "{}", String::from_utf8_lossy(&shown));
    let token = format!("eyJ{SECRET}.{SECRET}.{SECRET}");
    let mut connect = Connect::new(Version::V311, "client");
    connect.set_username(token.as_str().into());
    let wire = bytes(connect, Version::V311);
    for length in 1..=wire.len() {
        keeps_no_secret(&of_stranger(&[&wire[..length]]), &format!("torn at {length}"));
    }
}

/// The values that are tried for a byte.
fn wrong(byte: u8) -> impl Iterator<Item = u8> {
    let bits = [0x80, 0x40, 0x20, 0x10, 4].map(|bit| byte ^ bit);
    let near = (1..30).flat_map(move |by| [byte.wrapping_add(by), byte.wrapping_sub(by)]);
    [0, 1, 2, 6, 0x26, 0x40, 0x7f, 0xff].into_iter().chain(bits).chain(near)
}

/// The places of a packet where a wrong byte leaves the secrets secrets: not in them, nor in what makes them such.
fn places(wire: &[u8]) -> Vec<usize> {
    let data = wire.windows(3).position(|w| w == [0x16, 0, 12]);
    let makes = |at: usize, word: &[u8], most: usize| {
        (0..most).any(|back| at >= back && wire[at - back..].starts_with(word))
    };
    let makes_a_secret = |at: usize| {
        Some(at) == data
            || makes(at, b"Bearer ", 7)
            || makes(at, b"\x26\0\x0dauthorization", 1)
            || makes(at, SECRET.as_bytes(), 12)
    };
    (0..wire.len()).filter(|at| !makes_a_secret(*at)).collect()
}

/// Any byte of a CONNECT may be wrong, its lengths and flags first of all, and it may be torn too.
#[test]
fn whichever_byte_of_a_connect_is_wrong_no_secret_is_told() {
    for version in BOTH {
        let wire = bytes(secretive(version), version);
        for (at, value) in places(&wire).into_iter().flat_map(|at| wrong(wire[at]).map(move |to| (at, to))) {
            let mut sent = wire.clone();
            sent[at] = value;
            // A PUBLISH to the topic `MQTT` is a legal message, whatever it holds.
            if at == 0 && value >> 4 == 3 {
                continue;
            }
            let what = format!("{version}: byte {at} is {value:#x} in {}", wire.escape_ascii());
            keeps_no_secret(&of_stranger(&[&sent, &ping(), &ping().repeat(60)]), &what);
            keeps_no_secret(&of_known(version, &[&ping(), &sent]), &what);
            for torn in [1, 3].map(|part| sent.len() - 1 - sent.len() * part / 6) {
                keeps_no_secret(&of_stranger(&[&sent[..torn]]), &what);
            }
        }
    }
}

#[test]
fn whichever_byte_of_an_auth_is_wrong_no_secret_is_told() {
    let wire = auth();
    for (at, value) in places(&wire).into_iter().flat_map(|at| wrong(wire[at]).map(move |to| (at, to))) {
        let mut sent = wire.clone();
        sent[at] = value;
        for version in BOTH {
            let what = format!("{version}: byte {at} is {value:#x} in {}", wire.escape_ascii());
            if at != 0 {
                keeps_no_secret(&of_known(version, &[&sent, &ping(), &ping().repeat(60)]), &what);
                keeps_no_secret(&of_known(version, &[&sent[..sent.len() - 2]]), &what);
            }
            keeps_no_secret(&of_stranger(&[&sent]), &what);
        }
    }
}

/// What is hidden of a packet hides no breach: it has one after as it had before.
#[test]
fn a_wrong_connect_is_wrong_in_the_record_too() {
    for version in BOTH {
        let wire = bytes(secretive(version), version);
        let header = wire.windows(6).position(|part| part == b"\0\x04MQTT").unwrap();
        for (at, value) in places(&wire).into_iter().flat_map(|at| wrong(wire[at]).map(move |to| (at, to))) {
            if at < header {
                continue;
            }
            let mut sent = wire.clone();
            sent[at] = value;
            let raw = decode(&Frame::new(0x10, sent[header..].to_vec()), version, Sender::Client);
            let events = of_known(version, &[&sent]);
            let EventKind::Packet(packet) = &events[0] else { panic!("{events:?}") };
            let what = format!("{version}: byte {at} is {value:#x}: {raw:?} {packet:?}");
            assert_eq!(raw.violations.is_empty(), packet.violations().is_empty(), "{what}");
        }
    }
}

#[test]
fn a_length_past_the_end_shows_itself_and_nothing_behind() {
    let body = [b"\0\x04MQTT\x04\xc2\0\x3c\0\x28c\0\x01u\0\x0c", SECRET.as_bytes()].concat();
    let wire = [&[0x10, body.len() as u8][..], &body].concat();
    let events = of_stranger(&[&wire]);
    let shown = only(&events);
    assert_eq!(shown, [&wire[..14], &vec![b'*'; wire.len() - 14]].concat());
    let EventKind::Packet(packet) = &events[0] else { panic!("{events:?}") };
    assert!(packet.packet().summary().starts_with("CONNECT unreadable 30B"), "{}", packet.packet().summary());
    assert_eq!(packet.violations()[0].what, "field runs past the end", "the breach stays one");
}

#[test]
fn a_length_that_can_not_be_read_is_all_that_is_kept() {
    for first in [0x10, 0xf0, 0x30] {
        let wire = [&[first, 0xff, 0xff, 0xff, 0xff, 1][..], SECRET.as_bytes()].concat();
        assert_eq!(only(&of_known(Version::V5, &[&wire])), wire[..5]);
        assert_eq!(only(&of_stranger(&[&wire])), wire[..5]);
        let behind = of_stranger(&[&bytes(Connect::new(Version::V5, "c"), Version::V5), &wire]);
        let why = |e: &EventKind| {
            if let EventKind::Unframed(u) = e { Some((u.why, u.bytes.clone())) } else { None }
        };
        assert_eq!(
            behind.iter().find_map(why).unwrap(),
            (Unframable::OverlongLength, wire[..5].to_vec().into())
        );
    }
}

#[test]
fn of_what_is_no_mqtt_the_first_five_bytes_are_kept() {
    let requests = [
        format!("GET / HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n"),
        // As long as the second letter says, were it a packet's length.
        format!("GET /A?token={SECRET} HTTP/1.1\r\nCookie: id={SECRET}; {}\r\n", "x".repeat(99)),
        format!("POST /?{SECRET}"),
        format!("PUT /?{SECRET}"),
        format!("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n{SECRET}"),
        format!("\x16\x03\x01\x02{SECRET}"),
    ];
    for request in requests {
        let shown = only(&of_stranger(&[request.as_bytes()]));
        assert_eq!(shown, request.as_bytes()[..5]);
        let tap = Tap::of_stranger(ConnId(0), KEEP);
        let answer = format!("HTTP/1.1 101\r\nSet-Cookie: {SECRET}");
        assert_eq!(only(&recorded(tap, Direction::Down, &[answer.as_bytes()])), b"HTTP/");
    }
}

#[test]
fn a_stream_that_begins_otherwise_keeps_its_packets_and_the_level_of_its_connect() {
    let connect = bytes(secretive(Version::V311), Version::V311);
    let publish = bytes(Publish::new("t", 0, None, "x"), Version::V311);
    let first_auth = [&auth()[..auth().len() - 12], &[b'*'; 12]].concat();
    for (before, shown) in [(ping(), ping()), (publish.clone(), publish), (auth(), first_auth)] {
        // Fixed header, name and level.
        let wanted = [&shown[..], &connect[..9]].concat();
        assert_eq!(only(&of_stranger(&[&[&before[..], &connect].concat()])), wanted);
    }
    let proxy = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\x30\x39\x07\x5b".to_vec();
    let renamed = |mut wire: Vec<u8>| {
        wire[4..8].copy_from_slice(b"MQXX");
        wire
    };
    for before in [proxy, vec![0]] {
        for connect in [connect.clone(), renamed(connect.clone())] {
            let wire = [&before[..], &connect].concat();
            assert_eq!(only(&of_stranger(&[&wire])), wire[..5]);
        }
    }
    let wire = [&ping()[..], &renamed(connect)].concat();
    assert_eq!(only(&of_stranger(&[&wire])), wire[..7], "two bytes, and five of what follows");
}

#[test]
fn behind_stray_bytes_no_connect_tells_its_secrets() {
    for version in BOTH {
        let first = bytes(Connect::new(version, "c"), version);
        let second = bytes(secretive(version), version);
        let length = second.len() as u8;
        let own = [
            &b"\0"[..],
            b"\0\0",
            b"\0\0\0",
            b"\x30",
            b"\x30\0\0",
            b"\x40\x03\0",
            b"\x20\x01",
            b"\xc0",
            b"\x62\x02\0",
        ];
        for stray in own.map(<[u8]>::to_vec).into_iter().chain([
            // As the header of a packet that is as long as the CONNECT.
            vec![0, length],
            vec![0x30, length],
            vec![0x40, length + 2, 0, 1],
            vec![0xc0, length],
            vec![0x82, length + 2, 0, 1],
            vec![0x20, length],
            vec![0xe0, length],
        ]) {
            for behind in [vec![], ping().repeat(100)] {
                let events = of_stranger(&[&first, &stray, &second, &behind]);
                keeps_no_secret(&events, &format!("{version}: behind {stray:02x?}"));
                assert!(events.len() > 3, "the first one is recorded, and what follows is");
            }
        }
    }
}

#[test]
fn whatever_is_missing_of_a_length_no_secret_lies_behind_the_packet() {
    for version in BOTH {
        let wire = bytes(secretive(version), version);
        let (header, length) = if wire.len() > 129 { (3, wire.len() - 3) } else { (2, wire.len() - 2) };
        for short in 0..length {
            let body = &wire[header..];
            let said = if short < 128 { vec![short as u8] } else { vec![short as u8 | 0x80, 1] };
            for behind in [vec![], ping().repeat(100)] {
                let events = of_stranger(&[&[0x10], &said, body, &behind]);
                keeps_no_secret(&events, &format!("{version}: {short} of {length}"));
            }
        }
    }
}

/// What is legal, or holds its mistake in a field, is recorded as it was.
#[test]
fn what_can_be_read_stays_as_it_was() {
    for version in BOTH {
        let connect = bytes(Connect::new(version, "client"), version);
        let publish = bytes(Publish::new("t/#", 1, Some(0), "payload"), version);
        let reads = [&connect[..], &publish, &publish[..5]];
        let events = of_stranger(&reads);
        let all: Vec<Vec<u8>> = events.iter().map(kept).collect();
        assert_eq!(all[..3], reads.map(<[u8]>::to_vec));
        // A broker's mistake is evidence.
        let tap = Tap::new(ConnId(0), version, KEEP);
        let down = recorded(tap, Direction::Down, &[b"\x30\x06\0\x40abcd", b"\x00\x03abc", b"\x40\x04\0"]);
        let all: Vec<Vec<u8>> = down.iter().map(kept).collect();
        assert!(
            all.contains(&b"\x30\x06\0\x40abcd".to_vec()) && all.contains(&b"\x00\x03abc".to_vec()),
            "{all:?}"
        );
    }
}
