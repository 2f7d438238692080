//! What a broker sends before its CONNACK is told for itself, and judged with the session that the CONNACK tells of.

use deadzone_history::{ConnId, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_verdict::Fact;
use deadzone_wire::{Ack, AckKind, Connack, Packet, Version};

use crate::told::{BOTH, Pair, TOPIC, again, message};

const AHEAD: (&str, Fact) = ("MQTT-3.2.0-1", Fact::WrongPacket);

/// The subscriber comes back, and is sent these before its CONNACK, which it waits for, or answers at once.
fn back(pair: &mut Pair, version: Version, ahead: &[Packet]) -> ConnId {
    back_and(pair, version, ahead, &[])
}

fn back_and(pair: &mut Pair, version: Version, ahead: &[Packet], answers: &[Ack]) -> ConnId {
    let connect = pair.h.connect_packet(pair.sub, Start::Resume);
    let conn = pair.h.open(pair.sub);
    pair.h.up(conn, Packet::from(connect));
    for packet in ahead {
        pair.h.down(conn, packet.clone());
    }
    for answer in answers {
        pair.h.up(conn, answer.clone());
    }
    pair.h.down(conn, Connack::new(version, true, 0));
    conn
}

fn finish(h: &mut HandMade, conn: ConnId, qos: u8, id: u16) {
    if qos == 1 {
        h.up(conn, Ack::new(AckKind::Puback, id));
        return;
    }
    h.up(conn, Ack::new(AckKind::Pubrec, id));
    h.down(conn, Ack::new(AckKind::Pubrel, id));
    h.up(conn, Ack::new(AckKind::Pubcomp, id));
}

#[track_caller]
fn all(h: HandMade) -> Vec<(String, Fact)> {
    let verdict = judge(&h.finish());
    verdict.findings.iter().map(|f| (f.clause.clause().number.to_owned(), f.fact)).collect()
}

fn are(found: &[(String, Fact)], wanted: &[(&str, Fact)]) {
    let found: Vec<_> = found.iter().map(|(clause, fact)| (clause.as_str(), *fact)).collect();
    assert_eq!(found, wanted);
}

#[test]
fn row_b_a_resend_under_another_id_ahead_of_connack_is_both() {
    for version in BOTH {
        for qos in [1, 2] {
            let mut pair = Pair::new(version);
            pair.h.publish(pair.publisher, TOPIC, qos, 1, "one");
            pair.h.down(pair.subscriber, message(qos, 1, "one"));
            pair.h.cut_silent(pair.subscriber);
            let conn = back(&mut pair, version, &[message(qos, 2, "one")]);
            finish(&mut pair.h, conn, qos, 2);
            let claim = pair.h.receives(pair.sub, &["one"], HowOften::ExactlyOnce);
            pair.h.met(claim, &[]);
            are(&all(pair.h), &[AHEAD, ("MQTT-4.4.0-1", Fact::WrongPacket)]);
        }
    }
}

/// Answered before the CONNACK as well: the client has kept to the protocol.
#[test]
fn row_b_what_is_answered_ahead_of_connack_is_judged() {
    for version in BOTH {
        let mut pair = Pair::new(version);
        pair.h.publish(pair.publisher, TOPIC, 1, 1, "one");
        pair.h.down(pair.subscriber, message(1, 1, "one"));
        pair.h.cut_silent(pair.subscriber);
        let conn = back_and(&mut pair, version, &[message(1, 2, "one")], &[Ack::new(AckKind::Puback, 2)]);
        pair.h.publish(pair.publisher, TOPIC, 1, 2, "two");
        pair.h.deliver(conn, TOPIC, 1, 2, "two");
        pair.h.down(conn, Ack::new(AckKind::Puback, 9));
        let unasked = if version == Version::V5 { "MQTT-2.2.1-5" } else { "MQTT-2.3.1-6" };
        are(&all(pair.h), &[AHEAD, ("MQTT-4.4.0-1", Fact::WrongPacket), (unasked, Fact::WrongPacket)]);
    }
}

#[test]
fn row_b_a_second_delivery_does_not_hide_that_it_came_ahead_of_connack() {
    for version in BOTH {
        let mut pair = Pair::new(version);
        let once = if version == Version::V5 { "MQTT-4.3.3-10" } else { "MQTT-4.3.3-2" };
        pair.h.header().clauses =
            vec![deadzone_spec::ClauseId::find(&format!("{version}/{once}")).expect("a clause")];
        pair.h.publish(pair.publisher, TOPIC, 2, 1, "one");
        pair.h.deliver(pair.subscriber, TOPIC, 2, 1, "one");
        pair.h.cut_silent(pair.subscriber);
        let conn = back(&mut pair, version, &[message(2, 2, "one")]);
        finish(&mut pair.h, conn, 2, 2);
        let claim = pair.h.receives(pair.sub, &["one"], HowOften::ExactlyOnce);
        pair.h.met(claim, &[]);
        are(&all(pair.h), &[(once, Fact::DeliveredTwice), AHEAD]);
    }
}

/// A right resend that comes too early is nothing but early, and what follows is judged as ever.
#[test]
fn row_b_what_follows_behind_a_packet_ahead_of_connack_is_judged() {
    for version in BOTH {
        for qos in [1, 2] {
            let mut pair = Pair::new(version);
            pair.h.publish(pair.publisher, TOPIC, qos, 1, "one");
            pair.h.down(pair.subscriber, message(qos, 1, "one"));
            pair.h.publish(pair.publisher, TOPIC, qos, 2, "two");
            pair.h.cut_silent(pair.subscriber);
            let early = [again(qos, 1, "one"), message(qos, 2, "two")];
            let conn = back(&mut pair, version, &early);
            finish(&mut pair.h, conn, qos, 1);
            finish(&mut pair.h, conn, qos, 2);
            pair.h.publish(pair.publisher, TOPIC, qos, 3, "three");
            pair.h.deliver(conn, TOPIC, qos, 1, "three");
            let claim = pair.h.receives(pair.sub, &["one", "two", "three"], HowOften::ExactlyOnce);
            pair.h.met(claim, &[]);
            pair.h.down(conn, Ack::new(AckKind::Puback, 9));
            let unasked = if version == Version::V5 { "MQTT-2.2.1-5" } else { "MQTT-2.3.1-6" };
            are(&all(pair.h), &[AHEAD, (unasked, Fact::WrongPacket)]);
        }
    }
}

/// Ahead of a CONNACK that never comes, or that refuses, nothing belongs to a session.
#[test]
fn row_b_ahead_of_no_connack_it_is_only_early() {
    for version in BOTH {
        for refused in [false, true] {
            let mut pair = Pair::new(version);
            pair.h.publish(pair.publisher, TOPIC, 1, 1, "one");
            pair.h.down(pair.subscriber, message(1, 1, "one"));
            pair.h.cut_silent(pair.subscriber);
            let connect = pair.h.connect_packet(pair.sub, Start::Resume);
            let conn = pair.h.open(pair.sub);
            pair.h.up(conn, Packet::from(connect));
            pair.h.down(conn, message(1, 2, "one"));
            if refused {
                let code = if version == Version::V5 { 0x88 } else { 0x03 };
                pair.h.down(conn, Connack::new(version, false, code));
            }
            pair.h.broker_closes(conn);
            are(&all(pair.h), &[AHEAD]);
        }
    }
}
