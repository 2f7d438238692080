//! CONNECT, sessions, expiry and wills, where the table of defects does not reach.

mod rig;

use deadzone_reference_broker::{Config, Limits};
use deadzone_wire::{
    Connect, Disconnect, Packet, Properties, PropertyId, PropertyValue, Version, Version::V5,
};
use rig::{ALL, BOTH, Rig, SECOND, add_will, number};

fn answer(version: Version, change: impl FnOnce(&mut Connect)) -> String {
    let mut rig = Rig::good(version);
    rig.connect_with(1, "c", true, change);
    rig.log(1)
}

#[test]
fn bad_connects_are_refused_as_each_version_says() {
    let (v31, v311) = (Version::V31, Version::V311);
    assert_eq!(answer(v311, |c| c.level = 6), "connack 0 01 | closed");
    assert_eq!(answer(v311, |c| c.protocol_name = "MQTX".into()), "closed");
    assert_eq!(answer(V5, |c| c.protocol_name = "MQTX".into()), "connack 0 84 | closed");
    assert_eq!(answer(v311, |c| c.flags |= 1), "closed");
    assert_eq!(answer(V5, |c| c.flags |= 1), "connack 0 81 | closed");
    let unclean = |c: &mut Connect| (c.client_id, c.flags) = ("".into(), 0);
    assert_eq!(answer(v311, unclean), "connack 0 02 | closed");
    assert_eq!(answer(v31, unclean), "connack 0 02 | closed");
    assert_eq!(answer(v31, |c| c.client_id = "123456789012345678901234".into()), "connack 0 02 | closed");
    assert_eq!(answer(V5, unclean), "connack 0 00");
    assert_eq!(answer(v311, |c| c.client_id = "".into()), "connack 0 00");
    let method = |c: &mut Connect| {
        c.properties.push(PropertyId::AuthenticationMethod, PropertyValue::Text("x".into()));
    };
    assert_eq!(answer(V5, method), "connack 0 8c | closed");
}

#[test]
fn the_first_packet_is_connect_or_the_end() {
    for version in ALL {
        let mut rig = Rig::good(version);
        rig.open(1);
        rig.ping(1);
        assert_eq!(rig.log(1), "closed");
        rig.open(2);
        rig.wait(60 * SECOND);
        assert_eq!(rig.log(2), "closed", "no CONNECT in time");
    }
}

#[test]
fn a_full_house_refuses_a_new_session_and_not_an_old_one() {
    for (version, code) in [(Version::V311, "03"), (V5, "97")] {
        let limits = Limits { sessions: 1, ..Limits::default() };
        let mut rig = Rig::new(version, Config { limits, ..Config::default() });
        rig.connect(1, "a", false);
        rig.connect(2, "b", false);
        assert_eq!(rig.log(2), format!("connack 0 {code} | closed"));
        rig.lose(1, false);
        rig.connect(3, "a", false);
        assert_eq!(rig.log(3), "connack 1 00");
    }
}

#[test]
fn a_session_ends_when_its_expiry_has_passed() {
    let mut rig = Rig::good(V5);
    let connect = |rig: &mut Rig, conn| {
        rig.connect_with(conn, "c", false, |c| {
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 10);
        });
        rig.log(conn)
    };
    assert_eq!(connect(&mut rig, 1), "connack 0 00");
    rig.wait(20 * SECOND);
    rig.lose(1, true);
    rig.wait(9 * SECOND);
    assert_eq!(connect(&mut rig, 2), "connack 1 00", "counted from the close");
    rig.lose(2, true);
    rig.wait(10 * SECOND);
    assert_eq!(connect(&mut rig, 3), "connack 0 00");
}

#[test]
fn disconnect_may_change_the_expiry_but_not_raise_zero() {
    let leave = |expiry: u32| {
        let mut properties = Properties::new();
        number(&mut properties.items, PropertyId::SessionExpiryInterval, expiry);
        Packet::Disconnect(Disconnect {
            reason: Some(0),
            properties: Some(properties),
            ..Disconnect::default()
        })
    };
    let mut rig = Rig::good(V5);
    rig.connect(1, "c", false);
    rig.send(1, &leave(0));
    rig.connect(2, "c", false);
    assert_eq!(rig.log(2), "connack 0 00");
    rig.connect(3, "d", true);
    rig.skip();
    rig.send(3, &leave(5));
    assert_eq!(rig.log(3), "disconnect 82 | closed");
}

#[test]
fn a_session_of_zero_expiry_is_not_handed_over_at_takeover() {
    for version in ALL {
        let mut rig = Rig::good(version);
        rig.connect(1, "c", true);
        rig.connect(2, "c", false);
        assert_eq!(rig.log(2), "connack 0 00");
    }
}

fn watcher(rig: &mut Rig) {
    rig.connect_with(9, "w", true, |c| c.keep_alive_s = 0);
    rig.subscribe(9, "will", 1);
    rig.skip();
}

#[test]
fn a_delayed_will_comes_at_its_time_or_at_the_end_of_the_session() {
    for (delay_s, expiry_s, due_s) in [(5, 100, 5), (50, 7, 7), (5, 0, 0)] {
        let mut rig = Rig::good(V5);
        watcher(&mut rig);
        rig.connect_with(1, "c", true, |c| {
            add_will(c, 1, false, delay_s);
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, expiry_s);
        });
        rig.lose(1, false);
        if due_s > 0 {
            rig.wait(due_s * SECOND - 1);
            assert_eq!(rig.log(9), "", "not before {due_s} s");
            rig.wait(1);
        }
        assert_eq!(rig.log(9), "will=gone q1 #1");
        rig.wait(200 * SECOND);
        assert_eq!(rig.log(9), "", "once only");
    }
}

