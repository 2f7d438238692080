//! Bytes that the standards print, or that follow from their tables field by field; this codec did not make them.

mod support;

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Auth, Connack, Connect, Disconnect, Packet, Properties, PropertyId as Id,
    PropertyValue as Val, Publish, Sender, Suback, Subscribe, Unsubscribe, VarInt, Version, Will, decode,
};
use support::{frame, hex};

/// The packet has exactly these bytes, and these bytes are that packet without a fault.
fn same(version: Version, sender: Sender, packet: &Packet, bytes: &str) {
    assert_eq!(packet.encode(version).to_bytes()[..], hex(bytes), "{}", packet.summary());
    let decoded = decode(&frame(&hex(bytes)), version, sender);
    assert_eq!(&decoded.packet, packet);
    assert_eq!(decoded.violations, []);
}

/// 3.1.1 table 2.4, 5.0 table 1-1: the first and last value of each width.
#[test]
fn variable_byte_integer_table() {
    let table = [
        (0, "00"),
        (127, "7f"),
        (128, "80 01"),
        (16_383, "ff 7f"),
        (16_384, "80 80 01"),
        (2_097_151, "ff ff 7f"),
        (2_097_152, "80 80 80 01"),
        (268_435_455, "ff ff ff 7f"),
        // The worked examples of 3.1.1 §2.2.3.
        (64, "40"),
        (321, "c1 02"),
    ];
    for (value, bytes) in table {
        let mut out = Vec::new();
        VarInt::minimal(value).write(&mut out);
        assert_eq!(out, hex(bytes), "{value}");
        assert_eq!(VarInt::read(&hex(bytes)).map(|v| v.map(VarInt::value)), Ok(Some(value)));
    }
    assert!(VarInt::read(&hex("80 80 80 80 01")).is_err());
    assert_eq!(VarInt::read(&hex("80 80 80")), Ok(None));
}

/// 3.1.1 §1.5.3, 5.0 §1.5.4: "A" and U+2A6D4, five bytes of text.
#[test]
fn string_with_a_character_beyond_the_basic_plane() {
    let packet = Packet::Unsubscribe(Unsubscribe::new(10, "A\u{2a6d4}"));
    same(Version::V311, Sender::Client, &packet, "a2 09 000a 0005 41 f0 aa 9b 94");
}

/// 3.1.1 §3.1.2.3 figure 3.6: name, level, user name, password, will at QoS 1, clean session, keep alive 10.
#[test]
fn connect_variable_header_311() {
    let mut connect = Connect { keep_alive_s: 10, ..Connect::new(Version::V311, "") };
    connect.set_will(
        Will { properties: Properties::new(), topic: "w".into(), payload: Bytes::new() },
        1,
        false,
    );
    connect.set_username("u".into());
    connect.set_password("p".into());
    let bytes = "10 17  0004 4d 51 54 54  04  ce  000a  0000  0001 77  0000  0001 75  0001 70";
    same(Version::V311, Sender::Client, &Packet::from(connect), bytes);
}

/// 5.0 §3.1.2.11 figure 3-6: the same with Session Expiry Interval 10.
#[test]
fn connect_variable_header_5() {
    let mut connect = Connect { keep_alive_s: 10, ..Connect::new(Version::V5, "") };
    connect.properties.push(Id::SessionExpiryInterval, Val::U32(10));
    connect.set_will(
        Will { properties: Properties::new(), topic: "w".into(), payload: Bytes::new() },
        1,
        false,
    );
    connect.set_username("u".into());
    connect.set_password("p".into());
    let bytes =
        "10 1e  0004 4d 51 54 54  05  ce  000a  05 11 0000000a  0000  00 0001 77  0000  0001 75  0001 70";
    same(Version::V5, Sender::Client, &Packet::from(connect), bytes);
}

/// MQTT 3.1 names itself MQIsdp, level 3.
#[test]
fn connect_31() {
    let connect = Packet::from(Connect::new(Version::V31, "a"));
    same(Version::V31, Sender::Client, &connect, "10 0f  0006 4d 51 49 73 64 70  03  02  003c  0001 61");
}

/// 3.1.1 §3.3.2 figure 3.11, 5.0 §3.3.2.3 figure 3-9: topic "a/b", Packet Identifier 10.
#[test]
fn publish_variable_header() {
    let packet = Packet::Publish(Publish::new("a/b", 1, Some(10), ""));
    same(Version::V311, Sender::Client, &packet, "32 07  0003 61 2f 62  000a");
    same(Version::V5, Sender::Client, &packet, "32 08  0003 61 2f 62  000a  00");
    let Packet::Publish(publish) = packet else { unreachable!() };
    let flagged = Publish { dup: true, qos: 2, retain: true, payload: "x".into(), ..publish };
    same(Version::V311, Sender::Client, &Packet::Publish(flagged), "3d 08  0003 61 2f 62  000a  78");
}

