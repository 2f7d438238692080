//! The tap: twins, on whose behalf a packet is, what is too large to keep, and secrets.

use deadzone_history::{
    ConnId, Direction, Direction::Down, Direction::Up, End, EventKind, PacketEvent, Purpose, Seq, Skipped,
    Tap, Unframable,
};
use deadzone_wire::{Auth, Bare, Connect, Packet, Properties, PropertyId, PropertyValue, Publish, Version};

const KEEP: u32 = 100;

/// A tap with what it recorded.
struct Tapped {
    tap: Tap,
    events: Vec<EventKind>,
}

impl Tapped {
    fn new(tap: Tap) -> Self {
        Self { tap, events: Vec::new() }
    }

    fn known(version: Version) -> Self {
        Self::new(Tap::new(ConnId(0), version, KEEP))
    }

    /// One that keeps packets of any size that is used here.
    fn roomy(version: Version) -> Self {
        Self::new(Tap::new(ConnId(0), version, 10 * KEEP))
    }

    fn pass(&mut self, direction: Direction, end: End, sender: Purpose, bytes: &[u8]) {
        let Self { tap, events } = self;
        tap.pass(direction, end, sender, bytes, &mut |kind| {
            events.push(kind);
            events.len() as u64 - 1
        });
    }

    fn end(&mut self, direction: Direction, end: End) {
        let Self { tap, events } = self;
        tap.end_of_stream(direction, end, &mut |kind| {
            events.push(kind);
            events.len() as u64 - 1
        });
    }

    fn packets(&self) -> Vec<&PacketEvent> {
        fn packet(kind: &EventKind) -> Option<&PacketEvent> {
            if let EventKind::Packet(p) = kind { Some(p) } else { None }
        }
        self.events.iter().filter_map(packet).collect()
    }

    fn of(&self) -> Vec<Option<u64>> {
        self.packets().iter().map(|p| p.of.map(Seq::get)).collect()
    }

    fn senders(&self) -> Vec<Purpose> {
        self.packets().iter().map(|p| p.sender).collect()
    }
}

fn bytes(packet: impl Into<Packet>, version: Version) -> Vec<u8> {
    packet.into().encode(version).to_bytes().to_vec()
}

fn message(payload: &str) -> Vec<u8> {
    bytes(Publish::new("t", 0, None, payload.as_bytes().to_vec()), Version::V311)
}

#[test]
fn what_comes_out_names_what_went_in_and_shares_it() {
    let mut t = Tapped::known(Version::V311);
    for payload in ["a", "b", "a"] {
        t.pass(Up, End::Client, Purpose::Script, &message(payload));
    }
    for byte in [message("b"), message("a"), message("c")].concat() {
        t.pass(Up, End::Broker, Purpose::Script, &[byte]);
    }
    assert_eq!(
        t.of(),
        [None, None, None, Some(1), Some(2), None],
        "the first was lost, the last one changed"
    );
    let packets = t.packets();
    assert!(std::sync::Arc::ptr_eq(&packets[1].body, &packets[3].body));
}

#[test]
fn the_beginning_of_a_packet_names_the_whole() {
    let mut t = Tapped::known(Version::V311);
    t.pass(Down, End::Broker, Purpose::Script, &[message("a"), message("b")].concat());
    t.pass(Down, End::Client, Purpose::Script, &[&message("a")[..], &message("b")[..3]].concat());
    t.end(Down, End::Client);
    t.end(Down, End::Client);
    let Some(EventKind::Fragment(fragment)) = t.events.last() else { panic!("{:?}", t.events) };
    assert_eq!((fragment.of.map(Seq::get), fragment.length), (Some(1), 3));
    assert_eq!(t.events.len(), 4, "a stream ends once");
}

#[test]
fn only_as_many_pingresps_are_the_scripts_as_it_asked_for() {
    let ping = bytes(Packet::Bare(Bare::pingreq()), Version::V311);
    let pong = bytes(Packet::Bare(Bare::pingresp()), Version::V311);
    let mut t = Tapped::known(Version::V311);
    for sender in [Purpose::Script, Purpose::Life, Purpose::Polite] {
        t.pass(Up, End::Client, sender, &ping);
        t.pass(Up, End::Broker, Purpose::Script, &ping);
    }
    t.pass(Down, End::Broker, Purpose::Script, &pong.repeat(4));
    t.pass(Down, End::Client, Purpose::Script, &pong.repeat(4));
    assert_eq!(
        t.senders()[..6],
        [Purpose::Script, Purpose::Script, Purpose::Life, Purpose::Life, Purpose::Polite, Purpose::Polite]
    );
    assert_eq!(
        t.senders()[6..10],
        [Purpose::Script, Purpose::Life, Purpose::Script, Purpose::Script],
        "the fourth answers nothing"
    );
    assert_eq!(t.senders()[10..], t.senders()[6..10], "an arrival is what its twin is");
}

#[test]
fn a_marker_is_one_on_its_way_back_too() {
    let mut t = Tapped::known(Version::V311);
    t.pass(Up, End::Client, Purpose::Marker, &message("deadzone-marker 1"));
    t.pass(Down, End::Broker, Purpose::Script, &message("deadzone-marker 1"));
    t.pass(Down, End::Broker, Purpose::Script, &message("another"));
    assert_eq!(t.senders(), [Purpose::Marker, Purpose::Marker, Purpose::Script]);
}

