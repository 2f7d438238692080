//! Correct brokers that were blamed for what they sent again: late, with DUP, behind newer first copies.

use deadzone_history::{By, Close, ConnId, End, HandMade, HowOften, Late, Start};
use deadzone_oracle::judge;
use deadzone_verdict::VerdictKind;
use deadzone_wire::{Ack, AckKind, Connack, Packet, Version};

use crate::told::{BOTH, Pair, TOPIC, again, fails, message, passes};

/// A resend half a minute after the resume is slow, and legal.
#[test]
fn row_a2_a_resend_after_thirty_seconds_is_slow() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.up(publisher, message(1, 7, "once"));
        h.down(publisher, Ack::new(AckKind::Puback, 7));
        h.down_lost(subscriber, message(1, 3, "once"));
        h.cut_silent(subscriber);
        let conn = h.connect(sub, Start::Resume);
        let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
        h.pass_us(10_000_000).parked(claim);
        let seen = h.pass_us(20_000_000).down(conn, again(1, 3, "once"));
        h.up(conn, Ack::new(AckKind::Puback, 3));
        h.met_when(claim, &[seen + 1], Late::Slow { us: 30_000_000 });
        assert_eq!(passes(h).kind, VerdictKind::PassSlow);
    }
}

/// Order is that of first copies at the broker's end: a late resend behind newer first copies is none of them.
#[test]
fn row_a3_a_late_resend_behind_newer_first_copies_keeps_the_order() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.down_lost(subscriber, message(1, 1, "one"));
        h.cut_silent(subscriber);
        h.publish(publisher, TOPIC, 1, 2, "two");
        let conn = h.connect(sub, Start::Resume);
        h.deliver(conn, TOPIC, 1, 2, "two");
        let late = h.pass_us(30_000_000).down(conn, again(1, 1, "one"));
        h.up(conn, Ack::new(AckKind::Puback, 1));
        let claim = h.receives(sub, &["one", "two"], HowOften::InOrder);
        h.met(claim, &[late + 1]);
        passes(h);
    }
}

/// DUP 1 on what was given before the broker closed the old connection: it may have begun there.
#[test]
fn row_a9_dup_is_open_for_what_was_given_before_the_brokers_close() {
    for version in BOTH {
        for (pause_us, given_before) in [(0, true), (2_000_000, false)] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            if given_before {
                h.publish(publisher, TOPIC, 1, 1, "one");
            }
            h.broker_closes(subscriber);
            h.closed(subscriber, End::Client, By::Broker, Close::Fin);
            if !given_before {
                h.pass_us(pause_us).publish(publisher, TOPIC, 1, 1, "one");
            }
            let conn = h.connect(sub, Start::Resume);
            h.down(conn, again(1, 1, "one"));
            h.up(conn, Ack::new(AckKind::Puback, 1));
            if given_before { drop(passes(h)) } else { fails(h, "MQTT-3.3.1-3") }
        }
    }
}

/// The publisher's own DUP, handed on with a second publication, is that, and no resend under another id.
#[test]
fn row_a10_the_publishers_dup_handed_on_is_named_as_such() {
    for version in BOTH {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.down(subscriber, message(1, 1, "one"));
        h.up(publisher, again(1, 9, "one"));
        h.down(publisher, Ack::new(AckKind::Puback, 9));
        h.down(subscriber, again(1, 2, "one"));
        fails(h, "MQTT-3.3.1-3");
    }
}

/// The same where the publisher sends one message again and the subscriber has not acknowledged its first copy: what is wrong is
/// the DUP, whenever the acknowledgement comes.
#[test]
fn row_a10_the_publishers_resend_handed_on_with_its_dup_is_named_as_such() {
    for acknowledged in [true, false] {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(Version::V311);
        h.up(publisher, message(1, 1, "one"));
        h.down(subscriber, message(1, 1, "one"));
        if acknowledged {
            h.up(subscriber, Ack::new(AckKind::Puback, 1));
        }
        h.up(publisher, again(1, 1, "one"));
        h.down(publisher, Ack::new(AckKind::Puback, 1));
        h.down(subscriber, again(1, 2, "one"));
        fails(h, "MQTT-3.3.1-3");
    }
}

