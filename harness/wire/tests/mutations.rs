//! Every breakage breaks something that is seen, and they compose.

mod support;

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Connack, Connect, Disconnect, Field, Framer, Mutation, Packet, PacketKind, Publish, Sender,
    Suback, Subscribe, Unsuback, Unsubscribe, Value, Version, Will, decode,
};

fn connect(version: Version) -> Packet {
    let mut connect = Connect::new(version, "c1");
    connect.set_will(Will { properties: <_>::default(), topic: "w".into(), payload: "x".into() }, 1, false);
    Packet::from(connect)
}

fn samples(version: Version) -> Vec<(Sender, Packet)> {
    vec![
        (Sender::Client, connect(version)),
        (Sender::Server, Packet::Connack(Connack::new(version, true, 0))),
        (Sender::Client, Packet::Publish(Publish::new("t/x", 2, Some(7), "once"))),
        (Sender::Server, Packet::Ack(Ack::new(AckKind::Pubrec, 7))),
        (Sender::Client, Packet::Ack(Ack::new(AckKind::Pubrel, 7))),
        (Sender::Client, Packet::Subscribe(Subscribe::new(1, "a/b", 1))),
        (Sender::Server, Packet::Suback(Suback::new(1, [1]))),
        (Sender::Client, Packet::Unsubscribe(Unsubscribe::new(2, "a/b"))),
        (
            Sender::Server,
            Packet::Unsuback(Unsuback::new(2, if version == Version::V5 { vec![0] } else { vec![] })),
        ),
        (Sender::Client, Packet::Bare(deadzone_wire::Bare::pingreq())),
        (Sender::Client, Packet::Disconnect(Disconnect::default())),
    ]
}

/// The clauses broken by these bytes, or that they do not frame.
fn found(bytes: &[u8], version: Version, sender: Sender) -> Vec<&'static str> {
    let mut framer = Framer::new(1 << 20);
    framer.push(bytes);
    match framer.next() {
        Some(Ok(_)) if !framer.pending().is_empty() => vec!["rest"],
        Some(Ok(frame)) => {
            decode(&frame, version, sender).violations.iter().map(|v| v.clause.as_str()).collect()
        }
        Some(Err(_)) => vec!["unframeable"],
        None => vec!["incomplete"],
    }
}

#[test]
fn the_samples_are_correct() {
    for version in support::VERSIONS {
        for (sender, packet) in samples(version) {
            assert_eq!(
                found(&packet.encode(version).to_bytes(), version, sender),
                [""; 0],
                "{}",
                packet.summary()
            );
        }
    }
}

/// Where bytes change and no rule is broken: the packet became another correct one.
fn harmless(mutation: Mutation, packet: &Packet, version: Version) -> bool {
    let kind = packet.kind();
    let zeroes_fit = matches!(kind, PacketKind::Publish | PacketKind::Suback)
        || kind == PacketKind::Unsuback && version == Version::V5;
    match mutation {
        // Before 5.0 the text does not ask for the fewest bytes.
        Mutation::NonMinimalLength => version == Version::V311,
        // The added bytes are payload, or QoS 0 codes.
        Mutation::Trailing(_) => zeroes_fit,
        Mutation::Shorten(_) => kind == PacketKind::Publish,
        // RETAIN and QoS 1.
        Mutation::Flags(3) => kind == PacketKind::Publish,
        _ => false,
    }
}

#[test]
fn whatever_suits_is_seen() {
    for mutation in Mutation::EXAMPLES {
        let mut suited = 0;
        for version in [Version::V311, Version::V5] {
            for (sender, packet) in samples(version) {
                let bytes = mutation.apply(&packet, version);
                if !mutation.suits(&packet, version) {
                    assert_eq!(bytes, packet.encode(version).to_bytes());
                    continue;
                }
                suited += 1;
                let seen = !found(&bytes, version, sender).is_empty();
                let harmless = harmless(mutation, &packet, version);
                assert_eq!(seen, !harmless, "{mutation} on {version} {}: {bytes:02x?}", packet.summary());
            }
        }
        assert!(suited > 0, "{mutation} suits no sample");
    }
}

