//! The client's Receive Maximum (5.0).

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_wire::{Ack, AckKind, Connack, PropertyId, PropertyValue, Version};

use crate::support::{again, found, legal, message, puback, pubcomp, pubrec, pubrel};

/// A subscriber with a Receive Maximum on a kept session.
fn limited(h: &mut HandMade, c: ClientIx, start: Start, maximum: u16) -> ConnId {
    let mut connect = h.connect_packet(c, start);
    connect.properties.push(PropertyId::ReceiveMaximum, PropertyValue::U16(maximum));
    h.connect_with(c, connect, Connack::new(Version::V5, start == Start::Resume, 0))
}

#[test]
fn receive_maximum_is_a_counter() {
    let wrong = [("receive-maximum", "MQTT-3.3.4-9")];
    let begin = |maximum| {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let conn = limited(&mut h, c, Start::Fresh, maximum);
        h.subscribe(conn, 1, "dz1/#", 2);
        (h, c, conn)
    };
    // QoS 0 is free, each acknowledgement makes room.
    let (mut h, _, conn) = begin(2);
    h.down(conn, message(1, 1, "a"));
    h.down(conn, message(2, 2, "b"));
    h.down(conn, message(0, 0, "free"));
    h.up(conn, puback(1));
    h.down(conn, message(1, 3, "c"));
    h.up(conn, Ack::with_reason(AckKind::Pubrec, 2, 0x97));
    h.down(conn, message(1, 4, "d"));
    legal(h);

    let (mut h, _, conn) = begin(2);
    h.down(conn, message(1, 1, "a"));
    h.down(conn, message(2, 2, "b"));
    h.down(conn, message(1, 3, "c"));
    found(h, &wrong);

    // PUBREC makes no room.
    let (mut h, _, conn) = begin(1);
    h.down(conn, message(2, 2, "b"));
    h.up(conn, pubrec(2));
    h.down(conn, pubrel(2));
    h.down(conn, message(1, 3, "c"));
    found(h, &wrong);

    // A resume begins anew, resends count, and the whole backlog may not come at once.
    let (mut h, c, conn) = begin(2);
    h.down(conn, message(1, 1, "a"));
    h.down(conn, message(1, 2, "b"));
    h.cut_rst(conn);
    let conn = limited(&mut h, c, Start::Resume, 1);
    h.down(conn, again(1, 1, "a"));
    h.down(conn, again(1, 2, "b"));
    found(h, &wrong);
}

#[test]
fn a_pubcomp_makes_no_room_over_the_maximum() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let conn = limited(&mut h, c, Start::Fresh, 10);
    h.subscribe(conn, 1, "dz1/#", 2);
    h.down(conn, message(2, 1, "a"));
    h.up(conn, pubrec(1));
    h.cut_rst(conn);
    let conn = limited(&mut h, c, Start::Resume, 2);
    h.down(conn, message(1, 2, "b"));
    h.up(conn, puback(2));
    h.down(conn, pubrel(1));
    h.up(conn, pubcomp(1));
    for (id, payload) in [(3, "c"), (4, "d"), (5, "e")] {
        h.down(conn, message(1, id, payload));
    }
    found(h, &[("receive-maximum", "MQTT-3.3.4-9")]);
}

#[test]
fn a_carried_over_pubrel_costs_nothing_and_its_pubcomp_makes_room() {
    for (more, fits) in [(false, true), (true, false)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let conn = limited(&mut h, c, Start::Fresh, 10);
        h.subscribe(conn, 1, "dz1/#", 2);
        h.down(conn, message(2, 1, "a"));
        h.up(conn, pubrec(1));
        h.cut_rst(conn);
        let conn = limited(&mut h, c, Start::Resume, 1);
        h.down(conn, pubrel(1));
        h.down(conn, message(1, 2, "b"));
        h.up(conn, pubcomp(1));
        // In flight are now two, over the maximum of one.
        h.down(conn, message(1, 3, "c"));
        if more {
            h.down(conn, message(1, 4, "d"));
        }
        if fits { legal(h) } else { found(h, &[("receive-maximum", "MQTT-3.3.4-9")]) }
    }
}
