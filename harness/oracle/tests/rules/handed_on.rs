//! What goes on with a message: User Properties, the interval of a will, one member of a group, and what was refused.

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_oracle::{RuleOutcome, obey};
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Packet, PropertyId, PropertyValue, Publish, Version::V5, Will,
};

use crate::support::{again, found, grades, legal, message, puback};

/// A subscriber to everything of the run, granted QoS 1.
fn start() -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(V5);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.subscribe(conn, 1, "dz1/#", 1);
    (h, c, conn)
}

/// What the rule found, by clause; a grade is `graded`.
fn by_rule(h: HandMade, rule: &str) -> Vec<String> {
    let outcomes: Vec<RuleOutcome> = obey(&h.finish()).into_iter().filter(|o| o.rule == rule).collect();
    let found = outcomes.iter().flat_map(|o| o.findings.iter().map(|f| f.clause.to_string()));
    let graded = outcomes.iter().flat_map(|o| o.grades.iter().map(|_| "graded".to_owned()));
    found.chain(graded).collect()
}

fn user(pairs: &[(&str, &str)]) -> Publish {
    let mut publish = Publish::new("dz1/t", 0, None, "m");
    for (name, value) in pairs {
        publish
            .properties
            .push(PropertyId::UserProperty, PropertyValue::Pair((*name).into(), (*value).into()));
    }
    publish
}

fn published_and_delivered(published: &[(&str, &str)], delivered: &[(&str, &str)]) -> Vec<String> {
    let (mut h, _, conn) = start();
    let other = h.client("p");
    let publisher = h.connect(other, Start::Fresh);
    h.up(publisher, user(published));
    h.down(conn, user(delivered));
    by_rule(h, "content")
}

#[test]
fn each_user_property_comes_as_often_as_it_was_published() {
    let twice = [("n", "1"), ("n", "1")];
    assert_eq!(published_and_delivered(&twice, &twice[..1]), ["5.0/MQTT-3.3.2-17"]);
    assert_eq!(published_and_delivered(&twice, &twice), [""; 0]);
    let two = [("a", "1"), ("b", "2")];
    assert_eq!(published_and_delivered(&two, &[two[1], two[0]]), ["5.0/MQTT-3.3.2-18"]);
    assert_eq!(published_and_delivered(&two, &[two[0], ("server", "x"), two[1]]), ["graded"]);
}

/// A will with this property, of a client that is lost; the delivery with that one.
fn willed(
    will: (PropertyId, PropertyValue),
    delivered: Option<(PropertyId, PropertyValue)>,
    rule: &str,
) -> Vec<String> {
    let (mut h, _, conn) = start();
    let other = h.client("w");
    let mut packet = Will { properties: Default::default(), topic: "dz1/t".into(), payload: "m".into() };
    packet.properties.push(will.0, will.1);
    let mut connect = h.connect_packet(other, Start::Fresh);
    connect.set_will(packet, 0, false);
    let willing = h.connect_with(other, connect, Connack::new(V5, false, 0));
    h.cut_rst(willing);
    let mut publish = Publish::new("dz1/t", 0, None, "m");
    delivered.into_iter().for_each(|(id, value)| publish.properties.push(id, value));
    h.down(conn, publish);
    by_rule(h, rule)
}

#[test]
fn a_will_has_its_user_properties_under_its_own_statement() {
    let pair = || (PropertyId::UserProperty, PropertyValue::Pair("n".into(), "1".into()));
    assert_eq!(willed(pair(), None, "content"), ["5.0/MQTT-3.1.3-10"]);
    assert_eq!(willed(pair(), Some(pair()), "content"), [""; 0]);
}

#[test]
fn a_will_has_its_expiry_from_its_publication_on() {
    let expiry = |seconds| (PropertyId::MessageExpiryInterval, PropertyValue::U32(seconds));
    assert_eq!(willed(expiry(100), None, "message-expiry"), ["5.0/MQTT-3.3.2-6"]);
    assert_eq!(willed(expiry(100), Some(expiry(101)), "message-expiry"), ["5.0/MQTT-3.3.2-6"]);
    for left in [100, 99] {
        assert_eq!(willed(expiry(100), Some(expiry(left)), "message-expiry"), [""; 0]);
    }
}

