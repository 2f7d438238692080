//! Too many copies, wrong ones and wrong order, beside legal histories, in both versions.

use bytes::Bytes;
use deadzone_history::{ClaimKind, Ended, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{AckKind, Connack, Field, Packet, Publish, Suback, Subscribe, Value, Version};

use crate::story::*;

fn twice_by_publisher(version: Version, present: bool) -> Verdict {
    let mut s = Story::new(version, 2);
    s.h.header().clauses = vec![of(version, "4.3.3-2", "4.3.3-10")];
    let conn = s.publisher;
    s.h.up(conn, message(2, 7, false, "once"));
    s.h.down_lost(conn, ack(AckKind::Pubrec, 7));
    s.h.cut_silent(conn);
    s.deliver(2, 1, "once");
    s.publisher = s.h.connect(0, if present { Start::Resume } else { Start::ResumeLost });
    let conn = s.publisher;
    s.h.up(conn, message(2, 7, present, "once"));
    s.h.down(conn, ack(AckKind::Pubrec, 7));
    s.h.up(conn, ack(AckKind::Pubrel, 7));
    s.h.down(conn, ack(AckKind::Pubcomp, 7));
    s.deliver(2, 2, "once");
    s.expects(&["once"], HowOften::ExactlyOnce)
}

#[test]
fn duplicated_by_a_forgotten_exchange() {
    for version in BOTH {
        let verdict = twice_by_publisher(version, true);
        let finding = fails_by(&verdict, of(version, "4.3.3-2", "4.3.3-10"));
        assert_eq!(finding.got, "2 deliveries");
        assert_eq!(finding.evidence.len(), 4, "both copies of the publisher, both deliveries: {finding:?}");
    }
}

#[test]
fn in_a_new_session_it_is_a_new_message() {
    // 3.1.1 and 5.0 alike: after session_present=0 the ids are free.
    for version in BOTH {
        let verdict = twice_by_publisher(version, false);
        let all = verdict.findings.iter().flat_map(|f| std::iter::once(f).chain(&f.folded));
        assert_eq!(all.filter(|f| f.by == "receives").count(), 0, "{verdict:#?}");
    }
}

#[test]
fn sent_again_as_new_or_after_its_release() {
    for version in BOTH {
        // As new, under another id, once the subscriber came back.
        let mut s = Story::new(version, 2);
        s.publish(2, "once");
        let conn = s.subscriber;
        s.h.down(conn, message(2, 1, false, "once"));
        s.h.cut_silent(conn);
        s.resume_subscriber().deliver(2, 2, "once");
        let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
        let found: Vec<_> = verdict.findings.iter().map(|f| (f.by.as_str(), f.clause)).collect();
        assert_eq!(found, [("resend", of(version, "4.4.0-1", "4.4.0-1"))], "{verdict:#?}");

        // PUBLISH again under the same id although PUBREL was sent.
        let mut s = Story::new(version, 2);
        s.publish(2, "once");
        let conn = s.subscriber;
        s.h.down(conn, message(2, 1, false, "once"));
        s.h.up(conn, ack(AckKind::Pubrec, 1));
        s.h.down(conn, ack(AckKind::Pubrel, 1));
        s.h.cut_silent(conn);
        s.resume_subscriber();
        let conn = s.subscriber;
        s.h.down(conn, message(2, 1, true, "once"));
        fails_by(&s.expects(&["once"], HowOften::ExactlyOnce), of(version, "4.3.3-1", "4.3.3-6"));
    }
}

#[test]
fn a_legal_resend_is_the_same_delivery() {
    for version in BOTH {
        for answered in [false, true] {
            let mut s = Story::new(version, 2);
            s.publish(2, "once");
            let conn = s.subscriber;
            s.h.down(conn, message(2, 1, false, "once"));
            if answered {
                // Given before a reset: nobody knows whether the broker read it.
                s.h.up(conn, ack(AckKind::Pubrec, 1));
                s.h.cut_rst(conn);
            } else {
                s.h.cut_silent(conn);
            }
            s.resume_subscriber();
            let conn = s.subscriber;
            s.h.down(conn, message(2, 1, true, "once"));
            s.h.up(conn, ack(AckKind::Pubrec, 1));
            s.h.down(conn, ack(AckKind::Pubrel, 1));
            s.h.up(conn, ack(AckKind::Pubcomp, 1));
            assert_eq!(crate::wait::told(s.expects(&["once"], HowOften::ExactlyOnce)), Verdict::pass());
        }
    }
}

#[test]
fn a_torn_copy_counts_as_none() {
    use deadzone_history::Direction;
    use deadzone_history::{By, Close, End};
    for version in BOTH {
        let mut s = Story::new(version, 2);
        s.publish(2, "once");
        let conn = s.subscriber;
        s.h.torn(conn, Direction::Down, End::Broker, message(2, 1, false, "once"), 5);
        s.h.closed(conn, End::Client, By::Harness, Close::Rst);
        s.h.closed(conn, End::Broker, By::Harness, Close::Rst);
        s.resume_subscriber().deliver(2, 1, "once");
        assert_eq!(crate::wait::told(s.expects(&["once"], HowOften::ExactlyOnce)), Verdict::pass());
    }
}

#[test]
fn an_unseen_copy_explains_dup_at_first_sight() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        s.publish(1, "once");
        let conn = s.subscriber;
        s.h.cut_rst(conn);
        s.resume_subscriber();
        let conn = s.subscriber;
        s.h.down(conn, message(1, 1, true, "once"));
        s.h.up(conn, ack(AckKind::Puback, 1));
        assert_eq!(crate::wait::told(s.expects(&["once"], HowOften::ExactlyOnce)), Verdict::pass());
    }
}

