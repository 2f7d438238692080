//! PUBRELs of the broker in the order of the subscriber's PUBRECs.

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_wire::{Packet, Publish, Version};

use crate::support::{BOTH, again, found, grades, legal, message, pubcomp, pubrec, pubrel};

const RULE: &str = "pubrel-order";

/// A subscriber that has been sent "one", "two" and "three" at QoS 2 under the ids 1 to 3.
fn three(v: Version) -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(v);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.subscribe(conn, 1, "dz1/#", 2);
    for (id, payload) in [(1, "one"), (2, "two"), (3, "three")] {
        h.down(conn, message(2, id, payload));
    }
    (h, c, conn)
}

fn play(h: &mut HandMade, conn: ConnId, received: &[u16], released: &[u16]) {
    for id in received {
        h.up(conn, pubrec(*id));
    }
    for id in released {
        h.down(conn, pubrel(*id));
    }
    for id in released {
        h.up(conn, pubcomp(*id));
    }
}

#[test]
fn pubrels_in_another_order_than_their_pubrecs() {
    for (received, released) in [([1, 2, 3], [2, 1, 3]), ([1, 2, 3], [3, 2, 1]), ([3, 1, 2], [1, 2, 3])] {
        let (mut h, _, conn) = three(Version::V311);
        play(&mut h, conn, &received, &released);
        found(h, &[(RULE, "MQTT-4.6.0-6")]);
        // 5.0 names no such duty of a server.
        let (mut h, _, conn) = three(Version::V5);
        play(&mut h, conn, &received, &released);
        assert_eq!(grades(h, RULE), 1);
    }
}

#[test]
fn pubrels_in_the_order_of_their_pubrecs_are_legal() {
    for v in BOTH {
        for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
            let (mut h, _, conn) = three(v);
            play(&mut h, conn, &order, &order);
            legal(h);
        }
        // Released one by one, while others wait for their PUBREC.
        let (mut h, _, conn) = three(v);
        for id in [2, 1, 3] {
            play(&mut h, conn, &[id], &[id]);
        }
        legal(h);
    }
}

#[test]
fn what_an_earlier_connection_left_has_no_place_among_these() {
    for v in BOTH {
        let (mut h, c, conn) = three(v);
        h.up(conn, pubrec(3));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, again(2, 1, "one"));
        h.down(conn, again(2, 2, "two"));
        h.up(conn, pubrec(1));
        h.down(conn, pubrel(3));
        play(&mut h, conn, &[2], &[1, 2]);
        h.up(conn, pubcomp(3));
        legal(h);
    }
}

/// Its place is that of the first PUBREC, which was given on another connection.
#[test]
fn a_pubrec_that_an_earlier_connection_had_given_takes_no_place_when_it_comes_again() {
    for v in BOTH {
        let (mut h, c, conn) = three(v);
        h.up(conn, pubrec(1));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, again(2, 2, "two"));
        h.up(conn, pubrec(2));
        h.up(conn, pubrec(1));
        h.down(conn, again(2, 3, "three"));
        play(&mut h, conn, &[3], &[1, 2, 3]);
        legal(h);
    }
}

#[test]
fn a_pubrec_that_comes_again_keeps_its_place() {
    let (mut h, _, conn) = three(Version::V311);
    play(&mut h, conn, &[1, 2, 1, 3], &[1, 2, 3]);
    legal(h);
}

#[test]
fn messages_of_other_topics_have_no_order_among_them() {
    for v in BOTH {
        let (mut h, _, conn) = three(v);
        h.down(conn, Packet::Publish(Publish::new("dz1/other", 2, Some(4), &b"four"[..])));
        play(&mut h, conn, &[1, 4], &[4, 1]);
        assert_eq!(grades(h, RULE), 1, "in {v}");
    }
}
