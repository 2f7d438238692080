//! Answers that are owed: planted anomalies and legal histories, in both versions.

use deadzone_history::{By, ClaimKind, ClientIx, Close, End, Ended, EventKind, Expected, HandMade, Start};
use deadzone_oracle::judge;
use deadzone_spec::id;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Connack, Field, PacketKind, Suback, Subscribe, Version};

use crate::wait::*;

#[test]
fn silence_fails_by_the_clause_that_was_owed() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let v = silence(h, conn, with(PacketKind::Puback, &[(Field::Id, 7)]));
        fails_by(&v, of(version, "4.3.2-2", "4.3.2-4"));
        assert_eq!(v.findings[0].meanwhile, "PINGRESP");
        assert!(v.findings[0].got.contains("within 10.0 s") && v.findings[0].got.contains("lives"));

        let (mut h, conn) = started(version);
        h.up(conn, publish(2, 7, false));
        fails_by(
            &silence(h, conn, with(PacketKind::Pubrec, &[(Field::Id, 7)])),
            of(version, "4.3.3-2", "4.3.3-8"),
        );

        let (mut h, conn) = started(version);
        h.up(conn, publish(2, 7, false));
        h.down(conn, ack(AckKind::Pubrec, 7));
        h.up(conn, ack(AckKind::Pubrel, 7));
        fails_by(
            &silence(h, conn, with(PacketKind::Pubcomp, &[(Field::Id, 7)])),
            of(version, "4.3.3-2", "4.3.3-11"),
        );

        let (mut h, conn) = started(version);
        h.up(conn, Subscribe::new(3, "dz1/t", 1));
        fails_by(&silence(h, conn, with(PacketKind::Suback, &[])), of(version, "3.8.4-1", "3.8.4-1"));

        let (mut h, conn) = started(version);
        published(&mut h);
        h.subscribe(conn, 3, "dz1/t", 2);
        h.down(conn, publish(2, 9, false));
        h.up(conn, ack(AckKind::Pubrec, 9));
        fails_by(&silence(h, conn, with(PacketKind::Pubrel, &[])), of(version, "4.3.3-1", "4.3.3-4"));
    }
}

#[test]
fn a_dup_copy_and_a_resumed_session_have_clauses_of_their_own() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(2, 7, false));
        h.down_lost(conn, ack(AckKind::Pubrec, 7));
        h.cut_silent(conn);
        let conn = h.connect(0, Start::Resume);
        h.up(conn, publish(2, 7, true));
        fails_by(
            &silence(h, conn, with(PacketKind::Pubrec, &[(Field::Id, 7)])),
            of(version, "4.3.3-2", "4.3.3-10"),
        );

        let (mut h, conn) = started(version);
        published(&mut h);
        h.subscribe(conn, 3, "dz1/t", 2);
        h.down(conn, publish(2, 9, false));
        h.up(conn, ack(AckKind::Pubrec, 9));
        h.cut_silent(conn);
        let conn = h.connect(0, Start::Resume);
        fails_by(
            &silence(h, conn, with(PacketKind::Pubrel, &[(Field::Id, 9)])),
            of(version, "4.4.0-1", "4.4.0-1"),
        );

        let (mut h, conn) = started(version);
        published(&mut h);
        h.subscribe(conn, 3, "dz1/t", 2);
        h.down_lost(conn, publish(1, 9, false));
        h.cut_silent(conn);
        let conn = h.connect(0, Start::Resume);
        fails_by(
            &silence(h, conn, with(PacketKind::Publish, &[(Field::Id, 9)])),
            of(version, "4.4.0-1", "4.4.0-1"),
        );
    }
}

#[test]
fn the_steps_own_clause_comes_first() {
    let (mut h, conn) = started(Version::V5);
    h.up(conn, publish(2, 7, false));
    let kind = ClaimKind::Arrives {
        client: ClientIx(0),
        conn,
        alternatives: vec![with(PacketKind::Pubrec, &[])],
        strict: false,
        answers: None,
        intent: false,
    };
    let claim = h.claim_of("<- PUBREC", &[id!("5.0/MQTT-4.9.0-3")], kind);
    h.unmet(claim, 10_000_000, Ended::LongBound, None);
    fails_by(&judge(&h.finish()), "5.0/MQTT-4.9.0-3");
}