#[test]
fn a_packet_too_large_to_keep_is_counted_and_passed_over() {
    let large = message(&"x".repeat(200));
    let mut t = Tapped::known(Version::V311);
    for piece in [&large[..], &message("y")].concat().chunks(7) {
        t.pass(Down, End::Broker, Purpose::Script, piece);
    }
    t.pass(Down, End::Client, Purpose::Script, &large);
    let skipped = |kind: &EventKind| match kind {
        EventKind::Skipped(skipped) => Some((**skipped).clone()),
        _ => None,
    };
    let all: Vec<Skipped> = t.events.iter().filter_map(skipped).collect();
    let [at_broker, at_client] = &all[..] else { panic!("{:?}", t.events) };
    assert_eq!((at_broker.length, at_broker.of), (large.len() as u64, None));
    assert_eq!(at_client.of.map(Seq::get), Some(0));
    assert_eq!(at_broker.hash, at_client.hash);
    assert_eq!(at_broker.head, large[..at_broker.head.len()]);
    assert_eq!(t.packets().len(), 1, "what comes behind it is read as ever");
    assert!(!t.tap.is_garbage(Down, End::Broker));
}

#[test]
fn a_stranger_speaks_what_his_connect_says_or_no_mqtt() {
    let connect = bytes(Connect::new(Version::V5, "a"), Version::V5);
    let mut t = Tapped::new(Tap::of_stranger(ConnId(0), KEEP));
    t.pass(Up, End::Client, Purpose::Script, &connect);
    assert_eq!(t.tap.version(), Version::V5);
    let mut t = Tapped::new(Tap::of_stranger(ConnId(0), KEEP));
    t.pass(Up, End::Client, Purpose::Script, b"GET / HTTP/1.1");
    t.pass(Up, End::Broker, Purpose::Script, &connect);
    let [EventKind::Unframed(unframed)] = &t.events[..] else { panic!("{:?}", t.events) };
    assert_eq!(unframed.why, Unframable::NoConnect);
}

fn secretive() -> Connect {
    let mut connect = Connect::new(Version::V5, "client");
    connect.properties.push(PropertyId::AuthenticationMethod, PropertyValue::Text("m".into()));
    connect.properties.push(PropertyId::AuthenticationData, PropertyValue::Binary("challenge".into()));
    let token = || ("authorization".into(), "Bearer hunter-token".into());
    connect.properties.push(PropertyId::UserProperty, PropertyValue::Pair(token().0, token().1));
    connect.set_username("eyJhbGciOi.hunter-token.c2ln".into());
    connect.set_password("hunter2".into());
    connect
}

#[test]
fn a_stream_that_begins_otherwise_keeps_nothing_behind_the_level_of_its_connect() {
    let mut connect = Connect::new(Version::V311, "c");
    connect.set_password("hunter2".into());
    let connect = bytes(connect, Version::V311);
    let ping = bytes(Packet::Bare(Bare::pingreq()), Version::V311);
    let proxy = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\x30\x39\x07\x5b".to_vec();
    for before in [ping, proxy, vec![0]] {
        let mut t = Tapped::new(Tap::of_stranger(ConnId(0), KEEP));
        t.pass(Up, End::Client, Purpose::Script, &[&before[..], &connect].concat());
        let [EventKind::Unframed(unframed)] = &t.events[..] else { panic!("{:?}", t.events) };
        // Fixed header, name and level.
        assert_eq!(unframed.bytes, [&before[..], &connect[..9]].concat());
    }
}

/// Whether nothing of the secrets is in what was recorded.
fn is_masked(events: &[EventKind]) -> bool {
    let text = format!("{events:?}");
    !["challenge", "hunter"].iter().any(|secret| text.contains(secret))
}

#[test]
fn secrets_are_masked_at_the_same_length_and_the_twin_is_found() {
    let wire = bytes(secretive(), Version::V5);
    let data = Properties::new()
        .with(PropertyId::AuthenticationMethod, PropertyValue::Text("m".into()))
        .with(PropertyId::AuthenticationData, PropertyValue::Binary("challenge".into()));
    let auth = Auth { reason: Some(0x18), properties: Some(data), ..Auth::default() };
    let auth = bytes(Packet::Auth(auth), Version::V5);
    let mut t = Tapped::roomy(Version::V5);
    for end in [End::Client, End::Broker] {
        t.pass(Up, end, Purpose::Script, &wire);
        t.pass(Up, end, Purpose::Script, &auth);
    }
    assert!(is_masked(&t.events), "{:?}", t.events);
    assert_eq!(t.of(), [None, None, Some(0), Some(1)]);
    let packets = t.packets();
    assert_eq!((packets[0].frame.wire_len(), packets[1].frame.wire_len()), (wire.len(), auth.len()));
    assert!(packets.iter().all(|p| p.violations().is_empty()));
    let Packet::Connect(connect) = packets[0].packet() else { panic!("{:?}", packets[0]) };
    assert_eq!(connect.password.as_deref(), Some(&b"*******"[..]));
    assert_eq!(connect.client_id.lossy(), "client", "nothing else is touched");
}

#[test]
fn wherever_a_connect_is_torn_no_secret_is_told() {
    let mut plain = Connect::new(Version::V311, "client");
    plain.set_username("user".into());
    plain.set_password("hunter2".into());
    for (connect, version) in [(secretive(), Version::V5), (plain, Version::V311)] {
        // The username of the first looks like a token, which only a whole packet shows.
        let connect = if version == Version::V5 { Connect { username: None, ..connect } } else { connect };
        let flags = connect.flags & if version == Version::V5 { 0x7f } else { 0xff };
        let wire = bytes(Connect { flags, ..connect }, version);
        for length in 1..wire.len() {
            let mut t = Tapped::roomy(version);
            t.pass(Up, End::Client, Purpose::Script, &wire[..length]);
            t.end(Up, End::Client);
            let recorded = format!("{:?}", t.events);
            for beginning in ["chal", "hunt"] {
                assert!(!recorded.contains(beginning), "torn at {length}: {recorded}");
            }
        }
    }
}
