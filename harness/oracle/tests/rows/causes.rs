//! One cause is told once, and under the clause that it breaks.

use deadzone_history::{
    By, ClaimKind, ClientIx, Close, ConnId, End, Ended, Expected, HandMade, HowOften, Start,
};
use deadzone_oracle::judge;
use deadzone_verdict::{Fact, Finding, Phase, Verdict, VerdictKind};
use deadzone_wire::{
    Ack, AckKind, Connack, Field, Packet, PacketKind, Pattern, Properties, Publish, Subscribe, Value,
    Version, Will,
};

use crate::told::{BOTH, Pair, TOPIC, message, passes};

/// A claim that a client waits for this message.
pub(crate) fn waits(
    h: &mut HandMade,
    client: ClientIx,
    conn: ConnId,
    payload: &str,
    more: &[(Field, u32)],
) -> u32 {
    let mut fields = vec![(Field::Payload, Value::Bytes(payload.as_bytes().to_vec().into()))];
    fields.extend(more.iter().map(|(field, n)| (*field, Value::Number(*n))));
    let alternatives = vec![Expected::Packet(Pattern { kind: PacketKind::Publish, fields })];
    let kind = ClaimKind::Arrives { client, conn, alternatives, strict: false, answers: None, intent: false };
    h.claim("<- PUBLISH", kind)
}

/// A claim that the broker closes this connection for what it was given at the event.
pub(crate) fn closes(h: &mut HandMade, client: ClientIx, conn: ConnId, given: u64) -> u32 {
    h.step("dev <- closed");
    let kind = ClaimKind::Arrives {
        client,
        conn,
        alternatives: vec![Expected::Closed],
        strict: false,
        answers: Some(given - 1),
        intent: false,
    };
    h.claim("dev <- closed", kind)
}

/// The only finding.
#[track_caller]
pub(crate) fn one(verdict: &Verdict) -> &Finding {
    let [finding] = verdict.findings.as_slice() else { panic!("not one: {verdict:#?}") };
    finding
}

#[track_caller]
pub(crate) fn told(h: HandMade) -> (String, Fact, Finding) {
    let verdict = judge(&h.finish());
    let finding = one(&verdict).clone();
    (finding.clause.clause().number.to_owned(), finding.fact, finding)
}

/// "two" is left unacknowledged under id 2, and comes again as id 1.
pub(crate) fn resent_as_another(version: Version, qos: u8) -> Pair {
    let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
    h.publish(publisher, TOPIC, qos, 1, "one");
    h.deliver(subscriber, TOPIC, qos, 1, "one");
    h.publish(publisher, TOPIC, qos, 2, "two");
    h.down(subscriber, message(qos, 2, "two"));
    h.cut_rst(subscriber);
    let subscriber = h.connect(sub, Start::Resume);
    Pair { h, publisher, sub, subscriber }
}

#[test]
fn row_b_a_resend_under_another_id_is_one_finding() {
    for version in BOTH {
        for qos in [1, 2] {
            let Pair { mut h, publisher, sub, subscriber } = resent_as_another(version, qos);
            h.deliver(subscriber, TOPIC, qos, 1, "two");
            h.publish(publisher, TOPIC, qos, 3, "three");
            h.deliver(subscriber, TOPIC, qos, 2, "three");
            let claim = h.receives(sub, &["one", "two", "three"], HowOften::ExactlyOnce);
            h.met(claim, &[]);
            let (clause, fact, _) = told(h);
            assert_eq!((clause.as_str(), fact), ("MQTT-4.4.0-1", Fact::WrongPacket));
        }
    }
}

#[test]
fn row_b_what_came_under_another_id_is_no_silence() {
    for version in BOTH {
        let Pair { mut h, sub, subscriber, .. } = resent_as_another(version, 1);
        let claim = waits(&mut h, sub, subscriber, "two", &[(Field::Id, 2), (Field::Dup, 1)]);
        h.deliver(subscriber, TOPIC, 1, 1, "two");
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let (clause, fact, finding) = told(h);
        assert_eq!((clause.as_str(), fact), ("MQTT-4.4.0-1", Fact::WrongPacket));
        assert!(finding.got.contains("under another id"), "{}", finding.got);
        assert!(finding.claim.is_some() && finding.folded.len() == 1, "{finding:#?}");
    }
}

