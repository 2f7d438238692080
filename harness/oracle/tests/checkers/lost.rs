//! Messages that never came, owed and not owed, in both versions.

use deadzone_history::{Ended, EventKind, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_spec::id;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Packet, Publish, Unsuback, Unsubscribe, Version};

use crate::story::*;

#[test]
fn once_is_once_at_every_qos() {
    for version in BOTH {
        for qos in 0..=2 {
            let mut s = Story::new(version, qos);
            s.publish(qos, "once").deliver(qos, 1, "once");
            assert_eq!(
                crate::wait::told(s.expects(&["once"], HowOften::ExactlyOnce)),
                Verdict::pass(),
                "{version} {qos}"
            );
        }
    }
}

#[test]
fn lost_although_acknowledged() {
    for version in BOTH {
        for qos in 1..=2 {
            let mut s = Story::new(version, qos);
            s.publish(qos, "once");
            let verdict = s.waits_in_vain("once");
            let finding = fails_by(&verdict, of(version, "4.5.0-1", "4.5.0-1"));
            assert!(finding.meanwhile.starts_with("nothing"), "{}", finding.meanwhile);
        }
    }
}

#[test]
fn what_is_missing_breaks_delivery_whatever_its_scenario_is_about() {
    let mut s = Story::new(Version::V5, 2);
    s.h.header().clauses = vec![id!("5.0/MQTT-4.3.3-13"), id!("5.0/MQTT-4.3.3-8")];
    s.publish(2, "once");
    let verdict = s.waits_in_vain("once");
    let finding = fails_by(&verdict, "5.0/MQTT-4.5.0-1");
    assert!(finding.also.is_empty(), "what the header names is no part of it: {:?}", finding.also);
}

/// Each way in which a message that did not come was not owed.
#[test]
fn lost_but_not_owed() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        s.publish(0, "once");
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "QoS 0");

        let mut s = Story::new(version, 0);
        s.publish(1, "once");
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "granted QoS 0");

        // Indefinite: bytes before a reset, or without an answer.
        let mut s = Story::new(version, 1);
        let conn = s.publisher;
        s.h.up(conn, message(1, 7, false, "once"));
        s.h.cut_rst(conn);
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "never had an acknowledgement");

        // Method B: nothing goes onward before PUBREL.
        let mut s = Story::new(version, 2);
        let conn = s.publisher;
        s.h.up(conn, message(2, 7, false, "once"));
        s.h.down(conn, ack(AckKind::Pubrec, 7));
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "until PUBREL");

        let mut s = Story::new(version, 1);
        s.publish(1, "once");
        let conn = s.subscriber;
        s.h.cut_silent(conn);
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "not connected");

        let mut s = Story::new(version, 1);
        let conn = s.subscriber;
        s.h.up(conn, Unsubscribe::new(2, TOPIC));
        let codes = if version == Version::V5 { vec![0] } else { Vec::new() };
        s.h.down(conn, Packet::Unsuback(Unsuback { packet_id: 2, properties: Default::default(), codes }));
        s.publish(1, "once");
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "subscription ended");

        // The subscriber holds up its own window.
        let mut s = Story::new(version, 1);
        s.publish(1, "one");
        let conn = s.subscriber;
        s.h.down(conn, message(1, 1, false, "one"));
        s.h.publish(s.publisher, TOPIC, 1, 8, "once");
        is(&s.waits_in_vain("once"), VerdictKind::NotApplicable, "had not acknowledged");

        let s = Story::new(version, 1);
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "nobody published");

        let mut s = Story::new(version, 1);
        s.publish(1, "once");
        s.h.event(EventKind::Starved { ms: 3_000 });
        let claim = s.h.receives(SUB, &["once"], HowOften::ExactlyOnce);
        s.h.unmet(claim, 10_000, Ended::LongBound, None);
        is(&judge(&s.h.finish()), VerdictKind::Inconclusive, "starved");

        let mut s = Story::new(version, 1);
        s.h.marker(s.publisher, deadzone_history::Direction::Up, message(1, 7, false, "once"));
        s.h.down(s.publisher, ack(AckKind::Puback, 7));
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "nobody published");
    }
    let mut s = Story::new(Version::V5, 2);
    s.h.up(s.publisher, message(2, 7, false, "once"));
    s.h.down(s.publisher, Ack::with_reason(AckKind::Pubrec, 7, 0x97));
    is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "refused");
}

