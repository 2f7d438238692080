//! Packets by themselves: well formed, within the client's limits, with aliases that mean something.

use bytes::Bytes;
use deadzone_history::{ConnId, Direction, End, EventKind, HandMade, Purpose, Start, Unframable, Unframed};
use deadzone_wire::{Connack, Frame, Packet, PropertyId, PropertyValue, Publish, Suback, Subscribe, Version};

use crate::support::{BOTH, by, found, legal};

fn subscribed(h: &mut HandMade) -> ConnId {
    let c = h.client("c");
    let conn = h.connect(c, Start::Clean);
    h.subscribe(conn, 1, "dz1/#", 2);
    conn
}

#[test]
fn malformed_packets_of_the_broker_are_found_by_their_clauses() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let conn = subscribed(&mut h);
        h.down(conn, Publish::new("dz1/t", 1, Some(0), "zero id"));
        found(h, &[("well-formed", by(v, "MQTT-2.3.1-1", "MQTT-2.2.1-4"))]);

        let mut h = HandMade::new(v);
        let conn = subscribed(&mut h);
        h.down(conn, Publish { dup: true, ..Publish::new("dz1/t", 0, None, "dup") });
        found(h, &[("well-formed", "MQTT-3.3.1-2")]);

        let mut h = HandMade::new(v);
        let c = h.client("c");
        let connect = h.connect_packet(c, Start::Clean);
        h.connect_with(c, connect, Connack::new(v, true, if v == Version::V5 { 0x87 } else { 5 }));
        found(h, &[("well-formed", by(v, "MQTT-3.2.2-4", "MQTT-3.2.2-6"))]);
    }
}

#[test]
fn what_the_version_does_not_have_is_malformed() {
    let mut h = HandMade::new(Version::V311);
    let conn = subscribed(&mut h);
    h.frame(conn, Direction::Down, End::Broker, &Frame::new(0xe0, Bytes::new()), Purpose::Script);
    found(h, &[("nothing-after-the-end", "DZ-server-disconnect")]);
}

#[test]
fn malformed_packets_of_the_client_are_not_the_brokers() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let conn = subscribed(&mut h);
        h.frame(
            conn,
            Direction::Up,
            End::Broker,
            &Frame::new(0x36, &b"\0\x05dz1/t\0\x01"[..]),
            Purpose::Script,
        );
        h.broker_closes(conn);
        legal(h);
    }
}

#[test]
fn a_stream_that_cannot_be_framed_is_the_brokers_unless_it_is_our_bound() {
    for v in BOTH {
        let bytes: [&[u8]; 2] = [&[0x30, 0xff, 0xff, 0xff, 0xff, 1], &[0x30, 0xff, 0xff, 0xff, 0x7f]];
        for (bytes, wrong) in bytes.into_iter().zip([true, false]) {
            let mut h = HandMade::new(v);
            let conn = subscribed(&mut h);
            let (direction, end) = (Direction::Down, End::Broker);
            let too_large = Unframable::TooLarge { declared: 268_435_455, limit: 1 };
            let why = if wrong { Unframable::OverlongLength } else { too_large };
            let bytes = Bytes::from_static(bytes);
            h.event(EventKind::Unframed(Box::new(Unframed { conn, direction, end, why, bytes })));
            if wrong {
                found(h, &[("well-formed", by(v, "DZ-remaining-length", "DZ-overlong-varint"))]);
            } else {
                legal(h);
            }
        }
    }
}

#[test]
fn packets_fit_the_clients_maximum() {
    for (size, fits) in [(20, true), (19, false)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.properties.push(PropertyId::MaximumPacketSize, PropertyValue::U32(size));
        let conn = h.connect_with(c, connect, Connack::new(Version::V5, false, 0));
        h.subscribe(conn, 1, "dz1/#", 0);
        let packet = Packet::Publish(Publish::new("dz1/t", 0, None, "0123456789"));
        assert_eq!(packet.encode(Version::V5).wire_len(), 20);
        h.down(conn, packet);
        if fits { legal(h) } else { found(h, &[("maximum-packet-size", "MQTT-3.1.2-24")]) }
    }
}

fn aliased(topic: &str, alias: u16, payload: &str) -> Publish {
    let mut publish = Publish::new(topic, 0, None, payload.as_bytes().to_vec());
    publish.properties.push(PropertyId::TopicAlias, PropertyValue::U16(alias));
    publish
}

fn alias_case(maximum: u16, publishes: Vec<Publish>) -> HandMade {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let mut connect = h.connect_packet(c, Start::Clean);
    connect.properties.push(PropertyId::TopicAliasMaximum, PropertyValue::U16(maximum));
    let conn = h.connect_with(c, connect, Connack::new(Version::V5, false, 0));
    h.subscribe(conn, 1, "dz1/#", 0);
    for publish in publishes {
        h.down(conn, publish);
    }
    h
}

#[test]
fn aliases_are_within_the_maximum_and_known() {
    let twice = || vec![aliased("dz1/t", 2, "a"), aliased("", 2, "b")];
    legal(alias_case(2, twice()));
    found(alias_case(1, twice()), &[("topic-alias", "MQTT-3.1.2-26")]);
    found(alias_case(0, twice()), &[("topic-alias", "MQTT-3.1.2-27")]);
    let unknown = vec![aliased("", 2, "b")];
    found(alias_case(2, unknown), &[("topic-alias", "MQTT-3.3.2-7")]);
}

#[test]
fn suback_has_as_many_codes_as_filters() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Clean);
        let mut subscribe = Subscribe::new(1, "dz1/a", 0);
        subscribe.filters.push(("dz1/b".into(), 1));
        h.up(conn, subscribe);
        h.down(conn, Suback::new(1, vec![0]));
        found(h, &[("acknowledgements", by(v, "MQTT-3.8.4-5", "MQTT-3.8.4-6"))]);
    }
}
