//! Publishing, subscribing, flow control and 5.0's properties, where the table of defects does not reach.

mod rig;

use AckKind::{Puback, Pubcomp, Pubrec};
use deadzone_reference_broker::{Broker, Config, ConnId, Effect, Limits};
use deadzone_wire::{
    Ack, AckKind, Auth, Connect, Frame, Framer, Packet, PropertyId, PropertyValue, Publish, Sender,
    Subscribe, Text, Version, Version::V5, decode,
};
use rig::{ALL, Rig, SECOND, number, short};

fn pair(rig: &mut Rig, filter: &str, options: u8) {
    rig.connect(1, "s", false);
    rig.subscribe(1, filter, options);
    rig.connect_with(5, "p", true, |c| c.keep_alive_s = 0);
    rig.skip();
}

fn after(log: &str, skip: usize) -> String {
    log.split(" | ").skip(skip).collect::<Vec<_>>().join(" | ")
}

#[test]
fn overlapping_subscriptions_give_one_copy_with_the_highest_qos_and_every_identifier() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "s", true);
    rig.subscribe_as(1, "t/#", 2, 10);
    rig.subscribe_as(1, "t/+", 1, 300);
    rig.subscribe(1, "t/a", 0);
    rig.skip();
    rig.publish(1, 2, 1, "t/a", "m");
    let log = rig.log(1);
    assert!(log.starts_with("t/a=m q2 #1 s") && log.contains(" s10") && log.contains(" s300"), "{log}");
}

#[test]
fn retain_handling_and_retain_as_published() {
    let mut rig = Rig::good(V5);
    rig.connect(5, "p", true);
    rig.publish_with(5, 1, 1, "t", "m", |p| p.retain = true);
    rig.connect(1, "s", true);
    rig.skip();
    for (options, wanted) in [(0x20, ""), (0x10, ""), (0x00, "t=m q0 retain"), (0x01, "t=m q1 #1 retain")] {
        rig.subscribe(1, "t", options);
        assert_eq!(after(&rig.log(1), 1), wanted, "options {options:02x}");
    }
    rig.unsubscribe(1, "t");
    rig.skip();
    rig.subscribe(1, "t", 0x10 | 0x08);
    assert_eq!(after(&rig.log(1), 1), "t=m q0 retain", "a new subscription");
    rig.publish_with(5, 1, 1, "t", "n", |p| p.retain = true);
    assert_eq!(rig.log(1), "t=n q0 retain", "as published");
}

#[test]
fn a_filter_given_again_replaces_and_brings_retained_messages_again() {
    let mut rig = Rig::good(Version::V311);
    pair(&mut rig, "t", 2);
    rig.publish_with(5, 1, 1, "t", "m", |p| p.retain = true);
    assert_eq!(rig.log(1), "t=m q1 #1");
    rig.subscribe(1, "t", 0);
    assert_eq!(rig.log(1), "suback [00] | t=m q0 retain");
    rig.publish(5, 1, 2, "t", "n");
    assert_eq!(rig.log(1), "t=n q0");
}

#[test]
fn many_filters_have_one_answer_in_their_order() {
    for version in ALL {
        let mut rig = Rig::good(version);
        rig.connect(1, "s", true);
        let mut subscribe = Subscribe::new(3, "a", 2);
        subscribe.filters.extend([(Text::from("b"), 0), (Text::from("c"), 1)]);
        rig.skip();
        rig.send(1, &Packet::Subscribe(subscribe));
        assert_eq!(rig.log(1), "suback [02, 00, 01]");
        rig.unsubscribe(1, "a");
        rig.unsubscribe(1, "x");
        let wanted =
            if version == V5 { "unsuback [00] | unsuback [11]" } else { "unsuback [] | unsuback []" };
        assert_eq!(rig.log(1), wanted);
    }
}

#[test]
fn shared_subscriptions_are_of_5_0_and_well_formed() {
    for (version, filter, options, code) in [
        (Version::V311, "$share/g/t", 0, "suback [80]"),
        (V5, "$share/g/t", 1, "suback [01]"),
        (V5, "$share/g", 0, "disconnect 8f | closed"),
        (V5, "$share//t", 0, "disconnect 8f | closed"),
        (V5, "$share/g+/t", 0, "disconnect 8f | closed"),
        (V5, "$share/g/t", 4, "disconnect 82 | closed"),
    ] {
        let mut rig = Rig::good(version);
        rig.connect(1, "s", true);
        rig.skip();
        rig.subscribe(1, filter, options);
        assert_eq!(rig.log(1), code, "{filter}");
    }
}