/// "one" comes for the first time with DUP behind "two", on a connection behind a reset: it may have been sent before, unseen.
/// Behind an end that was read nothing can have been.
#[test]
fn row_a_a_first_copy_with_dup_behind_a_reset_has_no_place_in_the_order() {
    for version in BOTH {
        for (reset, dup) in [(true, true), (true, false), (false, true)] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let claim = h.receives(sub, &["one", "two"], HowOften::InOrder);
            if reset {
                h.cut_rst(subscriber);
            } else {
                h.disconnect(subscriber);
            }
            h.publish(publisher, TOPIC, 1, 1, "one");
            h.publish(publisher, TOPIC, 1, 2, "two");
            let connect = h.connect_packet(sub, Start::Resume);
            let conn = h.connect_with(sub, connect, Connack::new(version, true, 0));
            h.deliver(conn, TOPIC, 1, 2, "two");
            h.down(conn, if dup { again(1, 1, "one") } else { message(1, 1, "one") });
            h.up(conn, Ack::new(AckKind::Puback, 1));
            h.met(claim, &[]);
            let wanted = if reset && dup { VerdictKind::Inconclusive } else { VerdictKind::Fail };
            let verdict = judge(&h.finish());
            let order = verdict.findings.iter().any(|f| f.claim.is_some());
            assert_eq!(
                (verdict.kind, order),
                (wanted, !(reset && dup)),
                "{version} {reset} {dup} {verdict:#?}"
            );
        }
    }
}

/// One that may be a resend excuses itself alone: "four" came before "three", whenever "one" comes.
#[test]
fn row_b_a_late_resend_hides_no_other_order() {
    for version in BOTH {
        let names = ["one", "two", "three", "four"];
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        let claim = h.receives(sub, &names, HowOften::InOrder);
        h.cut_rst(subscriber);
        for (name, id) in names.iter().zip(1..) {
            h.publish(publisher, TOPIC, 1, id, name);
        }
        let connect = h.connect_packet(sub, Start::Resume);
        let conn = h.connect_with(sub, connect, Connack::new(version, true, 0));
        for (name, id) in [("two", 2), ("four", 4), ("three", 3)] {
            h.deliver(conn, TOPIC, 1, id, name);
        }
        h.down(conn, again(1, 1, "one"));
        h.up(conn, Ack::new(AckKind::Puback, 1));
        h.met(claim, &[]);
        let verdict = judge(&h.finish());
        let wrong: Vec<_> = verdict.findings.iter().map(|f| f.got.as_str()).collect();
        assert_eq!((verdict.kind, &wrong[..]), (VerdictKind::Fail, &["\"four\" first"][..]), "{verdict:#?}");
    }
}

/// What was sent into a reset may be sent again on any later connection of the session, however many there were between, and
/// however early its socket was opened.
#[test]
fn row_a_a_resend_is_late_behind_any_number_of_connections() {
    for version in BOTH {
        for (between, opened_early) in [(3, false), (9, false), (1, true)] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let claim = h.receives(sub, &["one", "two"], HowOften::InOrder);
            let early = opened_early.then(|| h.open(sub));
            h.publish(publisher, TOPIC, 1, 1, "one");
            h.cut_rst(subscriber);
            h.publish(publisher, TOPIC, 1, 2, "two");
            let resume = |h: &mut HandMade, conn: Option<ConnId>| {
                let connect = h.connect_packet(sub, Start::Resume);
                let conn = conn.unwrap_or_else(|| h.open(sub));
                h.up(conn, Packet::from(connect));
                h.down(conn, Connack::new(version, true, 0));
                conn
            };
            for _ in 1..between {
                let conn = resume(&mut h, None);
                h.disconnect(conn);
            }
            let conn = resume(&mut h, early);
            h.deliver(conn, TOPIC, 1, 2, "two");
            h.down(conn, again(1, 1, "one"));
            h.up(conn, Ack::new(AckKind::Puback, 1));
            h.met(claim, &[]);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, VerdictKind::Inconclusive, "{between} {opened_early} {verdict:#?}");
        }
    }
}
