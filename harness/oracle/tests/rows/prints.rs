//! What makes two findings the same, and what does not.

use deadzone_history::{Ended, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_verdict::Phase;
use deadzone_wire::{Ack, AckKind, Connack, Field, Packet, Version};

use crate::{
    causes::{one, resent_as_another, told, waits},
    told::{BOTH, Pair, TOPIC, message},
};

/// A resend without DUP behind a takeover, with the old connection's end before or behind the new CONNACK.
fn taken_over(version: Version, closed_first: bool) -> Phase {
    let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
    h.publish(publisher, TOPIC, 1, 1, "one");
    h.down(subscriber, message(1, 1, "one"));
    let connect = h.connect_packet(sub, Start::Resume);
    let conn = h.open(sub);
    h.up(conn, Packet::from(connect));
    if closed_first {
        h.broker_closes(subscriber);
    }
    h.down(conn, Connack::new(version, true, 0));
    if !closed_first {
        h.broker_closes(subscriber);
    }
    h.down(conn, message(1, 1, "one"));
    one(&judge(&h.finish())).phase
}

#[test]
fn row_a_one_race_is_one_fingerprint() {
    for version in BOTH {
        assert_eq!(taken_over(version, true), taken_over(version, false));
    }
}

#[test]
fn row_a_a_round_is_no_part_of_a_fingerprint() {
    for name in ["sub", "sub.2", "sub.17"] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client(name);
        let conn = h.connect(c, Start::Fresh);
        h.down(conn, Ack::new(AckKind::Puback, 9));
        let verdict = judge(&h.finish());
        assert_eq!(one(&verdict).fingerprint().client.as_deref(), Some("sub"));
    }
}

/// What was acknowledged on the connection before is no part of a finding about another exchange.
#[test]
fn row_a_another_exchange_is_no_part_of_a_fingerprint() {
    let phase = |acknowledged: bool| {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(Version::V5);
        if acknowledged {
            h.publish(publisher, TOPIC, 1, 1, "one");
            h.deliver(subscriber, TOPIC, 1, 1, "one");
        }
        h.down(subscriber, Ack::new(AckKind::Puback, 9));
        one(&judge(&h.finish())).phase
    };
    assert_eq!(phase(true), phase(false));
}

#[test]
fn row_a_the_same_finding_is_counted_once() {
    let Pair { mut h, publisher, sub, subscriber } = Pair::new(Version::V311);
    h.publish(publisher, TOPIC, 1, 1, "one");
    h.publish(publisher, TOPIC, 1, 2, "two");
    let first = h.receives(sub, &["one"], HowOften::AtLeastOnce);
    h.pass_us(60_000_000).life(subscriber);
    h.unmet(first, 60_000_000, Ended::LongBound, None);
    let second = h.receives(sub, &["two"], HowOften::AtLeastOnce);
    h.pass_us(60_000_000).life(subscriber);
    h.unmet(second, 60_000_000, Ended::LongBound, None);
    let (clause, _, finding) = told(h);
    assert_eq!((clause.as_str(), finding.folded.len()), ("MQTT-4.5.0-1", 1));
}

/// The rule that sees a packet and the claim that waits for it tell one finding: what the script waits for is no part of it.
#[test]
fn row_a_a_rule_and_a_claim_have_one_fingerprint() {
    let print = |waited: bool| {
        let Pair { mut h, sub, subscriber, .. } = resent_as_another(Version::V311, 1);
        let claim = waited.then(|| waits(&mut h, sub, subscriber, "two", &[(Field::Id, 2)]));
        h.deliver(subscriber, TOPIC, 1, 1, "two");
        if let Some(claim) = claim {
            h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        }
        one(&judge(&h.finish())).fingerprint()
    };
    assert_eq!(print(false).qos, Some(1));
    assert_eq!(print(true), print(false));
}
