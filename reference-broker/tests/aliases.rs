//! Topic aliases in both directions (5.0 §3.3.2.3.4), where the tables of defects and variants do not reach.

mod rig;

use deadzone_reference_broker::{Config, Limits};
use deadzone_wire::{AckKind, PropertyId, Version::V5};
use rig::{Rig, add_will, number, short};

/// A persistent client that takes so many aliases and subscribes to everything, with a publisher on connection 5.
fn subscribed(rig: &mut Rig, maximum: u16) {
    connected(rig, 1, maximum);
    rig.subscribe(1, "#", 2);
    rig.connect(5, "p", true);
    rig.skip();
}

fn connected(rig: &mut Rig, conn: u64, maximum: u16) {
    rig.connect_with(conn, "s", false, |c| {
        number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
        if maximum > 0 {
            short(&mut c.properties.items, PropertyId::TopicAliasMaximum, maximum);
        }
    });
}

#[test]
fn the_first_topics_get_an_alias_each_and_later_ones_none() {
    for (maximum, bound, aliased) in [(2, 10, 2), (65_535, 3, 3), (4, 4, 4), (0, 10, 0)] {
        let limits = Limits { client_topic_aliases: bound, ..Limits::default() };
        let mut rig = Rig::new(V5, Config { limits, ..Config::default() });
        subscribed(&mut rig, maximum);
        for round in 0..2 {
            for n in 1..=5 {
                rig.publish(5, 0, 0, &format!("t{n}"), "m");
                let wanted = match (round, n <= aliased) {
                    (_, false) => format!("t{n}=m q0"),
                    (0, true) => format!("t{n}=m q0 a{n}"),
                    (_, true) => format!("=m q0 a{n}"),
                };
                assert_eq!(rig.log(1), wanted, "maximum {maximum}, bound {bound}");
            }
        }
    }
}

#[test]
fn live_retained_and_will_share_the_aliases_of_a_connection_at_every_qos() {
    let mut rig = Rig::good(V5);
    subscribed(&mut rig, 9);
    rig.publish_with(5, 1, 1, "t", "kept", |p| p.retain = true);
    assert_eq!(rig.log(1), "t=kept q1 #1 a1");
    rig.subscribe(1, "t", 1);
    assert_eq!(rig.log(1).split(" | ").last(), Some("=kept q1 #2 retain a1"));
    rig.publish(5, 2, 2, "t", "m");
    assert_eq!(rig.log(1), "=m q2 #3 a1");
    for (conn, wanted) in [(6, "will=gone q1 #4 a2"), (7, "=gone q1 #5 a2")] {
        rig.connect_with(conn, "w", true, |c| add_will(c, 1, false, 0));
        rig.lose(conn, true);
        assert_eq!(rig.log(1), wanted);
    }
}

#[test]
fn what_is_resent_and_what_waited_name_their_topics_anew() {
    let mut rig = Rig::good(V5);
    subscribed(&mut rig, 9);
    rig.publish(5, 1, 1, "t", "a");
    rig.publish(5, 1, 2, "t", "b");
    assert_eq!(rig.log(1), "t=a q1 #1 a1 | =b q1 #2 a1");
    rig.lose(1, true);
    rig.publish(5, 1, 3, "u", "c");
    rig.publish(5, 1, 4, "t", "d");
    connected(&mut rig, 2, 9);
    assert_eq!(rig.log(2), "connack 1 00 | t=a q1 #1 dup a1 | =b q1 #2 dup a1 | u=c q1 #3 a2 | =d q1 #4 a1");
    rig.lose(2, true);
    connected(&mut rig, 3, 0);
    assert_eq!(
        rig.log(3),
        "connack 1 00 | t=a q1 #1 dup | t=b q1 #2 dup | u=c q1 #3 dup | t=d q1 #4 dup",
        "this connection allows none"
    );
}

