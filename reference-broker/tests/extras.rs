//! Reason String, User Property and Response Information: when they are there, and that they go first where there is no room.

mod rig;

use deadzone_reference_broker::{Config, Defect, Secrets, Variant};
use deadzone_wire::{
    AckKind::{Puback, Pubcomp, Pubrec, Pubrel},
    Auth, Connect, Packet, Properties, PropertyId, PropertyValue, Version,
    Version::V5,
};
use rig::{Rig, add_will, binary, byte, number, short, text};

fn telling(version: Version, config: Config) -> Rig {
    let mut rig = Rig::new(version, config);
    rig.shows_reason_string = true;
    rig
}

#[test]
fn a_failure_says_why_in_5_0_and_a_success_does_not() {
    let mut rig = telling(V5, Config::default());
    rig.connect(1, "c", true);
    assert_eq!(rig.log(1), "connack 0 00");
    rig.publish(1, 1, 1, "t", "m");
    rig.unsubscribe(1, "t");
    assert_eq!(rig.log(1), "puback #1 | unsuback [11]", "nothing below 0x80");
    rig.ack(1, Pubrec, 9);
    assert_eq!(rig.log(1), "pubrel #9 92 (Packet Identifier not found)");
    rig.send(1, &Packet::from(Connect::new(V5, "c")));
    assert_eq!(rig.log(1), "disconnect 82 (Protocol Error) | closed");
    rig.connect_with(2, "d", true, |c| c.protocol_name = "MQTX".into());
    assert_eq!(rig.log(2), "connack 0 84 (Unsupported Protocol Version) | closed");
    let mut rig = telling(Version::V311, Config::default());
    rig.connect_with(1, "", false, |_| {});
    assert_eq!(rig.log(1), "connack 0 02 | closed", "no version before 5.0 has a place for it");
}

#[test]
fn who_asks_for_no_problem_information_is_told_in_connack_and_disconnect_alone() {
    let mut rig = telling(V5, Config::default());
    rig.connect_with(1, "c", true, |c| {
        byte(&mut c.properties.items, PropertyId::RequestProblemInformation, 0);
    });
    rig.skip();
    rig.ack(1, Pubrec, 9);
    assert_eq!(rig.log(1), "pubrel #9 92");
    rig.send(1, &Packet::from(Connect::new(V5, "c")));
    assert_eq!(rig.log(1), "disconnect 82 (Protocol Error) | closed");
}

/// `disconnect 82` takes 4 bytes bare, 4 and 3 and 14 with its text.
#[test]
fn the_reason_string_goes_where_there_is_no_room_for_it() {
    for (limit, wanted) in [(19, "disconnect 82 | closed"), (22, "disconnect 82 (Protocol Error) | closed")] {
        let mut rig = telling(V5, Config::default());
        rig.connect_with(1, "c", true, |c| {
            number(&mut c.properties.items, PropertyId::MaximumPacketSize, limit);
        });
        rig.skip();
        rig.send(1, &Packet::from(Connect::new(V5, "c")));
        assert_eq!(rig.log(1), wanted, "{limit} bytes");
    }
}