#[test]
fn an_added_expiry_is_graded() {
    let (mut h, _, conn) = start();
    let other = h.client("p");
    let publisher = h.connect(other, Start::Fresh);
    h.up(publisher, message(0, 0, "m"));
    let mut delivered = Publish::new("dz1/t", 0, None, "m");
    delivered.properties.push(PropertyId::MessageExpiryInterval, PropertyValue::U32(9));
    h.down(conn, delivered);
    assert_eq!(by_rule(h, "message-expiry"), ["graded"]);
}

/// Two members of one group, or of two, both get a message; the first is lost before the second gets it, or not.
fn two_members(second: &str, lost: bool) -> usize {
    let mut h = HandMade::new(V5);
    let (a, b, p) = (h.client("a"), h.client("b"), h.client("p"));
    let one = h.connect(a, Start::Fresh);
    h.subscribe(one, 1, "$share/g/dz1/t", 1);
    let two = h.connect(b, Start::Fresh);
    h.subscribe(two, 1, second, 1);
    let publisher = h.connect(p, Start::Fresh);
    h.publish(publisher, "dz1/t", 1, 1, "m");
    h.down(one, message(1, 1, "m"));
    if lost {
        h.cut_rst(one);
    }
    h.deliver(two, "dz1/t", 1, 1, "m");
    grades(h, "one-member-of-a-group")
}

#[test]
fn a_message_goes_to_one_member_of_a_group() {
    assert_eq!(two_members("$share/g/dz1/t", false), 1);
    assert_eq!(two_members("$share/g/dz1/t", true), 0, "it may have been lost with the first");
    assert_eq!(two_members("$share/h/dz1/t", false), 0, "another share name is another group");
    assert_eq!(two_members("dz1/t", false), 0, "a plain subscription");
}

#[test]
fn what_was_refused_is_not_sent_again() {
    for (reason, read, breaks) in [(0x80, true, true), (0x80, false, false), (0x00, true, false)] {
        let (mut h, c, conn) = start();
        h.down(conn, message(1, 5, "m"));
        h.up(conn, Ack::with_reason(AckKind::Puback, 5, reason));
        if read {
            h.up(conn, Packet::Bare(Bare::pingreq()));
            h.down(conn, Packet::Bare(Bare::pingresp()));
        }
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, again(1, 5, "m"));
        h.up(conn, puback(5));
        if breaks { found(h, &[("resend", "MQTT-4.4.0-2")]) } else { legal(h) }
    }
}

/// What a PUBACK breaks whose Reason String has so many bytes, to a client that takes 100.
fn told(length: usize) -> Vec<String> {
    let mut h = HandMade::new(V5);
    let c = h.client("c");
    let mut connect = h.connect_packet(c, Start::Fresh);
    connect.properties.push(PropertyId::MaximumPacketSize, PropertyValue::U32(100));
    let conn = h.connect_with(c, connect, Connack::new(V5, false, 0));
    h.up(conn, message(1, 5, "m"));
    let mut told = Ack::with_reason(AckKind::Puback, 5, 0x10);
    let text = PropertyValue::Text("x".repeat(length).into());
    told.properties.get_or_insert_default().push(PropertyId::ReasonString, text);
    h.down(conn, told);
    let outcomes = obey(&h.finish());
    let findings = outcomes.iter().filter(|o| o.rule == "maximum-packet-size").flat_map(|o| &o.findings);
    findings
        .flat_map(|f| [f.clause].into_iter().chain(f.also.iter().copied()))
        .map(|id| id.to_string())
        .collect()
}

#[test]
fn a_reason_string_without_room_breaks_its_packets_own_statement() {
    assert_eq!(told(100), ["5.0/MQTT-3.1.2-24", "5.0/MQTT-3.4.2-2"]);
    assert_eq!(told(10), [""; 0]);
}
