//! The tap: twins, on whose behalf a packet is, and what is too large to keep.

use deadzone_history::{
    ConnId, Direction, Direction::Down, Direction::Up, End, EventKind, PacketEvent, Purpose, Seq, Skipped,
    Tap, Unframable,
};
use deadzone_wire::{Bare, Connect, Packet, Publish, Version};

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