/// What looks like a resend under another id and is none: a copy for another subscription, and one of what its publisher sent
/// again.
#[test]
fn row_a_a_second_exchange_of_its_own_is_no_resend() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.subscribe(subscriber, 2, "dz1/+", 1);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.down(subscriber, message(1, 1, "one"));
        h.cut_rst(subscriber);
        let conn = h.connect(sub, Start::Resume);
        h.deliver(conn, TOPIC, 1, 2, "one");
        passes(h);

        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.up(publisher, message(1, 1, "one"));
        h.down(subscriber, message(1, 1, "one"));
        h.cut_rst(publisher);
        h.cut_rst(subscriber);
        let publisher = h.connect(ClientIx(0), Start::Resume);
        h.up(
            publisher,
            Packet::Publish(Publish { dup: true, ..Publish::new(TOPIC, 1, Some(1), &b"one"[..]) }),
        );
        h.down(publisher, Ack::new(AckKind::Puback, 1));
        let conn = h.connect(sub, Start::Resume);
        h.deliver(conn, TOPIC, 1, 2, "one");
        passes(h);
    }
}

#[test]
fn row_b_a_close_instead_of_a_resend_breaks_the_resend() {
    for version in BOTH {
        for (begun, clause) in [(true, "MQTT-4.4.0-1"), (false, "MQTT-4.5.0-1")] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            if !begun {
                h.cut_silent(subscriber);
            }
            h.publish(publisher, TOPIC, 2, 1, "kept");
            if begun {
                h.down_lost(subscriber, message(2, 1, "kept"));
                h.cut_silent(subscriber);
            }
            let conn = h.connect(sub, Start::Resume);
            let claim = waits(&mut h, sub, conn, "kept", &[(Field::Qos, 2)]);
            h.broker_closes(conn);
            let closed = h.closed(conn, End::Client, By::Broker, Close::Fin);
            h.unmet(claim, 500_000, Ended::Closed, Some(closed));
            let (told, fact, _) = told(h);
            assert_eq!((told.as_str(), fact), (clause, Fact::Closed), "begun: {begun}");
        }
    }
}

#[test]
fn row_b_a_retained_copy_without_the_flag_is_about_the_flag() {
    let mut h = HandMade::new(Version::V311);
    let (p, look) = (h.client("pub"), h.client("look"));
    let publisher = h.connect(p, Start::Clean);
    h.up(publisher, Packet::Publish(Publish { retain: true, ..Publish::new(TOPIC, 1, Some(1), &b"on"[..]) }));
    h.down(publisher, Ack::new(AckKind::Puback, 1));
    let conn = h.connect(look, Start::Clean);
    h.subscribe(conn, 1, TOPIC, 1);
    h.step("look finds");
    let seen = h.deliver(conn, TOPIC, 1, 1, "on");
    let claim = waits(&mut h, look, conn, "on", &[(Field::Retain, 1)]);
    h.unmet(claim, 1_000_000, Ended::Mismatch, Some(seen + 1));
    let (clause, fact, _) = told(h);
    assert_eq!((clause.as_str(), fact), ("MQTT-3.3.1-8", Fact::WrongField));
}

#[test]
fn row_a_tolerating_and_forwarding_a_malformed_publish_is_one_finding() {
    let mut h = HandMade::new(Version::V311);
    let (dev, watch) = (h.client("dev"), h.client("watch"));
    let watcher = h.connect(watch, Start::Clean);
    h.subscribe(watcher, 1, "dz1/#", 1);
    let conn = h.connect(dev, Start::Clean);
    h.deviant_step("dev -> PUBLISH");
    let poison = || Packet::Publish(Publish::new("dz1/\0", 0, None, &b"poison"[..]));
    let given = h.up(conn, poison());
    let claim = closes(&mut h, dev, conn, given);
    h.down(watcher, poison());
    h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
    let (clause, _, finding) = told(h);
    assert_eq!((clause.as_str(), finding.folded.len()), ("MQTT-1.5.3-2", 1), "{finding:#?}");
}