#[test]
fn a_clean_start_ends_the_session_and_so_brings_its_delayed_will() {
    for taken_over in [false, true] {
        let mut rig = Rig::good(V5);
        watcher(&mut rig);
        rig.connect_with(1, "c", true, |c| {
            add_will(c, 1, false, 50);
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
        });
        if !taken_over {
            rig.lose(1, false);
        }
        rig.connect(2, "c", true);
        assert_eq!(rig.log(9), "will=gone q1 #1");
    }
}

#[test]
fn disconnect_with_0x04_brings_the_will() {
    let mut rig = Rig::good(V5);
    watcher(&mut rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, true, 0));
    rig.disconnect(1, Some(4));
    assert_eq!(rig.log(9), "will=gone q1 #1");
    rig.connect(2, "late", true);
    rig.subscribe(2, "will", 0);
    assert_eq!(rig.log(2), "connack 0 00 | suback [00] | will=gone q0 retain", "a retained will is retained");
}

#[test]
fn a_client_that_subscribes_to_its_own_will_gets_it_as_a_new_message() {
    for version in BOTH {
        let mut rig = Rig::good(version);
        rig.connect_with(1, "c", false, |c| {
            add_will(c, 1, false, 0);
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
        });
        rig.subscribe(1, "will", 1);
        rig.skip();
        rig.lose(1, true);
        assert_eq!(rig.log(1), "", "nothing goes to a connection that is gone");
        rig.connect(2, "c", false);
        assert_eq!(rig.log(2), "connack 1 00 | will=gone q1 #1");
    }
}

#[test]
fn keep_alive_counts_from_the_last_whole_packet() {
    let mut rig = Rig::good(Version::V311);
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 10);
    rig.wait(14 * SECOND);
    rig.ping(1);
    rig.wait(14 * SECOND);
    rig.skip();
    rig.raw(1, &[0x30, 10, 0]);
    rig.wait(SECOND - 1);
    assert_eq!(rig.log(1), "");
    rig.wait(1);
    assert_eq!(rig.log(1), "closed");
}

#[test]
fn an_assigned_identifier_is_nobodys_and_its_session_is_resumed_by_it() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "assigned1", true);
    rig.connect(2, "", false);
    assert_eq!(rig.told(PropertyId::AssignedClientIdentifier), "assigned2", "the first is taken");
    rig.subscribe(2, "t", 1);
    rig.connect(3, "", true);
    assert_eq!(rig.told(PropertyId::AssignedClientIdentifier), "assigned3");
    rig.skip();
    rig.lose(2, true);
    rig.publish(3, 1, 7, "t", "m");
    rig.connect(4, "assigned2", false);
    assert_eq!(rig.log(4), "connack 1 00 | t=m q1 #1");
    assert_eq!(rig.told(PropertyId::AssignedClientIdentifier), "none", "it named itself");
}

#[test]
fn two_clients_without_identifier_are_two() {
    for version in BOTH {
        let mut rig = Rig::good(version);
        for conn in [1, 2] {
            rig.connect(conn, "", true);
            assert_eq!(rig.log(conn), "connack 0 00", "{version}");
        }
        for conn in [1, 2] {
            rig.ping(conn);
            assert_eq!(rig.log(conn), "pingresp", "{version}");
        }
    }
}

#[test]
fn an_identifier_may_have_any_length_and_any_character() {
    for version in BOTH {
        let alphabet: String = ('0'..='9').chain('a'..='z').chain('A'..='Z').collect();
        for id in ["c".repeat(65_535), alphabet, "\u{feff}/+#$ \u{e9}".into()] {
            let mut rig = Rig::good(version);
            rig.connect(1, &id, false);
            assert_eq!(rig.log(1), "connack 0 00", "{version}");
            rig.lose(1, true);
            rig.connect(2, &id, false);
            assert_eq!(rig.log(2), "connack 1 00", "{version}: to the last byte");
        }
    }
}

/// 3.1 as RSMB and others speak it: another name, no Session Present, no failure in SUBACK, DUP on more than PUBLISH.
#[test]
fn a_client_of_3_1_is_served() {
    let mut rig = Rig::good(Version::V31);
    rig.open(1);
    rig.raw(1, b"\x10\x0f\x00\x06MQIsdp\x03\x00\x00\x3c\x00\x01c");
    assert_eq!(rig.log(1), "connack 0 00");
    // SUBSCRIBE and PUBREL with DUP 1.
    rig.raw(1, b"\x8a\x06\x00\x01\x00\x01t\x02");
    rig.publish(1, 2, 7, "t", "m");
    rig.raw(1, b"\x6a\x02\x00\x07");
    rig.raw(1, b"\xaa\x05\x00\x02\x00\x01t");
    assert_eq!(rig.log(1), "suback [02] | t=m q2 #1 | pubrec #7 | pubcomp #7 | unsuback []");
    rig.lose(1, true);
    rig.open(2);
    rig.raw(2, b"\x10\x0f\x00\x06MQIsdp\x03\x00\x00\x3c\x00\x01c");
    assert_eq!(rig.log(2), "connack 0 00 | t=m q2 #1 dup", "resumed, and 3.1 has no bit to say so");
}