#[test]
fn the_promise_is_the_lower_qos() {
    for version in BOTH {
        for (published, granted) in [(2, 1), (1, 2), (1, 1)] {
            let mut s = Story::new(version, granted);
            s.publish(published, "once").deliver(1, 1, "once").deliver(1, 2, "once");
            let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
            assert_eq!(verdict.findings.iter().filter(|f| f.by == "receives").count(), 0, "{verdict:#?}");
            assert!(verdict.grades.iter().any(|g| g.text.contains("2 times")), "{verdict:#?}");
        }
    }
}

#[test]
fn overlapping_subscriptions_may_bring_a_copy_each() {
    for version in BOTH {
        for (copies, kind) in [(2, VerdictKind::Pass), (3, VerdictKind::Fail)] {
            let mut s = Story::new(version, 2);
            let conn = s.subscriber;
            s.h.subscribe(conn, 2, "dz1/+", 2);
            s.publish(2, "once");
            for id in 1..=copies {
                s.deliver(2, id, "once");
            }
            let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

#[test]
fn a_copy_for_a_lower_grant_may_be_repeated() {
    for version in BOTH {
        for (qos2, kind) in [(1, VerdictKind::Pass), (3, VerdictKind::Fail)] {
            let mut s = Story::new(version, 2);
            let conn = s.subscriber;
            s.h.subscribe(conn, 2, "dz1/+", 1);
            s.publish(2, "once");
            for id in 1..=qos2 {
                s.deliver(2, id, "once");
            }
            s.deliver(1, 11, "once").deliver(1, 12, "once");
            let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

#[test]
fn two_messages_with_one_payload_are_two() {
    for version in BOTH {
        let mut s = Story::new(version, 2);
        s.publish(2, "same").deliver(2, 1, "same");
        s.publish(2, "same").deliver(2, 2, "same");
        assert_eq!(s.expects(&["same"], HowOften::AtMostOnce).kind, VerdictKind::Pass);
    }
}

#[test]
fn never_means_not_at_all() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        s.h.header().clauses = vec![of(version, "3.3.1-8", "3.3.1-11")];
        s.publish(1, "secret").deliver(1, 1, "secret");
        fails_by(&s.expects(&["secret"], HowOften::Never), of(version, "3.3.1-8", "3.3.1-11"));

        let mut s = Story::new(version, 1);
        s.publish(1, "secret").deliver(1, 1, "secret");
        fails_by(&s.expects(&[], HowOften::Never), format!("{version}/DZ-claim"));

        let mut s = Story::new(version, 1);
        s.publish(1, "other").deliver(1, 1, "other");
        assert_eq!(crate::wait::told(s.expects(&["secret"], HowOften::Never)), Verdict::pass());

        let mut s = Story::new(version, 1);
        s.h.marker(s.publisher, deadzone_history::Direction::Up, message(0, 0, false, "ready"));
        s.h.marker(s.subscriber, deadzone_history::Direction::Down, message(0, 0, false, "ready"));
        assert_eq!(crate::wait::told(s.expects(&[], HowOften::Never)), Verdict::pass());
    }
}

fn in_order(version: Version, delivered: &[(u16, &str)]) -> Verdict {
    let mut s = Story::new(version, 1);
    for (id, payload) in [(7, "1"), (8, "2"), (9, "3")] {
        s.h.publish(s.publisher, TOPIC, 1, id, payload);
    }
    for (id, payload) in delivered {
        s.deliver(1, *id, payload);
    }
    s.expects(&["1", "2", "3"], HowOften::InOrder)
}

#[test]
fn order_is_that_of_first_copies() {
    for version in BOTH {
        assert_eq!(crate::wait::told(in_order(version, &[(1, "1"), (2, "2"), (3, "3")])), Verdict::pass());
        let verdict = in_order(version, &[(1, "1"), (2, "3"), (3, "2")]);
        fails_by(&verdict, of(version, "4.6.0-6", "4.6.0-5"));
    }
}

#[test]
fn order_binds_one_publisher_and_topic_only() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        s.h.publish(s.publisher, TOPIC, 1, 7, "1");
        let other = s.h.connect(SUB, Start::Resume);
        s.subscriber = other;
        s.h.publish(other, TOPIC, 1, 7, "2");
        s.deliver(1, 1, "2").deliver(1, 2, "1");
        is(&s.expects(&["1", "2"], HowOften::InOrder), VerdictKind::Inconclusive, "different publishers");
    }
}

fn with_field(version: Version, field: Field, wanted: u32, retain: bool, granted: u8) -> Verdict {
    let mut s = Story::new(version, granted);
    s.publish(1, "once");
    let conn = s.subscriber;
    let qos = granted.min(1);
    let id = (qos > 0).then_some(1);
    s.h.down(conn, Packet::Publish(Publish { retain, ..Publish::new(TOPIC, qos, id, &b"once"[..]) }));
    if qos > 0 {
        s.h.up(conn, ack(AckKind::Puback, 1));
    }
    let kind = ClaimKind::Receives {
        client: SUB,
        payloads: vec![Bytes::from_static(b"once")],
        some: false,
        fields: vec![(field, Value::Number(wanted))],
        count: HowOften::ExactlyOnce,
    };
    let claim = s.h.claim("expect", kind);
    s.h.met(claim, &[]);
    judge(&s.h.finish())
}

#[test]
fn copies_are_as_claimed() {
    for version in BOTH {
        assert_eq!(crate::wait::told(with_field(version, Field::Retain, 0, false, 1)), Verdict::pass());
        fails_by(&with_field(version, Field::Retain, 0, true, 1), of(version, "3.3.1-9", "3.3.1-12"));
        let verdict = with_field(version, Field::Qos, 1, false, 0);
        is(&verdict, VerdictKind::NotApplicable, "QoS 0 was granted");
        let verdict = with_field(version, Field::Topic, 1, false, 1);
        assert_ne!(
            verdict.kind,
            VerdictKind::Fail,
            "a number for a topic means another message: {verdict:#?}"
        );
    }
}

#[test]
fn a_retained_message_is_owed_to_a_new_subscription() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let publisher = h.connect(p, Start::Clean);
        h.up(
            publisher,
            Packet::Publish(Publish { retain: true, ..Publish::new(TOPIC, 1, Some(7), &b"kept"[..]) }),
        );
        h.down(publisher, ack(AckKind::Puback, 7));
        let conn = h.connect(s, Start::Clean);
        h.up(conn, Subscribe::new(1, TOPIC, 1));
        h.down(conn, Suback::new(1, [1]));
        h.step("expect sub receives");
        let claim = h.receives(s, &["kept"], HowOften::ExactlyOnce);
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        fails_by(&judge(&h.finish()), of(version, "3.3.1-6", "3.3.1-9"));
    }
}