#[test]
fn a_copy_into_a_dead_link_must_come_again() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        s.publish(1, "once");
        let conn = s.subscriber;
        s.h.down_lost(conn, message(1, 1, false, "once"));
        is(&s.waits_in_vain("once"), VerdictKind::Inconclusive, "link did not deliver");

        let mut s = Story::new(version, 1);
        s.publish(1, "once");
        let conn = s.subscriber;
        s.h.down_lost(conn, message(1, 1, false, "once"));
        s.h.cut_silent(conn);
        s.resume_subscriber();
        fails_by(&s.waits_in_vain("once"), of(version, "4.4.0-1", "4.4.0-1"));
    }
}

#[test]
fn of_two_retained_writers_at_once_either_may_be_the_last() {
    let retained = |id, payload: &'static [u8]| {
        Packet::Publish(Publish { retain: true, ..Publish::new(TOPIC, 1, Some(id), payload) })
    };
    for version in BOTH {
        for (together, kind) in [(true, VerdictKind::Inconclusive), (false, VerdictKind::Fail)] {
            let mut h = HandMade::new(version);
            let (a, b, s) = (h.client("a"), h.client("b"), h.client("sub"));
            let (a, b) = (h.connect(a, Start::Clean), h.connect(b, Start::Clean));
            h.up(a, retained(1, b"first"));
            if !together {
                h.down(a, ack(AckKind::Puback, 1));
            }
            h.up(b, retained(1, b"second"));
            if together {
                h.down(a, ack(AckKind::Puback, 1));
            }
            h.down(b, ack(AckKind::Puback, 1));
            let conn = h.connect(s, Start::Clean);
            h.subscribe(conn, 1, TOPIC, 1);
            h.step("expect sub receives");
            let claim = h.receives(s, &["second"], HowOften::ExactlyOnce);
            h.pass_us(10_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
            assert_eq!(judge(&h.finish()).kind, kind);
        }
    }
}

#[test]
fn a_copy_that_is_read_after_its_session_went_on_is_no_second_one() {
    for version in BOTH {
        for (id, kind) in [(9, VerdictKind::Pass), (8, VerdictKind::Fail)] {
            let mut s = Story::new(version, 2);
            let old = s.subscriber;
            s.publish(2, "once");
            s.h.cut_silent(old);
            s.resume_subscriber();
            let conn = s.subscriber;
            s.h.down(conn, message(2, 9, true, "once"));
            s.h.up(conn, ack(AckKind::Pubrec, 9));
            s.h.down(conn, ack(AckKind::Pubrel, 9));
            s.h.up(conn, ack(AckKind::Pubcomp, 9));
            s.h.down_lost(old, message(2, id, false, "once"));
            let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

#[test]
fn an_equal_payload_of_somebody_else_is_not_counted() {
    for version in BOTH {
        for count in [HowOften::ExactlyOnce, HowOften::Never] {
            for (topic, kind) in [("elsewhere", VerdictKind::Pass), (TOPIC, VerdictKind::Fail)] {
                let mut s = Story::new(version, 2);
                let conn = s.subscriber;
                if count == HowOften::ExactlyOnce {
                    s.publish(2, "once").deliver(2, 1, "once");
                }
                s.h.deliver(conn, topic, 2, 2, "once");
                let payloads: &[&str] = if count == HowOften::Never { &[] } else { &["once"] };
                assert_eq!(s.expects(payloads, count).kind, kind, "{version} {topic}");
            }
        }
    }
}