#[test]
fn a_message_goes_to_one_member_of_a_group_in_turn() {
    let mut rig = Rig::good(V5);
    rig.connect(9, "p", true);
    rig.publish_with(9, 0, 0, "t", "kept", |publish| publish.retain = true);
    for (conn, id) in [(1, "a"), (2, "b")] {
        rig.connect(conn, id, false);
        rig.subscribe(conn, "$share/g/t", 1);
    }
    rig.connect(3, "other", true);
    rig.subscribe(3, "$share/h/#", 0);
    rig.skip();
    rig.publish(9, 0, 0, "t", "1");
    rig.publish(9, 0, 0, "t", "2");
    assert_eq!((rig.log(1).as_str(), rig.log(2).as_str()), ("t=1 q0", "t=2 q0"));
    assert_eq!(rig.log(3), "t=1 q0 | t=2 q0", "each group has its own");
    // One that is away gets nothing while another one is connected, and one that left nothing at all.
    rig.lose(1, false);
    rig.publish(9, 0, 0, "t", "3");
    rig.publish(9, 0, 0, "t", "4");
    assert_eq!(rig.log(2), "t=3 q0 | t=4 q0");
    rig.unsubscribe(2, "$share/g/t");
    rig.skip();
    rig.publish(9, 1, 7, "t", "5");
    assert_eq!(rig.log(2), "");
    rig.skip();
    rig.connect(4, "a", false);
    assert_eq!(rig.log(4), "connack 1 00 | t=5 q1 #1");
}

#[test]
fn the_quota_is_the_counter_of_section_4_9() {
    let mut rig = Rig::good(V5);
    let connect = |rig: &mut Rig, conn, clean, maximum| {
        rig.connect_with(conn, "s", clean, |c| {
            short(&mut c.properties.items, PropertyId::ReceiveMaximum, maximum);
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
        });
    };
    connect(&mut rig, 1, true, 2);
    rig.subscribe(1, "t", 2);
    rig.connect(5, "p", true);
    rig.skip();
    for id in 1..=6 {
        rig.publish(5, 2, id, "t", "m");
    }
    assert_eq!(rig.log(1), "t=m q2 #1 | t=m q2 #2");
    for _ in 0..5 {
        rig.ack(1, Puback, 99);
    }
    assert_eq!(rig.log(1), "", "strangers return no quota");
    rig.ack(1, Pubrec, 1);
    assert_eq!(rig.log(1), "pubrel #1", "a PUBREC returns none");
    rig.ack(1, Pubcomp, 1);
    assert_eq!(rig.log(1), "t=m q2 #3");
    rig.send(1, &Packet::Ack(Ack::with_reason(Pubrec, 2, 0x97)));
    assert_eq!(rig.log(1), "t=m q2 #4", "a refusal ends the exchange and returns one, without PUBREL");
    rig.ack(1, Pubrec, 3);
    rig.lose(1, true);
    connect(&mut rig, 2, false, 1);
    assert_eq!(rig.log(2), "connack 1 00 | t=m q2 #4 dup | pubrel #3", "the window is the new connection's");
    rig.ack(2, Pubcomp, 3);
    assert_eq!(rig.log(2), "t=m q2 #5", "a carried PUBREL returns a unit that it never cost");
}

#[test]
fn pubrels_are_resent_in_the_order_of_their_pubrecs() {
    for version in ALL {
        let mut rig = Rig::good(version);
        pair(&mut rig, "t", 2);
        for id in 1..=4 {
            rig.publish(5, 2, id, "t", "m");
        }
        rig.ack(1, Pubrec, 3);
        rig.ack(1, Pubrec, 1);
        rig.lose(1, true);
        rig.connect(2, "s", false);
        let wanted = "t=m q2 #2 dup | t=m q2 #4 dup | pubrel #3 | pubrel #1";
        assert_eq!(after(&rig.log(2), 1), wanted);
        rig.ack(2, Pubrec, 3);
        assert_eq!(rig.log(2), "pubrel #3", "each PUBREC gets a PUBREL");
    }
}