#[test]
fn each_breaks_the_rule_that_it_is_named_for() {
    let publish = Packet::Publish(Publish::new("t", 1, Some(7), "x"));
    let subscribe = Packet::Subscribe(Subscribe::new(1, "a", 0));
    let pubrel = Packet::Ack(Ack::new(AckKind::Pubrel, 7));
    let cases: [(&str, &Packet, &str, &str); 16] = [
        ("flags=0", &pubrel, "3.1.1/MQTT-3.6.1-1", "5.0/MQTT-3.6.1-1"),
        ("type=0", &pubrel, "3.1.1/DZ-forbidden-type", "5.0/DZ-forbidden-type"),
        ("bad-utf8", &publish, "3.1.1/MQTT-1.5.3-1", "5.0/MQTT-1.5.4-1"),
        ("surrogate-in-text", &publish, "3.1.1/MQTT-1.5.3-1", "5.0/MQTT-1.5.4-1"),
        ("nul-in-text", &publish, "3.1.1/MQTT-1.5.3-2", "5.0/MQTT-1.5.4-2"),
        ("empty-topic", &publish, "3.1.1/MQTT-4.7.3-1", "5.0/MQTT-4.7.3-1"),
        ("wildcard-in-topic", &publish, "3.1.1/MQTT-3.3.2-2", "5.0/MQTT-3.3.2-2"),
        ("bad-filter", &subscribe, "3.1.1/MQTT-4.7.1-2", "5.0/MQTT-4.7.1-1"),
        ("no-filters", &subscribe, "3.1.1/MQTT-3.8.3-3", "5.0/MQTT-3.8.3-2"),
        ("reserved-bit", &subscribe, "3.1.1/MQTT-3.8.3-4", "5.0/MQTT-3.8.3-5"),
        ("reserved-bit", &pubrel, "3.1.1/MQTT-3.6.1-1", "5.0/MQTT-3.6.1-1"),
        ("qos3", &publish, "3.1.1/MQTT-3.3.1-4", "5.0/MQTT-3.3.1-4"),
        ("qos3", &subscribe, "3.1.1/MQTT-3.8.3-4", "5.0/DZ-subscription-qos3"),
        ("zero-id", &publish, "3.1.1/MQTT-2.3.1-1", "5.0/MQTT-2.2.1-3"),
        ("truncate=1", &publish, "incomplete", "incomplete"),
        ("overlong-length", &publish, "unframeable", "unframeable"),
    ];
    for (text, packet, v311, v5) in cases {
        let mutation: Mutation = text.parse().expect("a breakage");
        for (version, clause) in [(Version::V311, v311), (Version::V5, v5)] {
            let bytes = mutation.apply(packet, version);
            assert_eq!(found(&bytes, version, Sender::Client), [clause], "{text} {version}");
        }
    }
    for (text, clause) in [
        ("repeat-property", "5.0/DZ-repeated-property"),
        ("unknown-property", "5.0/DZ-unknown-property"),
        ("foreign-property", "5.0/DZ-property-not-allowed"),
        ("non-minimal-property-length", "5.0/MQTT-1.5.5-1"),
        ("non-minimal-length", "5.0/MQTT-1.5.5-1"),
    ] {
        let mutation: Mutation = text.parse().expect("a breakage");
        assert_eq!(
            found(&mutation.apply(&publish, Version::V5), Version::V5, Sender::Client),
            [clause],
            "{text}"
        );
    }
    for (text, v311) in [
        ("wrong-protocol-name", "3.1.1/MQTT-3.1.2-1"),
        ("level=6", "3.1.1/MQTT-3.1.2-2"),
        ("reserved-bit", "3.1.1/MQTT-3.1.2-3"),
        ("qos3", "3.1.1/MQTT-3.1.2-14"),
    ] {
        let mutation: Mutation = text.parse().expect("a breakage");
        let bytes = mutation.apply(&connect(Version::V311), Version::V311);
        assert_eq!(found(&bytes, Version::V311, Sender::Client), [v311], "{text}");
    }
}

#[test]
fn a_list_composes_across_layers() {
    let packet = Packet::Publish(Publish::new("t", 1, Some(7), "x"));
    let list =
        ["zero-id", "bad-utf8", "flags=6", "trailing=2", "non-minimal-length", "length+5", "truncate=1"]
            .map(|text| text.parse().expect("a breakage"));
    let bytes = Mutation::apply_all(&list, &packet, Version::V311);
    // Topic "t" and 0xff, identifier 0, payload "x", two zero bytes of which one is lost; 9 + 5 in two length bytes.
    assert_eq!(bytes[..], support::hex("36 8e00 0002 74ff 0000 78 00"));

    let field_after_body = ["trailing=2", "zero-id"].map(|text| text.parse().expect("a breakage"));
    let bytes = Mutation::apply_all(&field_after_body, &packet, Version::V311);
    assert_eq!(bytes[..], support::hex("32 08 0001 74 0000 78 0000"));
}

