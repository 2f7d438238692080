//! The broker at its bounds and towards clients with narrow ones: what is refused is told or closed, and nobody is locked out.

mod rig;

use deadzone_reference_broker::{Config, Limits};
use deadzone_wire::{AckKind, Packet, PropertyId, Subscribe, Unsubscribe, Version, Version::V5};
use rig::{BOTH, Rig, SECOND, number};

/// A client whose Maximum Packet Size is this.
fn narrow(rig: &mut Rig, conn: u64, max_packet_bytes: u32) {
    rig.connect_with(conn, "narrow", true, |c| {
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, max_packet_bytes);
    });
}

#[test]
fn row_c1_a_client_that_no_connack_fits_is_refused_and_closed() {
    let mut rig = Rig::good(V5);
    narrow(&mut rig, 1, 10);
    assert_eq!(rig.log(1), "connack 0 83 | closed", "the short refusal fits");
    narrow(&mut rig, 2, 4);
    assert_eq!(rig.log(2), "closed", "nothing fits");
    rig.ping(2);
    assert_eq!(rig.log(2), "", "it is not served");
    narrow(&mut rig, 3, 64);
    assert_eq!(rig.log(3), "connack 0 00");
}

#[test]
fn row_c1_a_refused_client_leaves_its_session_as_it_was() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "narrow", false);
    rig.subscribe(1, "t", 1);
    rig.skip();
    narrow(&mut rig, 2, 4);
    assert_eq!(rig.log(1), "", "no takeover by a refused CONNECT");
    rig.connect(5, "p", true);
    rig.publish(5, 1, 1, "t", "m");
    assert_eq!(rig.log(1), "t=m q1 #1");
}

/// A CONNECT under the name MQTT with any level, in the layout of 3.1.1.
fn connect_at_level(level: u8) -> Vec<u8> {
    vec![0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 60, 0, 1, b'c']
}

#[test]
fn row_c2_an_unknown_level_is_answered_by_0x01_and_a_close() {
    for level in [0, 1, 2, 3, 6, 7, 0x7f, 0x83, 0x84, 0x85, 0xff] {
        let mut rig = Rig::good(Version::V311);
        rig.open(1);
        rig.raw(1, &connect_at_level(level));
        assert_eq!(rig.log(1), "connack 0 01 | closed", "level {level}");
    }
    let mut rig = Rig::good(Version::V311);
    rig.open(1);
    rig.raw(1, &connect_at_level(4));
    assert_eq!(rig.log(1), "connack 0 00");
}

#[test]
fn row_c2_an_unknown_level_of_3_1_is_answered_too() {
    for level in [0, 2, 4, 0x83] {
        let mut rig = Rig::good(Version::V311);
        rig.open(1);
        rig.raw(1, &[&[0x10, 15, 0, 6], &b"MQIsdp"[..], &[level, 2, 0, 60, 0, 1, b'c']].concat());
        assert_eq!(rig.log(1), "connack 0 01 | closed", "level {level}");
    }
}

#[test]
fn row_c2_another_name_is_closed_without_an_answer() {
    let mut rig = Rig::good(Version::V311);
    rig.open(1);
    let mut bytes = connect_at_level(3);
    bytes[7] = b'X';
    rig.raw(1, &bytes);
    assert_eq!(rig.log(1), "closed");
}

#[test]
fn row_c3_a_suback_or_unsuback_over_the_clients_limit_closes() {
    let filters = |n: usize| (0..n).map(|i| format!("f{i}"));
    let mut subscribe = Subscribe::new(9, "f", 1);
    subscribe.filters = filters(40).map(|f| (f.as_str().into(), 1)).collect();
    let mut unsubscribe = Unsubscribe::new(8, "f");
    unsubscribe.filters = filters(40).map(|f| f.as_str().into()).collect();
    for packet in [Packet::Subscribe(subscribe), Packet::Unsubscribe(unsubscribe)] {
        let mut rig = Rig::good(V5);
        narrow(&mut rig, 1, 30);
        rig.skip();
        rig.send(1, &packet);
        assert_eq!(rig.log(1), "disconnect 95 | closed");
    }
}

/// What a client did not ask for is dropped where it does not fit, like any other message (5.0/MQTT-3.1.2-25).
#[test]
fn row_c3_a_notice_over_the_clients_limit_is_dropped() {
    let mut rig = Rig::odd(V5, deadzone_reference_broker::Variant::AutomaticSubscription);
    for (conn, limit, wanted) in
        [(1, 33, "connack 0 00"), (2, 60, "connack 0 00 | broker-notices/welcome=welcome q0")]
    {
        narrow(&mut rig, conn, limit);
        assert_eq!(rig.log(conn), wanted, "{limit} bytes");
        rig.ping(conn);
        assert_eq!(rig.log(conn), "pingresp");
    }
}