/// 3.1.1 §3.8.3 figure 3.23: "a/b" at QoS 1 and "c/d" at QoS 2; 5.0 §3.8.3 has the same two.
#[test]
fn subscribe_payload() {
    let mut subscribe = Subscribe::new(10, "a/b", 1);
    subscribe.filters.push(("c/d".into(), 2));
    let packet = Packet::Subscribe(subscribe);
    same(Version::V311, Sender::Client, &packet, "82 0e  000a  0003 61 2f 62 01  0003 63 2f 64 02");
    same(Version::V5, Sender::Client, &packet, "82 0f  000a 00  0003 61 2f 62 01  0003 63 2f 64 02");
}

/// 3.1.1 §3.9.3 figure 3.26: granted QoS 0, granted QoS 2, failure.
#[test]
fn suback_payload() {
    let packet = Packet::Suback(Suback::new(10, [0x00, 0x02, 0x80]));
    same(Version::V311, Sender::Server, &packet, "90 05  000a  00 02 80");
    same(Version::V5, Sender::Server, &packet, "90 06  000a 00  00 02 80");
}

/// 3.1.1 §3.10.3 figure 3.30: "a/b" and "c/d".
#[test]
fn unsubscribe_payload() {
    let mut unsubscribe = Unsubscribe::new(10, "a/b");
    unsubscribe.filters.push("c/d".into());
    same(
        Version::V311,
        Sender::Client,
        &Packet::Unsubscribe(unsubscribe),
        "a2 0c  000a  0003 612f62  0003 632f64",
    );
}

/// The short forms of 5.0 and the three-byte form (§3.4.2.1, §3.14.2.1, §3.15.2.1).
#[test]
fn short_forms() {
    let of = |kind, reason| Packet::Ack(Ack { reason, ..Ack::new(kind, 7) });
    same(Version::V5, Sender::Server, &of(AckKind::Puback, None), "40 02 0007");
    same(Version::V5, Sender::Server, &of(AckKind::Pubrec, Some(0)), "50 03 0007 00");
    same(Version::V5, Sender::Server, &of(AckKind::Pubrel, None), "62 02 0007");
    same(Version::V5, Sender::Server, &of(AckKind::Pubcomp, Some(0x92)), "70 03 0007 92");
    same(Version::V5, Sender::Client, &Packet::Disconnect(Disconnect::default()), "e0 00");
    same(Version::V5, Sender::Server, &Packet::Disconnect(Disconnect::with_reason(0x8e)), "e0 01 8e");
    same(Version::V5, Sender::Server, &Packet::Auth(Auth::default()), "f0 00");
}

/// Every property with the type that 5.0 table 2-4 gives it, in a CONNACK where it may stand there.
#[test]
fn properties_by_type() {
    let text = |s: &str| Val::Text(s.into());
    let properties = Properties::new()
        .with(Id::SessionExpiryInterval, Val::U32(0x0102_0304))
        .with(Id::ReceiveMaximum, Val::U16(0x0506))
        .with(Id::MaximumQos, Val::Byte(1))
        .with(Id::AssignedClientIdentifier, text("i"))
        .with(Id::AuthenticationMethod, text("m"))
        .with(Id::AuthenticationData, Val::Binary(Bytes::from_static(b"\xff")))
        .with(Id::UserProperty, Val::Pair("k".into(), "v".into()));
    let packet =
        Packet::Connack(Connack { properties: Some(properties), ..Connack::new(Version::V5, true, 0) });
    let bytes = "20 20  01 00  1d  11 01020304  21 0506  24 01  12 0001 69  15 0001 6d  16 0001 ff  26 0001 6b 0001 76";
    same(Version::V5, Sender::Server, &packet, bytes);

    let properties = Properties::new()
        .with(Id::SubscriptionIdentifier, Val::Var(VarInt::minimal(321)))
        .with(Id::ResponseTopic, text("r"))
        .with(Id::TopicAlias, Val::U16(9));
    let publish = Publish { properties, ..Publish::new("t", 0, None, "x") };
    let bytes = "30 0f  0001 74  0a  0b c1 02  08 0001 72  23 0009  78";
    same(Version::V5, Sender::Server, &Packet::Publish(publish), bytes);
}
