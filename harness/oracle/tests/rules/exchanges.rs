//! Exchanges from the broker to the client: ids, DUP, resends, PUBREL.

use deadzone_history::{By, ClientIx, Close, ConnId, Direction, End, HandMade, Start};
use deadzone_wire::{Ack, AckKind, Connack, PropertyId, PropertyValue, Version};

use crate::support::{BOTH, again, by, found, legal, message, puback, pubcomp, pubrec, pubrel};

/// A subscriber at QoS 2 whose session is kept.
fn start(v: Version) -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(v);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.subscribe(conn, 1, "dz1/#", 2);
    (h, c, conn)
}

fn rst(h: &mut HandMade, c: ClientIx, conn: ConnId) -> ConnId {
    h.cut_rst(conn);
    h.connect(c, Start::Resume)
}

fn drained(h: &mut HandMade, c: ClientIx, conn: ConnId) -> ConnId {
    h.cut_fin(conn);
    h.connect(c, Start::Resume)
}

#[test]
fn ids_are_free_again_after_the_last_acknowledgement() {
    for v in BOTH {
        let (mut h, _, conn) = start(v);
        for (n, qos) in [1, 2, 1, 2].into_iter().enumerate() {
            h.deliver(conn, "dz1/t", qos, 5, &format!("m{n}"));
        }
        legal(h);
    }
}

