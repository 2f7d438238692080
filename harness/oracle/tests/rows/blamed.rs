//! Correct brokers that were blamed.

use deadzone_history::{By, Close, Direction, End, Ended, HandMade, HowOften, Late, Start};
use deadzone_oracle::judge;
use deadzone_verdict::VerdictKind;
use deadzone_wire::{
    Ack, AckKind, Connack, Disconnect, Field, Frame, Packet, PacketKind, PropertyId, PropertyValue, Publish,
    Suback, Subscribe, Version,
};

use crate::{
    told::{BOTH, Pair, TOPIC, again, fails, message, passes},
    wait::{arrival, is, with},
};

/// An answer that came late is slow, and says how late.
#[test]
fn row_a1_a_connack_after_ten_seconds_is_slow() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.open(c);
        let connect = h.connect_packet(c, Start::Clean);
        h.up(conn, connect);
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Connack, &[])], false, true);
        h.pass_us(10_000_000).parked(claim);
        let seen = h.pass_us(500_000).down(conn, Connack::new(version, false, 0));
        h.met_when(claim, &[seen + 1], Late::Slow { us: 10_500_000 });
        let verdict = passes(h);
        assert_eq!(verdict.kind, VerdictKind::PassSlow);
        assert!(verdict.grades.iter().any(|g| g.text.contains("10.5 s")), "{:?}", verdict.grades);
    }
}

/// One PUBLISH on a foreign topic right behind CONNACK is a subscription that the server made.
#[test]
fn row_a5_an_automatic_subscription_is_foreign() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.connect(c, Start::Clean);
        h.down(conn, HandMade::message("news/today", 0, 0, "hello"));
        passes(h);
    }
}

/// Session Present 0 where a session was owed is one finding; what follows shows that the session goes on.
#[test]
fn row_a7_a_lie_about_the_session_is_one_finding() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.down_lost(subscriber, message(1, 1, "one"));
        h.cut_silent(subscriber);
        let conn = h.connect(sub, Start::ResumeLost);
        h.down(conn, again(1, 1, "one"));
        h.up(conn, Ack::new(AckKind::Puback, 1));
        // By the subscription of the session that is said to be gone.
        h.publish(publisher, TOPIC, 2, 2, "two");
        h.deliver(conn, TOPIC, 2, 2, "two");
        let verdict = judge(&h.finish());
        assert_eq!(verdict.findings.len(), 1, "{verdict:#?}");
        assert_eq!(verdict.findings[0].clause.clause().section, "3.2.2");
    }
}

/// A grant of QoS 1 makes QoS 1 the right one.
#[test]
fn row_a8_a_lower_grant_is_not_applicable() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
        h.up(conn, Subscribe::new(1, "dz1/#", 2));
        h.down(conn, Suback::new(1, vec![1]));
        h.publish(publisher, TOPIC, 2, 1, "once");
        h.step("sub <- PUBLISH qos=2");
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Publish, &[(Field::Qos, 2)])], false, false);
        let seen = h.deliver(conn, TOPIC, 1, 1, "once");
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        is(&judge(&h.finish()), VerdictKind::NotApplicable, "granted less");
    }
}

/// In 5.0 a packet that is wrong by itself need not be answered by a close, unless a clause says so.
#[test]
fn row_a13_an_open_connection_is_graded_in_5_0() {
    for (version, kind) in [(Version::V311, VerdictKind::Fail), (Version::V5, VerdictKind::Pass)] {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.connect(c, Start::Clean);
        h.deviant_step("pub -> PUBLISH qos=3 deviant");
        let packet = HandMade::message(TOPIC, 3, 5, "x");
        h.up(conn, packet);
        h.step("pub <- closed");
        let claim = arrival(&mut h, conn, vec![deadzone_history::Expected::Closed], false, false);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, kind, "{verdict:#?}");
    }
}