#[test]
fn an_acknowledgement_of_the_wrong_kind_is_a_violation() {
    for (version, wanted) in [(Version::V311, "closed"), (V5, "disconnect 82 | closed")] {
        let mut rig = Rig::good(version);
        pair(&mut rig, "t", 2);
        rig.publish(5, 2, 1, "t", "m");
        rig.skip();
        rig.ack(1, Puback, 1);
        assert_eq!(rig.log(1), wanted);
    }
}

#[test]
fn live_messages_do_not_overtake_what_waits() {
    let mut rig =
        Rig::new(V5, Config { limits: Limits { inflight: 1, ..Limits::default() }, ..Config::default() });
    pair(&mut rig, "t", 1);
    rig.lose(1, false);
    for (id, payload) in [(1, "1"), (2, "2")] {
        rig.publish(5, 1, id, "t", payload);
    }
    rig.connect(2, "s", false);
    rig.publish(5, 1, 3, "t", "3");
    let mut seen = after(&rig.log(2), 1);
    for id in 1..=2 {
        rig.ack(2, Puback, id);
        seen += " | ";
        seen += &rig.log(2);
    }
    assert_eq!(seen, "t=1 q1 #1 | t=2 q1 #2 | t=3 q1 #3");
}

#[test]
fn message_expiry_deletes_what_was_not_started_and_nothing_else() {
    let mut rig = Rig::good(V5);
    pair(&mut rig, "t", 1);
    let expiring = |rig: &mut Rig, id, payload: &str, s| {
        rig.publish_with(5, 1, id, "t", payload, |p| {
            number(&mut p.properties.items, PropertyId::MessageExpiryInterval, s);
        });
    };
    expiring(&mut rig, 1, "started", 5);
    rig.lose(1, false);
    expiring(&mut rig, 2, "late", 5);
    expiring(&mut rig, 3, "good", 60);
    rig.wait(10 * SECOND);
    rig.connect(2, "s", false);
    assert_eq!(after(&rig.log(2), 1), "t=started q1 #1 dup | t=good q1 #2");
}