#[test]
fn another_message_under_an_id_in_use() {
    for v in BOTH {
        let clause = by(v, "MQTT-2.3.1-4", "MQTT-2.2.1-4");
        let (mut h, _, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        h.down(conn, message(1, 5, "b"));
        found(h, &[("packet-id-free", clause)]);

        let (mut h, _, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        h.down(conn, message(1, 5, "b"));
        found(h, &[("packet-id-free", clause)]);

        let (mut h, c, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        let conn = rst(&mut h, c, conn);
        h.down(conn, message(1, 5, "b"));
        found(h, &[("packet-id-free", clause)]);
    }
}

#[test]
fn after_a_failure_the_rule_follows_the_broker() {
    for v in BOTH {
        let (mut h, _, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        h.down(conn, message(1, 5, "b"));
        h.up(conn, puback(5));
        h.deliver(conn, "dz1/t", 1, 5, "c");
        found(h, &[("packet-id-free", by(v, "MQTT-2.3.1-4", "MQTT-2.2.1-4"))]);
    }
}

#[test]
fn a_resend_has_dup_if_a_whole_copy_was_seen() {
    for v in BOTH {
        for resume in [rst, drained] {
            for qos in [1, 2] {
                let (mut h, c, conn) = start(v);
                h.down(conn, message(qos, 5, "a"));
                let conn = resume(&mut h, c, conn);
                h.down(conn, again(qos, 5, "a"));
                legal(h);

                let (mut h, c, conn) = start(v);
                h.down(conn, message(qos, 5, "a"));
                let conn = resume(&mut h, c, conn);
                h.down(conn, message(qos, 5, "a"));
                found(h, &[("dup", "MQTT-3.3.1-1")]);

                // Lost on the way to the client, but read from the broker.
                let (mut h, c, conn) = start(v);
                h.down_lost(conn, message(qos, 5, "a"));
                let conn = resume(&mut h, c, conn);
                h.down(conn, message(qos, 5, "a"));
                found(h, &[("dup", "MQTT-3.3.1-1")]);
            }
        }
    }
}

#[test]
fn a_torn_copy_leaves_dup_open() {
    for v in BOTH {
        for resent in [message(1, 5, "a"), again(1, 5, "a")] {
            let (mut h, c, conn) = start(v);
            h.torn(conn, Direction::Down, End::Broker, message(1, 5, "a"), 6);
            let conn = drained(&mut h, c, conn);
            h.down(conn, resent);
            legal(h);
        }
    }
}

#[test]
fn dup_at_first_sight() {
    for v in BOTH {
        // A new session cannot have sent it before.
        let (mut h, _, conn) = start(v);
        h.down(conn, again(1, 5, "a"));
        found(h, &[("dup", "MQTT-3.3.1-3")]);

        // Given long after the broker's own close.
        for (pause_us, certain) in [(1_100_000, true), (900_000, false)] {
            let (mut h, c, conn) = start(v);
            let conn = drained(&mut h, c, conn);
            let up = h.client("p");
            let up = h.connect(up, Start::Clean);
            h.pass_us(pause_us).publish(up, "dz1/t", 1, 1, "a");
            h.down(conn, again(1, 5, "a"));
            if certain { found(h, &[("dup", "MQTT-3.3.1-3")]) } else { legal(h) }
        }
    }
}

#[test]
fn dup_at_first_sight_where_something_may_have_gone_unseen() {
    for v in BOTH {
        let (mut h, c, conn) = start(v);
        let conn = rst(&mut h, c, conn);
        h.down(conn, again(1, 5, "a"));
        legal(h);
        // The session is from before this run.
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Resume);
        h.subscribe(conn, 1, "dz1/#", 1);
        h.down(conn, again(1, 5, "a"));
        legal(h);
        // We stopped writing, but the broker did not close.
        let (mut h, c, conn) = start(v);
        h.closed(conn, End::Broker, By::Harness, Close::Fin);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, again(1, 5, "a"));
        legal(h);
        // A connection in between got no CONNACK that we saw, but may have resumed the session.
        let (mut h, c, conn) = start(v);
        h.cut_fin(conn);
        let half = h.open(c);
        let connect = h.connect_packet(c, Start::Resume);
        h.up(half, connect);
        h.cut_rst(half);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, again(1, 5, "a"));
        legal(h);
    }
}

/// PUBREC was given, perhaps unread: not the unacknowledged copy that a failure needs.
#[test]
fn a_resend_without_dup_after_pubrec_is_not_judged() {
    for v in BOTH {
        let (mut h, c, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        let conn = rst(&mut h, c, conn);
        h.down(conn, message(2, 5, "a"));
        legal(h);
    }
}

#[test]
fn what_a_connection_that_was_taken_over_still_held_counts_as_unseen() {
    for v in BOTH {
        let (mut h, c, old) = start(v);
        let conn = h.connect(c, Start::Resume);
        h.down_lost(old, message(1, 5, "a"));
        h.broker_closes(old);
        h.down(conn, again(1, 5, "a"));
        legal(h);
    }
}

#[test]
fn shared_subscriptions_may_have_either_dup() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.subscribe(conn, 1, "$share/g/dz1/#", 1);
    h.down(conn, again(1, 5, "a"));
    legal(h);
}

#[test]
fn an_acknowledgement_before_a_reset_leaves_both_open() {
    for v in BOTH {
        // PUBACK may have been read or not: another message, or the same one again.
        for next in [again(1, 5, "a"), message(1, 5, "b")] {
            let (mut h, c, conn) = start(v);
            h.down(conn, message(1, 5, "a"));
            h.up(conn, puback(5));
            let conn = rst(&mut h, c, conn);
            h.down(conn, next);
            legal(h);
        }
        // So may PUBREC: PUBLISH again, or PUBREL.
        for publish in [true, false] {
            let (mut h, c, conn) = start(v);
            h.down(conn, message(2, 5, "a"));
            h.up(conn, pubrec(5));
            let conn = rst(&mut h, c, conn);
            if publish {
                h.down(conn, again(2, 5, "a"));
                h.up(conn, pubrec(5));
            }
            h.down(conn, pubrel(5));
            h.up(conn, pubcomp(5));
            h.deliver(conn, "dz1/t", 2, 5, "b");
            legal(h);
        }
        // And PUBCOMP: PUBREL again, or nothing.
        for release in [true, false] {
            let (mut h, c, conn) = start(v);
            h.deliver(conn, "dz1/t", 2, 5, "a");
            let conn = rst(&mut h, c, conn);
            if release {
                h.down(conn, pubrel(5));
                h.up(conn, pubcomp(5));
            }
            h.deliver(conn, "dz1/t", 2, 5, "b");
            legal(h);
        }
    }
}

#[test]
fn a_resend_on_a_live_connection() {
    for v in BOTH {
        let (mut h, _, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        h.down(conn, again(1, 5, "a"));
        if v == Version::V5 {
            found(h, &[("resend", "MQTT-4.4.0-1")]);
        } else {
            legal(h);
        }

        let (mut h, _, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        h.down(conn, message(1, 5, "a"));
        let rule = by(v, "packet-id-free", "resend");
        found(h, &[(rule, by(v, "MQTT-2.3.1-4", "MQTT-4.4.0-1"))]);

        // PUBACK crossed it.
        let (mut h, _, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        h.up(conn, puback(5));
        h.down(conn, again(1, 5, "a"));
        if v == Version::V5 { found(h, &[("resend", "MQTT-4.4.0-1")]) } else { legal(h) }
    }
}

#[test]
fn an_equal_message_under_a_free_id_is_no_resend() {
    for v in BOTH {
        let (mut h, _, conn) = start(v);
        h.deliver(conn, "dz1/t", 1, 5, "same");
        h.deliver(conn, "dz1/t", 1, 5, "same");
        legal(h);
    }
}

#[test]
fn a_resend_keeps_its_id() {
    for v in BOTH {
        let (mut h, c, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        let conn = drained(&mut h, c, conn);
        h.down(conn, again(1, 6, "a"));
        found(h, &[("resend", "MQTT-4.4.0-1")]);

        // An equal message may have gone unseen under that id.
        let (mut h, c, conn) = start(v);
        h.down(conn, message(1, 5, "a"));
        let conn = rst(&mut h, c, conn);
        h.down(conn, again(1, 6, "a"));
        h.down(conn, again(1, 5, "a"));
        legal(h);
    }
}

#[test]
fn no_publish_after_its_pubrel() {
    for v in BOTH {
        let clause = by(v, "MQTT-4.3.3-1", "MQTT-4.3.3-6");
        for resumed in [true, false] {
            let (mut h, c, mut conn) = start(v);
            h.down(conn, message(2, 5, "a"));
            h.up(conn, pubrec(5));
            h.down(conn, pubrel(5));
            if resumed {
                conn = rst(&mut h, c, conn);
            }
            h.down(conn, again(2, 5, "a"));
            found(h, &[("resend", clause)]);
        }
    }
}

#[test]
fn pubrel_answers_pubrec() {
    for v in BOTH {
        let (mut h, _, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.down(conn, pubrel(5));
        found(h, &[("pubrel", by(v, "MQTT-4.3.3-1", "MQTT-4.3.3-4"))]);

        let (mut h, _, conn) = start(v);
        h.down(conn, pubrel(5));
        found(h, &[("pubrel", by(v, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);

        // The client answered something that is not there: the broker may close the exchange.
        let (mut h, _, conn) = start(v);
        h.up(conn, pubrec(5));
        h.down(conn, if v == Version::V5 { Ack::with_reason(AckKind::Pubrel, 5, 0x92) } else { pubrel(5) });
        h.up(conn, pubcomp(5));
        legal(h);
    }
}

#[test]
fn pubrel_again() {
    for v in BOTH {
        // While the connection lasts: not in 5.0.
        let (mut h, _, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        h.down(conn, pubrel(5));
        if v == Version::V5 {
            found(h, &[("pubrel", "MQTT-4.4.0-1")]);
        } else {
            legal(h);
        }

        // As the answer to another PUBREC: always.
        let (mut h, _, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        h.up(conn, pubcomp(5));
        legal(h);

        // After a resume: once, and again for each PUBREC.
        let (mut h, c, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        let conn = rst(&mut h, c, conn);
        h.down(conn, pubrel(5));
        h.up(conn, pubrec(5));
        h.down(conn, pubrel(5));
        h.up(conn, pubcomp(5));
        legal(h);

        let (mut h, c, conn) = start(v);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, pubrec(5));
        let conn = rst(&mut h, c, conn);
        h.down(conn, pubrel(5));
        h.down(conn, pubrel(5));
        if v == Version::V5 { found(h, &[("pubrel", "MQTT-4.4.0-1")]) } else { legal(h) }
    }
}

#[test]
fn a_smaller_maximum_packet_size_frees_the_id_of_what_no_longer_fits() {
    let (mut h, c, conn) = start(Version::V5);
    h.down(conn, message(1, 5, "a message that is far too long by then"));
    h.cut_rst(conn);
    let mut connect = h.connect_packet(c, Start::Resume);
    connect.properties.push(PropertyId::MaximumPacketSize, PropertyValue::U32(30));
    let conn = h.connect_with(c, connect, Connack::new(Version::V5, true, 0));
    h.down(conn, message(1, 5, "short"));
    legal(h);
}