#[test]
fn what_never_reached_the_broker_needs_no_answer() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up_lost(conn, publish(1, 7, false));
        is(&silence(h, conn, with(PacketKind::Puback, &[])), VerdictKind::Inconclusive, "never reached");
        // Behind a lost one the ordinals must not slip: a ping before it was given.
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 6, false));
        h.down(conn, ack(AckKind::Puback, 6));
        h.up_lost(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[(Field::Id, 7)])], false, false);
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "never reached");
    }
}

#[test]
fn an_answer_that_the_link_swallowed_is_not_missing() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        h.down_lost(conn, ack(AckKind::Puback, 7));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[(Field::Id, 7)])], false, false);
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "link did not deliver");
    }
}

#[test]
fn a_starved_harness_blames_nobody() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[])], false, false);
        h.pass_us(9_900_000).event(EventKind::Starved { ms: 251 });
        h.pass_us(100_000).unmet(claim, 10_000_000, Ended::LongBound, None);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "starved");

        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[])], false, false);
        h.pass_us(7_000_000).event(EventKind::Starved { ms: 6_000 });
        h.pass_us(3_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "starved");

        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[])], false, false);
        h.pass_us(5_000_000).event(EventKind::Starved { ms: 900 });
        h.pass_us(5_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
        assert_eq!(
            judge(&h.finish()).kind,
            VerdictKind::Fail,
            "five seconds awake afterwards are patience enough"
        );

        let (mut h, conn) = started(version);
        h.event(EventKind::Starved { ms: 900 });
        h.pass_us(5_000_000).up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[])], false, false);
        h.pass_us(1_000_000).event(EventKind::Starved { ms: 250 });
        h.pass_us(1_000_000).unmet(claim, 2_000_000, Ended::LongBound, None);
        assert_eq!(
            judge(&h.finish()).kind,
            VerdictKind::Fail,
            "before the wait, or short, it does not count"
        );
    }
}

#[test]
fn met_is_looked_at_again() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[(Field::Id, 7)])], false, false);
        let seen = h.down(conn, ack(AckKind::Puback, 7));
        h.met(claim, &[seen + 1]);
        assert_eq!(told(judge(&h.finish())), Verdict::pass());

        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[(Field::Id, 7)])], false, false);
        let seen = h.down(conn, ack(AckKind::Puback, 8));
        h.met(claim, &[seen + 1]);
        is(&judge(&h.finish()), VerdictKind::Error, "does not meet");
    }
}

#[test]
fn late_is_slow_and_alternatives_are_legal() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.up(conn, publish(1, 7, false));
        let both = vec![with(PacketKind::Puback, &[(Field::Id, 7)]), Expected::Closed];
        let claim = arrival(&mut h, conn, both, false, false);
        let close = h.closed(conn, End::Client, By::Broker, Close::Rst);
        h.met_late(claim, &[close]);
        assert_eq!(judge(&h.finish()).kind, VerdictKind::PassSlow);
    }
}

#[test]
fn refusals_are_the_targets_right() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        let conn = h.open(client);
        let connect = h.connect_packet(client, Start::Clean);
        h.up(conn, connect);
        let code = if version == Version::V5 { 0x87 } else { 5 };
        let seen = h.down(conn, Connack::new(version, false, code));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Connack, &[])], false, true);
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        h.abandoned(0, "the connection was not accepted as claimed");
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "refused");

        let (mut h, conn) = started(version);
        h.up(conn, Subscribe::new(3, "dz1/t", 2));
        let seen = h.down(conn, Suback::new(3, [0x80]));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Suback, &[(Field::Id, 3)])], false, true);
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        h.abandoned(0, "no SUBACK as claimed");
        let claim = h.receives(client, &["once"], deadzone_history::HowOften::ExactlyOnce);
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        is(&judge(&h.finish()), VerdictKind::NotApplicable, "SUBACK");

        let (mut h, conn) = started(version);
        h.up(conn, Subscribe::new(3, "dz1/t", 2));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Suback, &[(Field::Id, 3)])], false, true);
        let seen = h.down(conn, Suback::new(3, [1]));
        h.met(claim, &[seen + 1]);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, VerdictKind::Pass, "nothing needs more: {verdict:#?}");
        assert!(verdict.grades.iter().any(|grade| grade.text.contains("a lower QoS was granted")));
    }
    let (mut h, conn) = started(Version::V5);
    h.up(conn, publish(2, 7, false));
    let seen = h.down(conn, Ack::with_reason(AckKind::Pubrec, 7, 0x97));
    let claim = arrival(&mut h, conn, vec![with(PacketKind::Pubrec, &[(Field::Id, 7)])], false, false);
    h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
    is(&judge(&h.finish()), VerdictKind::Inconclusive, "refused");
}
