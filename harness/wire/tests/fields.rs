//! Fields, patterns, names of codes and summaries: what scenario text and timelines are made of.

mod support;

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Connect, Disconnect, Field, Opaque, Packet, PacketKind, Pattern, Properties,
    PropertyId, PropertySort, PropertyValue, Publish, Sender, Suback, Subscribe, Unsuback, Unsubscribe,
    Value, Version, decode, reason_name,
};
use proptest::{prelude::*, sample::select};
use support::{VERSIONS, packets::packet};

fn number(n: u32) -> Value {
    Value::Number(n)
}

fn bytes(s: &'static str) -> Value {
    Value::Bytes(Bytes::from_static(s.as_bytes()))
}

fn pattern(kind: PacketKind, fields: &[(Field, Value)]) -> Pattern {
    Pattern { kind, fields: fields.to_vec() }
}

/// A value that every packet with the field takes.
fn legal(field: Field) -> Value {
    match field {
        Field::Topic
        | Field::Payload
        | Field::ClientId
        | Field::User
        | Field::Password
        | Field::WillTopic
        | Field::WillPayload
        | Field::Filter
        | Field::NthFilter(_) => bytes("z"),
        _ => match field.property().map(PropertyId::sort) {
            Some(PropertySort::Binary | PropertySort::Text) => bytes("z"),
            Some(PropertySort::Pair) => {
                Value::Pair(Bytes::from_static(b"name"), Bytes::from_static(b"value"))
            }
            _ => number(1),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// A field can be set where it applies; then it reads back, also from the wire, and no other field changed.
    #[test]
    fn what_is_set_reads_back((version, sender, before) in correct(), field in select(Field::all().collect::<Vec<_>>())) {
        let mut after = before.clone();
        let done = field.set(&mut after, &legal(field));
        let applies = field.applies_to(before.kind(), version);
        // Whether an answer failed is seen by its codes.
        prop_assert!(done || !applies || field == Field::Failure, "{field} of {}", before.summary());
        if !done {
            prop_assert_eq!(&after, &before);
            return Ok(());
        }
        prop_assert_eq!(field.get(&after), Some(legal(field)));
        // What is made with the field: the rest of a will, of a filter, the codes before an n-th.
        let made = |other: Field| {
            let group = |field| match field {
                Field::WillTopic | Field::WillPayload | Field::WillQos | Field::WillRetain => 1,
                Field::WillProperty(_) => 1,
                Field::Filter | Field::Options | Field::NthFilter(_) | Field::NthOptions(_) => 2,
                Field::Reason | Field::NthReason(_) => 3,
                _ => 0,
            };
            other.get(&before).is_none() && group(field) == group(other) && group(field) > 0
        };
        let codes = |field| matches!(field, Field::Reason | Field::NthReason(_));
        let follows = |other| codes(field) && other == Field::Failure || made(other);
        for other in Field::all().filter(|other| *other != field && !follows(*other)) {
            prop_assert_eq!(other.get(&after), other.get(&before), "{} changed {}", field, other);
        }
        // An identifier in a QoS 0 PUBLISH, or a QoS without one, is another packet when read.
        if applies && !matches!(field, Field::Id | Field::Qos) {
            let decoded = decode(&after.encode(version), version, sender);
            prop_assert_eq!(field.get(&decoded.packet), Some(legal(field)));
        }
    }
}

fn correct() -> impl Strategy<Value = (Version, Sender, Packet)> {
    select(&VERSIONS[..]).prop_flat_map(|v| packet(v).prop_map(move |(sender, packet)| (v, sender, packet)))
}

#[test]
fn wrong_values_are_refused() {
    let mut publish = Packet::Publish(Publish::new("t", 1, Some(7), "x"));
    let before = publish.clone();
    for (field, value) in [
        (Field::Id, number(65_536)),
        (Field::Id, bytes("7")),
        (Field::Qos, number(4)),
        (Field::Dup, number(2)),
        (Field::Topic, number(1)),
        (Field::Topic, Value::Bytes(vec![b'a'; 65_536].into())),
        (Field::SUB_ID, number(268_435_456)),
        (Field::Clean, number(1)),
        (Field::SessionPresent, number(1)),
        (Field::RECEIVE_MAX, number(1)),
        (Field::Reason, number(1)),
    ] {
        assert!(!field.set(&mut publish, &value), "{field}");
        assert_eq!(publish, before);
    }
    let mut old = Packet::from(Connect::new(Version::V311, "c"));
    assert!(!Field::EXPIRY.set(&mut old, &number(1)));
    assert_eq!(Field::EXPIRY.get(&old), None);
    assert!(!Field::Id.set(&mut Packet::Bare(Bare::pingreq()), &number(1)));
}

#[test]
fn fields_are_made_where_they_were_left_out() {
    let mut packet = Packet::Subscribe(Subscribe { filters: vec![], ..Subscribe::new(1, "", 0) });
    assert!(!Field::Options.set(&mut packet, &number(1)));
    assert!(Field::Filter.set(&mut packet, &bytes("a")) && Field::Options.set(&mut packet, &number(1)));
    assert_eq!(packet, Packet::Subscribe(Subscribe::new(1, "a", 1)));

    let mut packet = Packet::Disconnect(Disconnect::default());
    assert_eq!(Field::Reason.get(&packet), Some(number(0)));
    assert!(Field::EXPIRY.set(&mut packet, &number(5)));
    assert_eq!(packet.encode(Version::V5).to_bytes()[..], support::hex("e0 07 00 05 11 00000005"));

    let mut packet = Packet::Publish(Publish::new("t", 0, None, ""));
    assert_eq!(Field::Id.get(&packet), None);
    assert!(Field::Qos.set(&mut packet, &number(1)) && Field::Id.set(&mut packet, &number(7)));
    assert_eq!(packet, Packet::Publish(Publish::new("t", 1, Some(7), "")));
}

#[test]
fn the_names_come_back() {
    for field in Field::all() {
        assert_eq!(field.name().parse(), Ok(field));
    }
    assert!("Id".parse::<Field>().is_err());
}

#[test]
fn a_pattern_says_what_did_not_match() {
    let pubrec = Packet::Ack(Ack::new(AckKind::Pubrec, 7));
    assert_eq!(pattern(PacketKind::Pubrec, &[]).matches(&pubrec), Ok(()));
    assert_eq!(pattern(PacketKind::Pubrec, &[(Field::Id, number(7))]).matches(&pubrec), Ok(()));
    let miss = pattern(PacketKind::Pubrec, &[(Field::Id, number(8))]).matches(&pubrec).unwrap_err();
    assert_eq!((miss.field, &*miss.wanted, &*miss.got), (Some(Field::Id), "id=8", "id=7"));
    let miss = Pattern::of(PacketKind::Puback).matches(&pubrec).unwrap_err();
    assert_eq!((miss.field, &*miss.wanted, &*miss.got), (None, "PUBACK", "PUBREC"));
    let publish = Packet::Publish(Publish::new("t", 0, None, "a\n"));
    let miss = pattern(PacketKind::Publish, &[(Field::Id, number(8))]).matches(&publish).unwrap_err();
    assert_eq!((&*miss.wanted, &*miss.got), ("id=8", "no id"));
    let miss = pattern(PacketKind::Publish, &[(Field::Payload, bytes("b"))]).matches(&publish).unwrap_err();
    assert_eq!((&*miss.wanted, &*miss.got), (r#"payload="b""#, r#"payload="a\n""#));
    let opaque = Packet::Opaque(Opaque { kind: PacketKind::Pubrec, body: Bytes::new() });
    assert_eq!(
        Pattern::of(PacketKind::Pubrec).matches(&opaque).unwrap_err().got,
        "PUBREC that cannot be taken apart"
    );
}

#[test]
fn a_failure_matches_only_where_the_reason_is_given() {
    let ack = |code| Packet::Ack(Ack::with_reason(AckKind::Pubcomp, 7, code));
    let cases = [
        (ack(0x10), 0x10, true),
        (ack(0x92), 0x92, false),
        (Packet::Connack(Connack::new(Version::V311, false, 0)), 0, true),
        (Packet::Connack(Connack::new(Version::V311, false, 5)), 5, false),
        (Packet::Connack(Connack::new(Version::V5, false, 0x87)), 0x87, false),
        (Packet::Suback(Suback::new(1, [2])), 2, true),
        (Packet::Suback(Suback::new(1, [0x80])), 0x80, false),
        (Packet::Suback(Suback::new(1, [1, 0x80])), 1, false),
        (Packet::Unsuback(Unsuback::new(1, [0x11])), 0x11, true),
        (Packet::Unsuback(Unsuback::new(1, [0x87])), 0x87, false),
        (Packet::Disconnect(Disconnect::with_reason(0x8e)), 0x8e, true),
    ];
    for (packet, code, alone) in cases {
        assert_eq!(Pattern::of(packet.kind()).matches(&packet).is_ok(), alone, "{}", packet.summary());
        let given = pattern(packet.kind(), &[(Field::Reason, number(code))]);
        assert_eq!(given.matches(&packet), Ok(()));
        let other = pattern(packet.kind(), &[(Field::Reason, number(code + 1))]);
        assert_eq!(other.matches(&packet).unwrap_err().field, Some(Field::Reason));
    }
    let miss = Pattern::of(PacketKind::Pubcomp).matches(&ack(0x92)).unwrap_err();
    assert_eq!(miss.got, "reason=0x92 Packet Identifier not found");
}

#[test]
fn codes_have_the_names_of_their_packet() {
    use PacketKind as K;

    assert_eq!(reason_name(Version::V5, K::Pubcomp, 0x92), Some("Packet Identifier not found"));
    assert_eq!(reason_name(Version::V5, K::Puback, 0x92), None);
    assert_eq!(reason_name(Version::V311, K::Pubcomp, 0x92), None);
    assert_eq!(reason_name(Version::V311, K::Connack, 2), Some("Connection Refused: identifier rejected"));
    assert_eq!(reason_name(Version::V5, K::Connack, 2), None);
    assert_eq!(reason_name(Version::V5, K::Disconnect, 0), Some("Normal disconnection"));
    assert_eq!(reason_name(Version::V5, K::Suback, 0), Some("Granted QoS 0"));
    // The rows of each table in 5.0, counted by hand.
    let rows = [
        (K::Connack, 22),
        (K::Puback, 9),
        (K::Pubrec, 9),
        (K::Pubrel, 2),
        (K::Pubcomp, 2),
        (K::Suback, 12),
        (K::Unsuback, 7),
        // One more than the table, for 0x8c of the overview.
        (K::Disconnect, 30),
        (K::Auth, 3),
        (K::Publish, 0),
    ];
    for (kind, wanted) in rows {
        let listed = (0..=255).filter(|code| reason_name(Version::V5, kind, *code).is_some()).count();
        assert_eq!(listed, wanted, "{kind}");
    }
}

#[test]
fn summaries() {
    let mut connect = Connect::new(Version::V5, "c1");
    connect.properties.push(PropertyId::SessionExpiryInterval, PropertyValue::U32(300));
    let again = Publish { dup: true, ..Publish::new("t/x", 2, Some(7), "once") };
    let refused = Connack { properties: Some(Properties::new()), ..Connack::new(Version::V5, false, 0x87) };
    let cases = [
        (Packet::from(connect), r#"CONNECT clean=1 keepalive=60 expiry=300 id="c1""#),
        (Packet::Connack(Connack::new(Version::V311, true, 0)), "CONNACK rc=0x00 session_present=1"),
        (Packet::Connack(refused), "CONNACK rc=0x87 Not authorized session_present=0"),
        (Packet::Publish(again), r#"PUBLISH q2 id=7 dup "t/x" 4B "once""#),
        (Packet::Publish(Publish::new("\u{1b}[31m", 0, None, "")), r#"PUBLISH q0 "\x1b[31m" 0B"#),
        (Packet::Ack(Ack::new(AckKind::Pubrec, 7)), "PUBREC id=7"),
        (
            Packet::Ack(Ack::with_reason(AckKind::Pubcomp, 7, 0x92)),
            "PUBCOMP id=7 rc=0x92 Packet Identifier not found",
        ),
        (Packet::Subscribe(Subscribe::new(1, "a/#", 1)), r#"SUBSCRIBE id=1 "a/#" q1"#),
        (Packet::Suback(Suback::new(1, [0, 0x80])), "SUBACK id=1 rc=0x00 rc=0x80 Unspecified error"),
        (Packet::Unsubscribe(Unsubscribe::new(1, "a")), r#"UNSUBSCRIBE id=1 "a""#),
        (Packet::Bare(Bare::pingreq()), "PINGREQ"),
        (Packet::Disconnect(Disconnect::with_reason(0x8e)), "DISCONNECT rc=0x8e Session taken over"),
    ];
    for (packet, wanted) in cases {
        assert_eq!(packet.summary(), wanted);
    }
}

proptest! {
    #[test]
    fn summaries_are_short_and_harmless(first: u8, body in prop::collection::vec(any::<u8>(), 0..400)) {
        let frame = deadzone_wire::Frame::new(first, body);
        for version in VERSIONS {
            let line = decode(&frame, version, Sender::Server).packet.summary();
            prop_assert!(line.chars().count() <= 120);
            prop_assert!(line.chars().all(|c| c == '…' || c == ' ' || c.is_ascii_graphic()), "{line:?}");
        }
    }
}

#[test]
fn a_failure_is_asked_for_by_its_code_or_as_such() {
    let suback = |codes: &[u8]| Packet::Suback(Suback::new(1, codes.to_vec()));
    let any = pattern(PacketKind::Suback, &[(Field::Failure, number(1))]);
    for (codes, failed) in [(&[1, 2][..], false), (&[0x80], true), (&[1, 0x8f], true)] {
        assert_eq!(any.matches(&suback(codes)).is_ok(), failed, "{codes:?}");
        assert_eq!(Pattern::of(PacketKind::Suback).matches(&suback(codes)).is_ok(), !failed, "{codes:?}");
    }
    let none = pattern(PacketKind::Suback, &[(Field::Failure, number(0))]);
    assert!(none.matches(&suback(&[2])).is_ok() && none.matches(&suback(&[0x80])).is_err());
    assert!(!Field::Failure.set(&mut suback(&[1]), &number(1)));
}

fn pair(name: &'static str, value: &'static str) -> Value {
    Value::Pair(Bytes::from_static(name.as_bytes()), Bytes::from_static(value.as_bytes()))
}

fn publish(properties: &[(Field, Value)]) -> Packet {
    let mut packet = Packet::Publish(Publish::new("t", 0, None, ""));
    assert!(properties.iter().all(|(field, value)| field.add(&mut packet, value)));
    packet
}

#[test]
fn user_properties_are_found_in_their_order() {
    let user = Field::Property(PropertyId::UserProperty);
    let packet = publish(&[(user, pair("a", "1")), (user, pair("b", "2")), (user, pair("a", "1"))]);
    let found = |wanted: &[Value]| {
        let fields: Vec<_> = wanted.iter().map(|wanted| (user, wanted.clone())).collect();
        pattern(PacketKind::Publish, &fields).matches(&packet)
    };
    assert_eq!(found(&[pair("a", "1"), pair("b", "2"), pair("a", "1")]), Ok(()));
    assert_eq!(found(&[pair("b", "2"), pair("a", "1")]), Ok(()), "others may stand between them");
    let miss = found(&[pair("b", "2"), pair("b", "2")]).unwrap_err();
    assert_eq!(miss.wanted, r#"user_property="b":"2""#);
    assert_eq!(miss.got, r#"user_property="a":"1" user_property="b":"2" user_property="a":"1""#);
    assert!(found(&[pair("a", "2")]).is_err() && found(&[Value::Absent]).is_err());
}

#[test]
fn any_of_several_fits_and_none_is_told_apart() {
    let ids = publish(&[(Field::SUB_ID, number(3)), (Field::SUB_ID, number(9))]);
    for (wanted, fits) in [(number(3), true), (number(9), true), (number(4), false), (Value::Absent, false)] {
        let wanted = pattern(PacketKind::Publish, &[(Field::SUB_ID, wanted)]);
        assert_eq!(wanted.matches(&ids).is_ok(), fits, "{wanted}");
    }
    let format = Field::Property(PropertyId::PayloadFormatIndicator);
    let zero = pattern(PacketKind::Publish, &[(format, number(0))]);
    assert_eq!(zero.matches(&publish(&[])), Ok(()), "0 and absent are the same");
    assert!(zero.matches(&publish(&[(format, number(1))])).is_err());
    assert_eq!(pattern(PacketKind::Publish, &[(format, Value::Absent)]).matches(&publish(&[])), Ok(()));
}

#[test]
fn a_property_that_does_not_belong_there_can_be_added_and_not_set() {
    let mut ack = Packet::Ack(Ack::new(AckKind::Puback, 7));
    assert!(!Field::RECEIVE_MAX.set(&mut ack, &number(1)));
    assert!(Field::RECEIVE_MAX.add(&mut ack, &number(1)) && Field::RECEIVE_MAX.add(&mut ack, &number(2)));
    assert_eq!(Field::RECEIVE_MAX.all_in(&ack), [number(1), number(2)]);
    assert_eq!(ack.encode(Version::V5).to_bytes()[..], support::hex("40 0a 0007 00 06 21 0001 21 0002"));
}

#[test]
fn the_nth_of_several() {
    let mut packet = Packet::Subscribe(Subscribe::new(1, "a", 0));
    let field = |name: &str| name.parse::<Field>().unwrap();
    assert!(
        field("options.3").set(&mut packet, &number(2)) && field("filter.3").set(&mut packet, &bytes("c"))
    );
    assert_eq!(field("filter.3").get(&packet), Some(bytes("c")));
    assert_eq!((field("filter.2").get(&packet), field("filter.4").get(&packet)), (Some(bytes("")), None));
    assert_eq!(
        packet.encode(Version::V311).to_bytes()[..],
        support::hex("82 0d 0001 0001 61 00 0000 00 0001 63 02")
    );
    for wrong in ["filter.1", "filter.0", "filter.02", "filter.+2", "filter.101", "topic.2", "filter."] {
        assert!(wrong.parse::<Field>().is_err(), "{wrong}");
    }
}
