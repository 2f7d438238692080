//! What the CONNACK limits.

use deadzone_history::{HandMade, Start};
use deadzone_wire::{Connack, Packet, Properties, PropertyId, PropertyValue, Publish, Version};

use crate::support::{found, legal, limited, message, puback, pubcomp, pubrec, pubrel};

fn publish(h: &mut HandMade, conn: deadzone_history::ConnId, change: impl FnOnce(&mut Publish)) {
    let mut publish = Publish::new("dz1/t", 0, None, "payload");
    change(&mut publish);
    h.up(conn, Packet::Publish(publish));
}

#[test]
fn the_maximum_qos_is_kept() {
    let (mut h, conn) = limited(PropertyId::MaximumQos, PropertyValue::Byte(0));
    h.up(conn, message(1, 1, "x"));
    found(h, &[("client-limits", "MQTT-3.2.2-11")]);

    let (mut h, conn) = limited(PropertyId::MaximumQos, PropertyValue::Byte(1));
    h.publish(conn, "dz1/t", 1, 1, "x");
    legal(h);
}

#[test]
fn nothing_is_retained_where_that_is_not_available() {
    let (mut h, conn) = limited(PropertyId::RetainAvailable, PropertyValue::Byte(0));
    publish(&mut h, conn, |p| p.retain = true);
    found(h, &[("client-limits", "MQTT-3.2.2-14")]);

    let (mut h, conn) = limited(PropertyId::RetainAvailable, PropertyValue::Byte(1));
    publish(&mut h, conn, |p| p.retain = true);
    legal(h);
}

#[test]
fn the_maximum_packet_size_is_kept() {
    let (mut h, conn) = limited(PropertyId::MaximumPacketSize, PropertyValue::U32(30));
    publish(&mut h, conn, |p| p.payload = vec![0; 30].into());
    found(h, &[("client-limits", "MQTT-3.2.2-15")]);

    let (mut h, conn) = limited(PropertyId::MaximumPacketSize, PropertyValue::U32(30));
    publish(&mut h, conn, |p| p.payload = vec![0; 20].into());
    legal(h);
}

#[test]
fn aliases_stay_within_their_maximum() {
    let with = |alias| {
        move |p: &mut Publish| {
            p.properties = Properties::new().with(PropertyId::TopicAlias, PropertyValue::U16(alias));
        }
    };
    let (mut h, conn) = limited(PropertyId::TopicAliasMaximum, PropertyValue::U16(2));
    publish(&mut h, conn, with(3));
    found(h, &[("client-limits", "MQTT-3.2.2-17")]);

    let (mut h, conn) = limited(PropertyId::ReceiveMaximum, PropertyValue::U16(2));
    publish(&mut h, conn, with(1));
    found(h, &[("client-limits", "MQTT-3.2.2-18")]);

    let (mut h, conn) = limited(PropertyId::TopicAliasMaximum, PropertyValue::U16(2));
    publish(&mut h, conn, with(2));
    legal(h);
}

#[test]
fn the_receive_maximum_is_kept() {
    let (mut h, conn) = limited(PropertyId::ReceiveMaximum, PropertyValue::U16(2));
    for id in 1..=3 {
        h.up(conn, message(1, id, "x"));
    }
    found(h, &[("client-receive-maximum", "MQTT-3.3.4-7")]);

    let (mut h, conn) = limited(PropertyId::ReceiveMaximum, PropertyValue::U16(2));
    h.up(conn, message(1, 1, "x"));
    h.up(conn, message(2, 2, "y"));
    h.down(conn, puback(1));
    h.up(conn, message(1, 3, "z"));
    h.down(conn, pubrec(2));
    h.up(conn, pubrel(2));
    h.down(conn, pubcomp(2));
    h.publish(conn, "dz1/t", 1, 4, "u");
    legal(h);
}

#[test]
fn who_sends_before_the_connack_cannot_know_it() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("c");
    let connect = h.connect_packet(client, Start::Clean);
    let conn = h.open(client);
    h.up(conn, connect);
    h.up(conn, message(0, 0, "early"));
    let properties = Properties::new().with(PropertyId::RetainAvailable, PropertyValue::Byte(0));
    h.down(
        conn,
        Packet::Connack(Connack { properties: Some(properties), ..Connack::new(Version::V5, false, 0) }),
    );
    publish(&mut h, conn, |p| p.retain = true);
    legal(h);
}