#[test]
fn row_a_a_wait_for_the_right_qos_follows_from_the_wrong_one() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        let claim = waits(&mut h, sub, subscriber, "one", &[(Field::Qos, 1)]);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.deliver(subscriber, TOPIC, 2, 1, "one");
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let (_, fact, finding) = told(h);
        assert_eq!((finding.by.as_str(), fact, finding.folded.len()), ("granted-qos", Fact::WrongField, 1));
        assert!(finding.folded[0].got.contains("it came as PUBLISH q2"), "{finding:#?}");
    }
}

/// A message of another scenario concerns no client of this one, comes as often as it likes, and explains nothing beside it.
#[test]
fn row_b_what_is_of_another_scenario_is_told_once_and_for_the_target() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (a, b) = (h.client("a"), h.client("b"));
        let foreign = || HandMade::message("dzother/state", 0, 0, "on");
        let first = h.connect(a, Start::Clean);
        h.down(first, foreign());
        h.publish(first, TOPIC, 1, 1, "one");
        h.down(first, foreign());
        let second = h.connect(b, Start::Clean);
        h.up(second, Subscribe::new(1, "dz1/#", 1));
        h.down(second, foreign());
        let claim = h.arrives(second, PacketKind::Suback, None);
        h.broker_closes(second);
        let closed = h.closed(second, End::Client, By::Broker, Close::Fin);
        h.unmet(claim, 1_000, Ended::Closed, Some(closed));
        let verdict = judge(&h.finish());
        let facts: Vec<Fact> = verdict.findings.iter().map(|f| f.fact).collect();
        assert_eq!(facts, [Fact::Misdelivered, Fact::Closed], "{verdict:#?}");
        let print = verdict.findings[0].fingerprint();
        assert_eq!((print.client, print.phase), (None, Phase::default()));
    }
}

/// One of this scenario's own topics is this scenario's finding.
#[test]
fn row_b_what_was_never_asked_for_in_this_scenario_is_its_own() {
    let mut h = HandMade::new(Version::V5);
    let (p, c) = (h.client("pub"), h.client("c"));
    let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(c, Start::Clean));
    h.publish(publisher, TOPIC, 1, 1, "one");
    h.deliver(conn, TOPIC, 1, 1, "one");
    let (_, fact, finding) = told(h);
    assert_eq!((fact, finding.client.as_deref()), (Fact::DeliveredUnwanted, Some("c")));
}

#[test]
fn row_a_what_a_broker_could_do_instead_of_a_will_is_about_wills() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (dev, watch) = (h.client("dev"), h.client("watch"));
        let watcher = h.connect(watch, Start::Clean);
        h.subscribe(watcher, 1, "dz1/#", 1);
        let mut connect = h.connect_packet(dev, Start::Clean);
        let payload = (&b"gone"[..]).into();
        connect.set_will(Will { properties: Properties::new(), topic: TOPIC.into(), payload }, 1, false);
        let conn = h.connect_with(dev, connect, Connack::new(version, false, 0));
        h.step("expect watch receives");
        h.cut_rst(conn);
        let claim = h.receives(watch, &["gone"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).life(watcher);
        h.unmet(claim, 60_000_000, Ended::LongBound, None);
        let (clause, _, finding) = told(h);
        assert_eq!(clause, "MQTT-3.1.2-8");
        let could = finding.could_instead.join(" ");
        assert!(could.contains("will") && !could.contains("grant"), "{could}");
    }
}

/// The highest of two overlapping grants is missed at the end, and told with the step during which the copy came.
#[test]
fn row_a_a_finding_of_the_end_points_at_its_own_step() {
    for version in BOTH {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
        h.subscribe(subscriber, 2, "dz1/+", 0);
        let step = h.step("pub publish");
        h.publish(publisher, TOPIC, 2, 1, "one");
        h.down(subscriber, message(0, 0, "one"));
        h.step("sub ping");
        h.life(subscriber);
        let (_, _, finding) = told(h);
        assert_eq!(finding.place.map(|place| place.line), Some(step + 1), "{finding:#?}");
    }
}