#[test]
fn row_c4_an_unsolicited_refusal_by_pubrec_is_not_answered() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "c", true);
    rig.skip();
    for code in [0x80, 0x91, 0x97] {
        rig.send(1, &Packet::Ack(deadzone_wire::Ack::with_reason(AckKind::Pubrec, 7, code)));
        assert_eq!(rig.log(1), "", "PUBREC {code:02x}");
    }
    rig.ack(1, AckKind::Pubrec, 7);
    assert_eq!(rig.log(1), "pubrel #7 92", "an unsolicited success still gets its PUBREL");
}

#[test]
fn row_c5_all_queues_together_have_a_bound_and_a_modest_session_keeps_its_share() {
    for version in BOTH {
        let limits = Limits { sessions: 8, inflight: 1, queued_bytes_in_all: 8_000, ..Limits::default() };
        let mut rig = Rig::new(version, Config { limits, ..Config::default() });
        for conn in 1..=4 {
            rig.connect(conn, &format!("deaf{conn}"), false);
            rig.subscribe(conn, "flood", 1);
        }
        rig.connect(5, "modest", false);
        rig.subscribe(5, "quiet", 1);
        rig.lose(5, true);
        rig.connect(6, "p", true);
        let body = "x".repeat(95);
        for id in 1..=1_000 {
            rig.publish(6, 1, id, "flood", &body);
        }
        let held = rig.broker.held_bytes();
        assert!((8_000..=16_000).contains(&held), "{held} bytes held for four deaf sessions");
        rig.publish(6, 1, 1_001, "quiet", "m");
        rig.connect(7, "modest", false);
        assert_eq!(rig.log(7), "connack 1 00 | quiet=m q1 #1");
    }
}

#[test]
fn row_c5_what_is_in_flight_counts_like_what_waits() {
    let limits = Limits { sessions: 2, queued_bytes: 1_000, ..Limits::default() };
    let mut rig = Rig::new(V5, Config { limits, ..Config::default() });
    rig.connect(1, "deaf", false);
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    for id in 1..=50 {
        rig.publish(5, 1, id, "t", &"x".repeat(99));
    }
    assert_eq!(rig.broker.held_bytes(), 1_000, "ten messages of a hundred bytes");
}

fn crowded(version: Version, sessions: usize, connections: usize) -> Rig {
    let limits = Limits { sessions, connections, ..Limits::default() };
    Rig::new(version, Config { limits, ..Config::default() })
}

#[test]
fn row_c6_the_session_that_was_left_longest_ago_makes_room_for_a_new_one() {
    for version in BOTH {
        let mut rig = crowded(version, 3, 100);
        for (conn, id) in [(1, "first"), (2, "second"), (3, "third")] {
            rig.connect(conn, id, false);
        }
        for conn in [2, 1, 3] {
            rig.wait(SECOND);
            rig.lose(conn, false);
        }
        rig.connect(4, "newcomer", false);
        assert_eq!(rig.log(4), "connack 0 00", "{version}");
        rig.connect(5, "first", false);
        assert_eq!(rig.log(5), "connack 1 00", "{version}: left later than the second");
    }
}

#[test]
fn row_c6_connected_sessions_are_never_thrown_out() {
    for (version, refusal) in [(Version::V311, "connack 0 03 | closed"), (V5, "connack 0 97 | closed")] {
        let mut rig = crowded(version, 2, 100);
        rig.connect(1, "first", false);
        rig.connect(2, "second", true);
        rig.connect(3, "newcomer", false);
        assert_eq!(rig.log(3), refusal);
        rig.skip();
        rig.ping(1);
        assert_eq!(rig.log(1), "pingresp");
    }
}

#[test]
fn row_c6_the_oldest_silent_connection_makes_room_for_a_new_one() {
    let mut rig = crowded(V5, 100, 3);
    rig.connect(1, "early", true);
    for conn in [2, 3] {
        rig.wait(SECOND);
        rig.open(conn);
    }
    rig.skip();
    rig.connect(4, "newcomer", true);
    assert_eq!(rig.log(2), "closed");
    assert_eq!(rig.log(4), "connack 0 00");
    rig.connect(5, "another", true);
    assert_eq!(rig.log(3), "closed");
    rig.connect(6, "one-too-many", true);
    assert_eq!(rig.log(6), "reset", "all three are connected now");
    rig.ping(1);
    assert_eq!(rig.log(1), "pingresp", "what is connected stays");
}