#[test]
fn lengths_lie_by_what_was_said() {
    let packet = Packet::Publish(Publish::new("t", 0, None, "x"));
    let bytes = |text: &str, version| text.parse::<Mutation>().expect("a breakage").apply(&packet, version);
    assert_eq!(bytes("length+5", Version::V311)[..], support::hex("30 09 0001 74 78"));
    assert_eq!(bytes("length-1", Version::V311)[..], support::hex("30 03 0001 74 78"));
    assert_eq!(bytes("length-100", Version::V311)[..], support::hex("30 00 0001 74 78"));
    assert_eq!(bytes("property-length+3", Version::V5)[..], support::hex("30 05 0001 74 03 78"));
    assert_eq!(bytes("shorten=2", Version::V311)[..], support::hex("30 02 0001"));
    assert_eq!(bytes("overlong-length", Version::V311)[..], support::hex("30 84808080 00 0001 74 78"));
}

#[test]
fn an_empty_list_breaks_nothing() {
    for version in support::VERSIONS {
        for (_, packet) in samples(version) {
            assert_eq!(Mutation::apply_all(&[], &packet, version), packet.encode(version).to_bytes());
        }
    }
    let opaque =
        Packet::Opaque(deadzone_wire::Opaque { kind: PacketKind::Auth, body: Bytes::from_static(b"ab") });
    assert_eq!(Mutation::Trailing(1).apply(&opaque, Version::V311)[..], *b"\xf0\x03ab\0");
}

#[test]
fn the_text_comes_back() {
    for mutation in Mutation::EXAMPLES {
        assert_eq!(mutation.to_string().parse(), Ok(mutation));
    }
    assert_eq!("length-1".parse(), Ok(Mutation::Length(-1)));
    assert_eq!("property-length-2".parse(), Ok(Mutation::PropertyLength(-2)));
    assert_eq!("flags=0x0f".parse(), Ok(Mutation::Flags(15)));
    for bad in [
        "",
        "flags",
        "flags=16",
        "flags=+1",
        "length",
        "length=5",
        "length+",
        "length+-5",
        "qos4",
        "trailing=99999999",
    ] {
        assert!(bad.parse::<Mutation>().is_err(), "{bad}");
    }
}

#[test]
fn a_text_is_broken_by_the_name_of_its_field() {
    let mut connect = Connect::new(Version::V5, "c1");
    connect.set_will(Will { properties: <_>::default(), topic: "w".into(), payload: "x".into() }, 1, false);
    connect.set_username("u".into());
    let mut packet = Packet::from(connect);
    let user_property: Field = "user_property".parse().unwrap();
    let reason_string: Field = "will_content_type".parse().unwrap();
    assert!(user_property.add(&mut packet, &Value::Pair("n".into(), "v".into())));
    assert!(reason_string.add(&mut packet, &Value::Bytes("text".into())));
    let plain = packet.encode(Version::V5).to_bytes();
    for (mutation, from, to) in [
        ("text-length+1 of will_topic", &b"\0\x01w"[..], &b"\0\x02w"[..]),
        ("text-length-1 of client_id", b"\0\x02c1", b"\0\x01c1"),
        ("text-length+3 of user", b"\0\x01u", b"\0\x04u"),
        ("text-length+1 of user_property", b"\0\x01v", b"\0\x02v"),
        ("text-length-4 of will_content_type", b"\0\x04text", b"\0\0text"),
    ] {
        let mutation: Mutation = mutation.parse().unwrap();
        let at = plain.windows(from.len()).position(|part| part == from).unwrap();
        let wanted = [&plain[..at], to, &plain[at + from.len()..]].concat();
        assert_eq!(mutation.apply(&packet, Version::V5)[..], wanted, "{mutation}");
    }
    let bad: Mutation = "bad-utf8 of will_topic".parse().unwrap();
    assert_eq!(found(&bad.apply(&packet, Version::V5), Version::V5, Sender::Client), ["5.0/MQTT-1.5.4-1"]);
    assert!(!bad.suits(&Packet::from(Connect::new(Version::V5, "c")), Version::V5), "it has no will");
    assert_eq!(bad.to_string(), "bad-utf8 of will_topic");
    for wrong in ["bad-utf8 of", "bad-utf8 of nothing", "flags=3 of topic", "text-length of topic"] {
        assert!(wrong.parse::<Mutation>().is_err(), "{wrong}");
    }
}