/// The one PUBLISH that goes to connection 1 when connection 2 publishes `publish`, `waiting_s` before 1 comes back.
fn forwarded(publish: Publish, waiting_s: u64) -> Publish {
    let mut broker = Broker::new(Config::default());
    let send = |broker: &mut Broker, now_us, conn, packet: Packet| {
        broker.received(now_us, ConnId(conn), &packet.encode(V5).to_bytes());
    };
    let connect = |id| {
        let mut connect = Connect::new(V5, id);
        connect.set_clean(false);
        number(&mut connect.properties.items, PropertyId::SessionExpiryInterval, 1_000);
        Packet::from(connect)
    };
    for conn in [1, 2, 3] {
        broker.opened(0, ConnId(conn));
    }
    send(&mut broker, 0, 1, connect("s"));
    send(&mut broker, 0, 1, Packet::Subscribe(Subscribe::new(1, "#", 1)));
    broker.closed(0, ConnId(1), false);
    send(&mut broker, 0, 2, connect("p"));
    send(&mut broker, 0, 2, Packet::Publish(publish));
    send(&mut broker, waiting_s * SECOND + SECOND / 2, 3, connect("s"));
    let mut found = Vec::new();
    while let Some(effect) = broker.poll() {
        let Effect::Send { conn: ConnId(3), bytes } = effect else { continue };
        let mut framer = Framer::new(u32::MAX);
        framer.push(&bytes);
        let frame: Frame = framer.next().expect("whole").expect("framed");
        if let Packet::Publish(p) = decode(&frame, V5, Sender::Server).packet {
            found.push(p);
        }
    }
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn properties_are_forwarded_unaltered_and_in_order() {
    use PropertyId as Id;

    let user = |name: &str, value: &str| PropertyValue::Pair(name.into(), value.into());
    let mut publish = Publish::new("t", 1, Some(1), "m");
    let properties = &mut publish.properties;
    properties.push(Id::UserProperty, user("b", "1"));
    properties.push(Id::PayloadFormatIndicator, PropertyValue::Byte(1));
    properties.push(Id::UserProperty, user("a", "2"));
    properties.push(Id::MessageExpiryInterval, PropertyValue::U32(60));
    properties.push(Id::ContentType, PropertyValue::Text("text".into()));
    properties.push(Id::ResponseTopic, PropertyValue::Text("r".into()));
    properties.push(Id::CorrelationData, PropertyValue::Binary("c".into()));
    properties.push(Id::UserProperty, user("b", "1"));
    let mut wanted = properties.clone();
    properties.push(Id::TopicAlias, PropertyValue::U16(3));
    for item in &mut wanted.items {
        if let PropertyValue::U32(left) = &mut item.value {
            *left -= 7;
        }
    }
    assert_eq!(forwarded(publish, 7).properties, wanted);
}

#[test]
fn topic_aliases_live_with_the_connection() {
    let mut rig = Rig::good(V5);
    pair(&mut rig, "t", 0);
    let alias = |p: &mut Publish, n| short(&mut p.properties.items, PropertyId::TopicAlias, n);
    rig.publish_with(5, 0, 0, "t", "1", |p| alias(p, 10));
    rig.publish_with(5, 0, 0, "", "2", |p| alias(p, 10));
    assert_eq!(rig.log(1), "t=1 q0 | t=2 q0");
    rig.publish_with(5, 0, 0, "", "3", |p| alias(p, 9));
    assert_eq!(after(&rig.log(5), 0), "disconnect 82 | closed");
    rig.connect(6, "p", true);
    rig.publish_with(6, 0, 0, "", "4", |p| alias(p, 10));
    assert_eq!(after(&rig.log(6), 1), "disconnect 82 | closed", "not on the next connection");
    rig.connect(7, "p", true);
    rig.publish_with(7, 0, 0, "t", "5", |p| alias(p, 11));
    assert_eq!(after(&rig.log(7), 1), "disconnect 94 | closed");
}

#[test]
fn offences_end_the_connection_with_their_reason() {
    let cases: [(&[u8], &str); 8] = [
        (&[0x36, 6, 0, 1, b't', 0, 1, 0], "81"),
        (&[0x82, 3, 0, 1, 0], "82"),
        (&[0x82, 7, 0, 0, 0, 0, 1, b't', 0], "82"),
        (&[0x82, 8, 0, 1, 0, 0, 2, b't', b'#', 0], "8f"),
        (&[0x30, 4, 0, 1, b'#', 0], "90"),
        (&[0x30, 0xff, 0xff, 0xff, 0x7f], "95"),
        (&[0x30, 0xff, 0xff, 0xff, 0xff], "81"),
        (&[0xe1, 0], "81"),
    ];
    for (bytes, reason) in cases {
        let mut rig = Rig::good(V5);
        rig.connect(1, "c", true);
        rig.skip();
        rig.raw(1, bytes);
        assert_eq!(rig.log(1), format!("disconnect {reason} | closed"), "{bytes:02x?}");
    }
    let mut rig = Rig::good(V5);
    rig.connect(1, "c", true);
    rig.skip();
    rig.send(1, &Packet::Auth(Auth::default()));
    assert_eq!(rig.log(1), "disconnect 82 | closed");
}

#[test]
fn bytes_may_come_one_at_a_time_or_all_at_once() {
    for version in ALL {
        let mut bytes = Packet::from(Connect::new(version, "c")).encode(version).to_bytes().to_vec();
        bytes.extend_from_slice(&Packet::Subscribe(Subscribe::new(1, "t", 1)).encode(version).to_bytes());
        bytes.extend_from_slice(
            &Packet::Publish(Publish::new("t", 1, Some(5), "m")).encode(version).to_bytes(),
        );
        let wanted = "connack 0 00 | suback [01] | t=m q1 #1 | puback #5";
        let (mut slow, mut fast) = (Rig::good(version), Rig::good(version));
        slow.open(1);
        fast.open(1);
        bytes.iter().for_each(|b| slow.raw(1, &[*b]));
        fast.raw(1, &bytes);
        assert_eq!((slow.log(1).as_str(), fast.log(1).as_str()), (wanted, wanted));
    }
}