/// Another refusal than the claimed one is about the code, never about the acceptance that nobody asked for.
#[test]
fn row_a15_another_refusal_is_about_its_code() {
    for (version, wanted, got, number) in
        [(Version::V311, 2, 3, "MQTT-3.2.2-6"), (Version::V5, 0x82, 0x85, "DZ-claim")]
    {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        h.deviant_step("pub -> CONNECT deviant");
        let conn = h.open(c);
        let connect = h.connect_packet(c, Start::Clean);
        h.up(conn, connect);
        let expected = with(PacketKind::Connack, &[(Field::Reason, wanted)]);
        let claim = arrival(&mut h, conn, vec![expected], false, false);
        let seen = h.down(conn, Connack::new(version, false, got));
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        let verdict = judge(&h.finish());
        let of = |number: &str| verdict.findings.iter().any(|f| f.clause.clause().number == number);
        let graded = verdict.grades.iter().any(|g| g.clause.is_some_and(|c| c.clause().number == number));
        assert!(of(number) || graded, "{verdict:#?}");
        assert!(!of("MQTT-3.1.4-4") && !of("MQTT-3.1.4-5"), "{verdict:#?}");
    }
}

/// A receiver may close on a control character in a text: with a claim for the answer, and with one for the delivery.
#[test]
fn row_a12_a_close_on_a_control_character_is_legal() {
    for version in BOTH {
        for (topic, kind) in [("dz1/\u{1}", VerdictKind::Inconclusive), ("dz1/a", VerdictKind::Fail)] {
            let Pair { mut h, publisher, sub, .. } = Pair::new(version);
            h.up(publisher, HandMade::message(topic, 1, 7, "x"));
            let claim = arrival(&mut h, publisher, vec![with(PacketKind::Puback, &[])], false, false);
            let delivered = h.receives(sub, &["x"], HowOften::AtLeastOnce);
            h.broker_closes(publisher);
            let closed = h.closed(publisher, End::Client, By::Broker, Close::Fin);
            h.unmet(claim, 1_000, Ended::Closed, Some(closed));
            h.pass_us(60_000_000).unmet(delivered, 60_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

/// A 3.1.1 server that has no QoS 2 can't say so, and may close on such a PUBLISH: a limit, graded, for the gate to find.
#[test]
fn row_a11_a_close_on_qos_2_is_graded_in_3_1_1() {
    for (version, kind) in [(Version::V311, VerdictKind::NotApplicable), (Version::V5, VerdictKind::Fail)] {
        let Pair { mut h, publisher, .. } = Pair::new(version);
        h.up(publisher, message(2, 7, "x"));
        let claim = arrival(&mut h, publisher, vec![with(PacketKind::Pubrec, &[])], false, false);
        h.broker_closes(publisher);
        let closed = h.closed(publisher, End::Client, By::Broker, Close::Fin);
        h.unmet(claim, 1_000, Ended::Closed, Some(closed));
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, kind, "{verdict:#?}");
        assert_eq!(verdict.grades.is_empty(), version == Version::V5, "{verdict:#?}");
    }
}

/// One that took a QoS 2 message before has QoS 2: its close is no limit.
#[test]
fn row_a11_a_close_behind_an_answered_qos_2_message_is_no_limit() {
    let Pair { mut h, publisher, .. } = Pair::new(Version::V311);
    h.up(publisher, message(2, 6, "w"));
    h.down(publisher, Packet::Ack(Ack::new(AckKind::Pubrec, 6)));
    h.up(publisher, message(2, 7, "x"));
    let claim = arrival(&mut h, publisher, vec![with(PacketKind::Pubrec, &[])], false, false);
    h.broker_closes(publisher);
    let closed = h.closed(publisher, End::Client, By::Broker, Close::Fin);
    h.unmet(claim, 1_000, Ended::Closed, Some(closed));
    assert_eq!(judge(&h.finish()).kind, VerdictKind::Fail);
}

/// A DISCONNECT to a 3.1.1 client is a clause of its own, a habit, whatever else the scenario claims.
#[test]
fn row_a18_a_disconnect_to_a_3_1_1_client_is_a_habit() {
    let mut h = HandMade::new(Version::V311);
    let c = h.client("pub");
    let conn = h.connect(c, Start::Clean);
    h.frame(conn, Direction::Down, End::Broker, &Frame::new(0xe0, bytes::Bytes::new()), Default::default());
    let verdict = judge(&h.finish());
    let clauses: Vec<_> = verdict.findings.iter().map(|f| f.clause.clause()).collect();
    assert!(clauses.len() == 1 && clauses[0].habit, "{clauses:?}");
}

/// Before a CONNECT there is no version by whose format an answer could be judged.
#[test]
fn row_a19_an_answer_before_any_version_is_judged_by_no_format() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        h.deviant_step("pub -> PUBLISH deviant");
        let conn = h.open(c);
        h.up(conn, message(0, 0, "x"));
        let short = Frame::new(0x20, bytes::Bytes::from_static(&[0, 0x81]));
        h.frame(conn, Direction::Down, End::Broker, &short, Default::default());
        h.broker_closes(conn);
        passes(h);
    }
}

/// The retained look-up goes on behind SUBACK: the live copy and the retained one are both right, one of them alone is not.
#[test]
fn row_a20_a_look_up_behind_suback_brings_a_second_copy() {
    for version in BOTH {
        for live in [true, false] {
            let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
            let retained = |id| {
                let publish = Publish::new(TOPIC, 1, Some(id), &b"kept"[..]);
                Packet::Publish(Publish { retain: true, ..publish })
            };
            h.up(publisher, retained(4));
            h.down(publisher, Ack::new(AckKind::Puback, 4));
            h.down(subscriber, retained(1));
            h.up(subscriber, Ack::new(AckKind::Puback, 1));
            if live {
                h.deliver(subscriber, TOPIC, 1, 2, "kept");
            }
            let number = if version == Version::V5 { "MQTT-3.3.1-12" } else { "MQTT-3.3.1-9" };
            if live { drop(passes(h)) } else { fails(h, number) }
        }
    }
}

/// A client that ends its session within the will delay: the will may come or not.
#[test]
fn row_a24_a_clean_start_within_the_will_delay_leaves_the_will_open() {
    for comes in [true, false] {
        let mut h = HandMade::new(Version::V5);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let watcher = h.connect(s, Start::Clean);
        h.subscribe(watcher, 1, "dz1/#", 1);
        let mut connect = h.connect_packet(p, Start::Fresh);
        let properties =
            deadzone_wire::Properties::new().with(PropertyId::WillDelayInterval, PropertyValue::U32(60));
        let will = deadzone_wire::Will {
            properties,
            topic: TOPIC.into(),
            payload: bytes::Bytes::from_static(b"gone"),
        };
        connect.set_will(will, 1, false);
        let old = h.connect_with(p, connect, Connack::new(Version::V5, false, 0));
        h.connect(p, Start::Clean);
        h.down(old, Disconnect::with_reason(0x8e));
        h.broker_closes(old);
        h.step("expect sub receives");
        let claim = h.receives(s, &["gone"], HowOften::ExactlyOnce);
        if comes {
            let seen = h.deliver(watcher, TOPIC, 1, 1, "gone");
            h.met(claim, &[seen + 1]);
        } else {
            h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        }
        let verdict = passes(h);
        assert_eq!(verdict.grades.is_empty(), comes, "{verdict:#?}");
    }
}

/// The echo of our own packet id 0 is what the packet deserved.
#[test]
fn row_a26_an_echo_of_our_id_0_is_graded() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("pub");
    let conn = h.connect(c, Start::Clean);
    h.deviant_step("pub -> PUBLISH id=0 deviant");
    h.up(conn, Packet::Publish(Publish::new(TOPIC, 1, Some(0), &b"x"[..])));
    h.down(conn, Ack::new(AckKind::Puback, 0));
    assert!(!passes(h).grades.is_empty());
}

/// A level that nobody knows may be answered in either form.
#[test]
fn row_a27_an_unknown_level_is_answered_in_either_form() {
    for bytes in [&[0u8, 1][..], &[0, 0x84, 0]] {
        for version in BOTH {
            let mut h = HandMade::new(version);
            let c = h.client("pub");
            h.deviant_step("pub -> CONNECT level=6 deviant");
            let conn = h.open(c);
            let mut connect = h.connect_packet(c, Start::Clean);
            connect.level = 6;
            h.up(conn, connect);
            let answer = Frame::new(0x20, bytes::Bytes::copy_from_slice(bytes));
            h.frame(conn, Direction::Down, End::Broker, &answer, Default::default());
            h.broker_closes(conn);
            passes(h);
        }
    }
}

/// What was published before a new subscription and comes behind it may have been routed to the new one.
#[test]
fn row_a16_what_is_routed_late_goes_to_the_new_subscription() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.disconnect(subscriber);
        h.publish(publisher, TOPIC, 1, 1, "before");
        let conn = h.connect(sub, Start::Clean);
        h.subscribe(conn, 2, "dz1/#", 1);
        h.deliver(conn, TOPIC, 1, 1, "before");
        passes(h);
    }
}