#[test]
fn a_will_is_owed_once_the_broker_knows() {
    use deadzone_wire::Will;
    for version in BOTH {
        for (ended, kind) in [(true, VerdictKind::Fail), (false, VerdictKind::Inconclusive)] {
            let mut h = HandMade::new(version);
            let (p, s) = (h.client("pub"), h.client("sub"));
            let conn = h.connect(s, Start::Clean);
            h.subscribe(conn, 1, TOPIC, 1);
            let mut connect = h.connect_packet(p, Start::Clean);
            let will = Will {
                properties: Default::default(),
                topic: TOPIC.into(),
                payload: Bytes::from_static(b"gone"),
            };
            connect.set_will(will, 1, false);
            let publisher = h.connect_with(p, connect, Connack::new(version, false, 0));
            if ended {
                h.cut_rst(publisher);
            } else {
                h.cut_silent(publisher);
            }
            h.step("expect sub receives");
            let claim = h.receives(s, &["gone"], HowOften::ExactlyOnce);
            h.pass_us(10_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

#[test]
fn a_disconnect_that_a_reset_may_have_overtaken_leaves_the_will_open() {
    use deadzone_wire::{Disconnect, Will};
    for version in BOTH {
        for (reset, kind) in [(true, VerdictKind::Pass), (false, VerdictKind::Fail)] {
            let mut h = HandMade::new(version);
            let (p, s) = (h.client("pub"), h.client("sub"));
            let conn = h.connect(s, Start::Clean);
            h.subscribe(conn, 1, TOPIC, 1);
            let mut connect = h.connect_packet(p, Start::Clean);
            let payload = Bytes::from_static(b"gone");
            connect.set_will(Will { properties: Default::default(), topic: TOPIC.into(), payload }, 1, false);
            let publisher = h.connect_with(p, connect, Connack::new(version, false, 0));
            if reset {
                h.up(publisher, Disconnect::default());
                h.cut_rst(publisher);
            } else {
                h.disconnect(publisher);
            }
            h.deliver(conn, TOPIC, 1, 1, "gone");
            h.step("expect sub receives");
            h.receives(s, &["gone"], HowOften::Never);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
            assert_eq!(verdict.grades.is_empty(), !reset, "{verdict:#?}");
        }
    }
}

#[test]
fn one_loss_at_two_subscribers_is_one_finding() {
    for version in BOTH {
        let mut s = Story::new(version, 1);
        let third = s.h.client("third");
        let conn = s.h.connect(third, Start::Clean);
        s.h.subscribe(conn, 1, TOPIC, 1);
        s.publish(1, "once");
        for client in [SUB, third] {
            let claim = s.h.receives(client, &["once"], HowOften::ExactlyOnce);
            s.h.unmet(claim, 10_000_000, Ended::LongBound, None);
        }
        let verdict = judge(&s.h.finish());
        assert_eq!((verdict.findings.len(), verdict.findings[0].folded.len()), (1, 1), "{verdict:#?}");
    }
}

#[test]
fn a_grant_that_ended_before_the_message_promises_nothing() {
    for version in BOTH {
        let mut s = Story::new(version, 2);
        let conn = s.subscriber;
        s.h.subscribe(conn, 2, TOPIC, 1);
        s.publish(2, "once").deliver(1, 1, "once").deliver(1, 2, "once");
        let verdict = s.expects(&["once"], HowOften::ExactlyOnce);
        assert_eq!(verdict.findings.iter().filter(|f| f.by == "receives").count(), 0, "{verdict:#?}");
    }
}