/// Plays a client with this limit through every packet that a broker sends; nothing that it gets is longer.
fn all_packets(config: Config, limit: u32) -> usize {
    let mut rig = Rig::new(V5, config);
    let method = |properties: &mut Properties| {
        text(&mut properties.items, PropertyId::AuthenticationMethod, "OAUTHBEARER");
    };
    let narrow = |c: &mut Connect| {
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, limit);
        byte(&mut c.properties.items, PropertyId::RequestResponseInformation, 1);
        short(&mut c.properties.items, PropertyId::TopicAliasMaximum, 2);
        c.keep_alive_s = 60;
    };
    rig.connect_with(1, "c", true, |c| {
        narrow(c);
        method(&mut c.properties);
    });
    let mut properties = Properties::new();
    method(&mut properties);
    let token = format!("n,,\u{1}auth=Bearer {}\u{1}\u{1}", Secrets::TOKEN);
    binary(&mut properties.items, PropertyId::AuthenticationData, token.as_bytes());
    rig.send(1, &Packet::Auth(Auth { reason: Some(0x18), properties: Some(properties), ..Auth::default() }));
    // Where the method has no room it goes without, and without a name it has to be told one.
    for (conn, id) in [(2, "c"), (3, "")] {
        rig.connect_with(conn, id, true, narrow);
        rig.subscribe(conn, "t", 2);
        rig.connect(9, "p", true);
        for (qos, id) in [(0, 0), (1, 1), (2, 2)] {
            rig.publish_with(9, qos, id, "t", &"x".repeat(usize::from(id) * 9), |p| p.retain = true);
        }
        rig.subscribe(conn, "t", 1);
        rig.publish(conn, 1, 1, "other", "m");
        rig.publish(conn, 2, 2, "other", "m");
        for (kind, id) in [(Pubrel, 2), (Pubrel, 77), (Puback, 1), (Pubrec, 2), (Pubcomp, 2), (Pubrec, 78)] {
            rig.ack(conn, kind, id);
        }
        rig.unsubscribe(conn, "t");
        rig.connect_with(conn + 10, "w", true, |c| add_will(c, 1, false, 0));
        rig.send(conn, &Packet::from(Connect::new(V5, "c")));
        rig.lose(9, true);
        rig.lose(conn + 10, true);
    }
    rig.connect_with(4, "d", true, |c| {
        narrow(c);
        c.protocol_name = "MQTX".into();
    });
    let sent: Vec<_> = rig.sizes.iter().filter(|(conn, ..)| *conn <= 4).collect();
    for (conn, kind, size) in &sent {
        assert!(*size <= limit as usize, "{kind} of {size} bytes to {conn}, which takes {limit}");
    }
    sent.len()
}

#[test]
fn no_packet_is_over_the_clients_maximum_packet_size() {
    let mut sent = 0;
    for limit in 1..=120 {
        sent += all_packets(Config::default(), limit);
        let variants = [
            Variant::ReasonStringEverywhere,
            Variant::UserPropertyEverywhere,
            Variant::AutomaticSubscription,
        ];
        sent += all_packets(Config::with_variants(variants), limit);
    }
    assert!(sent > 120 * 2 * 10, "{sent} packets were looked at");
}

#[test]
#[should_panic(expected = "PUBACK of")]
fn one_that_is_over_it_would_be_seen() {
    all_packets(Config::with_defects([Defect::ReasonStringUnboundedInPuback]), 60);
}

fn asks(c: &mut Connect) {
    byte(&mut c.properties.items, PropertyId::RequestResponseInformation, 1);
}

#[test]
fn who_asks_is_told_where_responses_go() {
    let mut rig = Rig::good(V5);
    rig.connect_with(1, "c", true, asks);
    assert_eq!(rig.told(PropertyId::ResponseInformation), "responses/c");
    rig.connect_with(2, "", true, asks);
    assert_eq!(rig.told(PropertyId::ResponseInformation), "responses/assigned1");
    rig.connect_with(3, "a+b", true, asks);
    assert_eq!(rig.told(PropertyId::ResponseInformation), "none", "no topic has a wildcard");
    rig.connect_with(4, &"x".repeat(65_535), true, asks);
    assert_eq!(rig.told(PropertyId::ResponseInformation), "none", "no string is so long");
    rig.connect_with(5, &"x".repeat(100), true, |c| {
        asks(c);
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, 100);
    });
    assert_eq!(rig.log(5), "connack 0 00");
    assert_eq!(rig.told(PropertyId::ResponseInformation), "none", "it has no room");
    rig.connect_with(6, "e", true, |c| {
        byte(&mut c.properties.items, PropertyId::RequestResponseInformation, 0);
    });
    assert_eq!(rig.told(PropertyId::ResponseInformation), "none", "it says that it wants none");
}

#[test]
fn response_topic_and_correlation_data_go_through_and_none_is_added() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 0);
    rig.connect(5, "p", true);
    rig.skip();
    for (payload, property) in [
        ("answer me", Some((PropertyId::ResponseTopic, PropertyValue::Text("responses/p".into())))),
        ("and this", Some((PropertyId::CorrelationData, PropertyValue::Binary(vec![0, 1, 2].into())))),
        ("not this", None),
    ] {
        rig.publish_with(5, 0, 0, "t", payload, |p| {
            property.iter().for_each(|(id, value)| p.properties.push(*id, value.clone()));
        });
        let seen = rig.publishes.last().map(|p| p.properties.clone()).expect("a PUBLISH");
        let wanted: Properties =
            property.into_iter().fold(Properties::new(), |all, (id, value)| all.with(id, value));
        assert_eq!(seen, wanted, "{payload}");
    }
}