/// The alias makes the first PUBLISH three bytes longer, and the second one as much shorter as its topic is.
#[test]
fn an_alias_is_set_only_where_it_fits_and_counts_as_it_is_sent() {
    let topic = "a/topic/of/twenty-two.";
    let mut rig = Rig::good(V5);
    rig.connect_with(1, "s", true, |c| {
        short(&mut c.properties.items, PropertyId::TopicAliasMaximum, 9);
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, 40);
    });
    rig.subscribe(1, topic, 0);
    rig.connect(5, "p", true);
    rig.skip();
    let publish = |rig: &mut Rig, bytes: usize| {
        rig.publish(5, 0, 0, topic, &"x".repeat(bytes));
        rig.log(1).replace("xx", "").replace('x', "")
    };
    assert_eq!(publish(&mut rig, 14), "", "41 bytes with the topic alone");
    assert_eq!(publish(&mut rig, 13), format!("{topic}= q0"), "40 bytes, and no room for an alias");
    assert_eq!(publish(&mut rig, 10), format!("{topic}= q0 a1"), "40 bytes with the alias");
    assert_eq!(publish(&mut rig, 32), "= q0 a1", "40 bytes by the alias alone");
    assert_eq!(publish(&mut rig, 33), "", "41 bytes by the alias alone");
    assert!(rig.sizes.iter().all(|(conn, _, size)| *conn != 1 || *size <= 40));
    assert_eq!(rig.sizes.iter().filter(|(conn, _, size)| *conn == 1 && *size == 40).count(), 3);
}

fn publish_as(rig: &mut Rig, qos: u8, id: u16, topic: &str, payload: &str, alias: u16) {
    rig.publish_with(5, qos, id, topic, payload, |p| {
        short(&mut p.properties.items, PropertyId::TopicAlias, alias);
    });
}

#[test]
fn a_client_may_set_use_and_change_every_alias_up_to_the_maximum() {
    let mut rig = Rig::good(V5);
    subscribed(&mut rig, 0);
    for (topic, payload, alias, wanted) in [
        ("t", "1", 1, "t=1 q0"),
        ("u", "2", 10, "u=2 q0"),
        ("", "3", 1, "t=3 q0"),
        ("v", "4", 1, "v=4 q0"),
        ("", "5", 1, "v=5 q0"),
        ("", "6", 10, "u=6 q0"),
        ("t", "7", 1, "t=7 q0"),
    ] {
        publish_as(&mut rig, 0, 0, topic, payload, alias);
        assert_eq!(rig.log(1), wanted);
    }
    // Set by a QoS 2 PUBLISH, and used before that one is released.
    publish_as(&mut rig, 2, 7, "w", "8", 2);
    publish_as(&mut rig, 1, 8, "", "9", 2);
    assert_eq!(rig.log(1), "w=8 q2 #1 | w=9 q1 #2");
    rig.ack(5, AckKind::Pubrel, 7);
    assert_eq!(rig.log(5), "pubrec #7 | puback #8 | pubcomp #7");
}

#[test]
fn an_illegal_alias_ends_the_connection_and_is_not_routed() {
    for (topic, alias, code) in [("t", 0, 0x94), ("t", 11, 0x94), ("", 11, 0x94), ("", 3, 0x82)] {
        let mut rig = Rig::good(V5);
        subscribed(&mut rig, 0);
        publish_as(&mut rig, 1, 7, topic, "m", alias);
        assert_eq!(rig.log(5), format!("disconnect {code:02x} | closed"), "{topic} under {alias}");
        assert_eq!(rig.log(1), "");
    }
}

#[test]
fn what_a_client_set_dies_with_its_connection() {
    let mut rig = Rig::good(V5);
    subscribed(&mut rig, 0);
    publish_as(&mut rig, 0, 0, "t", "m", 1);
    rig.lose(5, false);
    rig.connect(6, "p", false);
    rig.skip();
    rig.publish_with(6, 0, 0, "", "m", |p| short(&mut p.properties.items, PropertyId::TopicAlias, 1));
    assert_eq!((rig.log(6).as_str(), rig.log(1).as_str()), ("disconnect 82 | closed", ""));
}