/// What a performance shows without its findings is kept: they may turn out to be the target's.
#[test]
fn row_a_a_failure_knows_what_it_is_without_its_findings() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("a");
    let conn = h.connect(c, Start::Clean);
    h.down(conn, HandMade::message("dzother/state", 0, 0, "on"));
    h.abandoned(3, "no connection to the target");
    let verdict = judge(&h.finish());
    assert_eq!(verdict.kind, VerdictKind::Fail);
    assert_eq!(verdict.otherwise.map(|(kind, _)| kind), Some(VerdictKind::Inconclusive));
}

/// A will that must not come while its connection lasts is due once the broker itself has closed that.
#[test]
fn row_a_a_will_behind_the_brokers_own_close_is_due() {
    for version in BOTH {
        for early in [false, true] {
            let mut h = HandMade::new(version);
            let (dev, watch) = (h.client("dev"), h.client("watch"));
            let watcher = h.connect(watch, Start::Clean);
            h.subscribe(watcher, 1, "dz1/#", 1);
            let mut connect = h.connect_packet(dev, Start::Clean);
            let payload = (&b"gone"[..]).into();
            connect.set_will(Will { properties: Properties::new(), topic: TOPIC.into(), payload }, 1, false);
            let conn = h.connect_with(dev, connect, Connack::new(version, false, 0));
            h.step("expect watch receives nothing");
            if early {
                h.deliver(watcher, TOPIC, 1, 1, "gone");
            }
            h.broker_closes(conn);
            h.pass_us(2_000_000).deliver(watcher, TOPIC, 1, 2, "gone");
            h.receives(watch, &["gone"], HowOften::Never);
            let verdict = judge(&h.finish());
            let kind = if early { VerdictKind::Fail } else { VerdictKind::Inconclusive };
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

/// Twenty wills of one payload on topics of their own: the one that came is judged by its own connection, which the broker closed.
#[test]
fn row_a_a_will_is_judged_by_its_own_connection() {
    for version in BOTH {
        for goodbye in [false, true] {
            let mut h = HandMade::new(version);
            let watch = h.client("watch");
            let watcher = h.connect(watch, Start::Clean);
            h.subscribe(watcher, 1, "dz1/#", 1);
            let mut first_ended = None;
            for round in 1..=2 {
                let dev = h.client(&format!("dev{round}"));
                let mut connect = h.connect_packet(dev, Start::Clean);
                let (topic, payload) = (format!("dz1/r{round}").as_str().into(), (&b"gone"[..]).into());
                connect.set_will(Will { properties: Properties::new(), topic, payload }, 1, false);
                let conn = h.connect_with(dev, connect, Connack::new(version, false, 0));
                if round == 1 || goodbye {
                    let seq = h.disconnect(conn);
                    first_ended.get_or_insert(seq);
                } else {
                    h.broker_closes(conn);
                }
            }
            h.step("expect watch receives nothing");
            h.pass_us(2_000_000).deliver(watcher, "dz1/r2", 1, 2, "gone");
            h.receives(watch, &["gone"], HowOften::Never);
            let verdict = judge(&h.finish());
            let kind = if goodbye { VerdictKind::Fail } else { VerdictKind::Inconclusive };
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
            if goodbye {
                let evidence = &verdict.findings[0].evidence;
                assert!(Some(evidence[0]) > first_ended, "{evidence:?}: the CONNECT of the second");
            }
        }
    }
}

/// A live message that never came is lost, whatever else its scenario is about.
#[test]
fn row_b_what_is_missing_breaks_what_it_was_owed_by() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        let about = format!("{version}/MQTT-{}", if version == Version::V5 { "3.8.4-8" } else { "3.8.4-6" });
        h.header().clauses = vec![deadzone_spec::ClauseId::find(&about).expect("a clause")];
        h.publish(publisher, TOPIC, 1, 1, "one");
        let claim = h.receives(sub, &["one"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).life(subscriber);
        h.unmet(claim, 60_000_000, Ended::LongBound, None);
        assert_eq!(told(h).0, "MQTT-4.5.0-1");
    }
}
