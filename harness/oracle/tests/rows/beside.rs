//! What is one cause with another finding, what is not, and which clauses are named beside.

use deadzone_history::{ClaimKind, Direction, End, Ended, Expected, HandMade, HowOften, Purpose, Start};
use deadzone_oracle::judge;
use deadzone_spec::ClauseId;
use deadzone_verdict::Fact;
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Field, Frame, Packet, PacketKind, Pattern, Publish, Suback, Subscribe,
    Value, Version,
};

use crate::{
    causes::{closes, told},
    told::{BOTH, Pair, TOPIC, message},
};

/// A second CONNACK and the close that is owed for the second CONNECT are one cause.
#[test]
fn row_b_a_second_connack_and_no_close_are_one_finding() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let dev = h.client("dev");
        let conn = h.connect(dev, Start::Clean);
        h.deviant_step("dev -> CONNECT");
        let connect = h.connect_packet(dev, Start::Clean);
        let given = h.up(conn, Packet::from(connect));
        let claim = closes(&mut h, dev, conn, given);
        h.down(conn, Connack::new(version, false, 0));
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let (clause, _, finding) = told(h);
        let connack = if version == Version::V5 { "MQTT-3.2.0-2" } else { "DZ-one-connack" };
        assert_eq!((clause.as_str(), finding.folded.len()), (connack, 1), "{finding:#?}");
        assert_eq!(finding.folded[0].clause.clause().number, "MQTT-3.1.0-2");
    }
}

fn clauses(version: Version, v311: &[&str], v5: &[&str]) -> Vec<ClauseId> {
    let numbers = if version == Version::V5 { v5 } else { v311 };
    let of = |n: &&str| ClauseId::find(&format!("{version}/MQTT-{n}")).expect("a clause");
    numbers.iter().map(of).collect()
}

/// A step names the highest grant. What never came is lost; what came below it breaks the clause of the step.
#[test]
fn row_b_what_never_came_breaks_no_clause_about_its_fields() {
    for version in BOTH {
        for low in [false, true] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let named = clauses(version, &["3.3.5-1"], &["3.3.4-2"]);
            let fields =
                vec![(Field::Payload, Value::Bytes((&b"one"[..]).into())), (Field::Qos, Value::Number(2))];
            let alternatives = vec![Expected::Packet(Pattern { kind: PacketKind::Publish, fields })];
            let (client, conn) = (sub, subscriber);
            let kind = ClaimKind::Arrives {
                client,
                conn,
                alternatives,
                strict: false,
                answers: None,
                intent: false,
            };
            let claim = h.claim_of("sub <- some PUBLISH", &named, kind);
            h.publish(publisher, TOPIC, 2, 1, "one");
            if low {
                h.deliver(subscriber, TOPIC, 1, 1, "one");
            }
            h.pass_us(60_000_000).life(subscriber);
            h.unmet(claim, 60_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            let told = verdict.findings.iter().flat_map(|f| std::iter::once(f).chain(&f.folded));
            let finding = told.into_iter().find(|f| f.claim.is_some()).expect("the claim's");
            let wanted = if low { named } else { clauses(version, &["4.5.0-1"], &["4.5.0-1"]) };
            assert_eq!(vec![finding.clause], wanted, "{verdict:#?}");
            assert!(finding.also.is_empty(), "{verdict:#?}");
        }
    }
}

/// `<-! closed` names what another packet breaks; a connection that stays open and silent breaks the close that is owed.
#[test]
fn row_b_silence_breaks_nothing_about_another_packet() {
    let version = Version::V311;
    let mut h = HandMade::new(version);
    let client = h.client("dev");
    let conn = h.open(client);
    h.deviant_step("dev -> PINGREQ");
    let given = h.up(conn, Bare::pingreq());
    h.step("dev <-! closed");
    let named = clauses(version, &["3.2.0-1", "4.8.0-1"], &[]);
    let answers = Some(given - 1);
    let alternatives = vec![Expected::Closed];
    let kind = ClaimKind::Arrives { client, conn, alternatives, strict: true, answers, intent: false };
    let claim = h.claim_of("dev <-! closed", &named, kind);
    h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
    let (clause, fact, finding) = told(h);
    assert_eq!((clause.as_str(), fact), ("MQTT-4.8.0-1", Fact::NotClosed));
    assert!(finding.also.is_empty(), "{finding:#?}");
}

/// What a scenario is about beside is no part of what a message breaks that must not come.
#[test]
fn row_b_what_the_header_names_beside_is_not_broken() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.header().clauses = clauses(version, &["3.8.4-6", "3.3.5-1"], &["3.8.4-8", "3.3.4-2"]);
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.deliver(subscriber, TOPIC, 1, 1, "one");
        h.receives(sub, &["one"], HowOften::Never);
        let (_, _, finding) = told(h);
        assert!(finding.also.is_empty(), "{finding:#?}");
    }
}

/// That two messages were resent without DUP does not explain that their PUBRELs change places.
#[test]
fn row_b_the_order_of_pubrels_is_told_beside_what_went_wrong_before() {
    let Pair { mut h, publisher, sub, subscriber } = Pair::new(Version::V311);
    for (id, payload) in [(1, "one"), (2, "two")] {
        h.publish(publisher, TOPIC, 2, id, payload);
        h.down(subscriber, message(2, id, payload));
    }
    h.cut_rst(subscriber);
    let conn = h.connect(sub, Start::Resume);
    for (id, payload) in [(1, "one"), (2, "two")] {
        h.down(conn, message(2, id, payload));
        h.up(conn, Ack::new(AckKind::Pubrec, id));
    }
    for id in [2, 1] {
        h.down(conn, Ack::new(AckKind::Pubrel, id));
        h.up(conn, Ack::new(AckKind::Pubcomp, id));
    }
    let verdict = judge(&h.finish());
    let numbers: Vec<&str> = verdict.findings.iter().map(|f| f.clause.clause().number).collect();
    assert_eq!(numbers, ["MQTT-3.3.1-1", "MQTT-4.6.0-6"], "{verdict:#?}");
}

/// What is stored and sent to a client that never subscribed is the doing of no scenario, whichever published it; behind a
/// SUBSCRIBE it may be.
#[test]
fn row_b_a_retained_message_to_whoever_connects_is_the_targets() {
    for version in BOTH {
        for (subscribed, wanted) in [(false, Fact::UnaskedRetained), (true, Fact::DeliveredUnwanted)] {
            let mut h = HandMade::new(version);
            let (p, c) = (h.client("pub"), h.client("c"));
            let publisher = h.connect(p, Start::Clean);
            let kept = || Publish { retain: true, ..Publish::new(TOPIC, 0, None, &b"on"[..]) };
            h.up(publisher, Packet::Publish(kept()));
            let conn = h.connect(c, Start::Clean);
            if subscribed {
                h.subscribe(conn, 1, "dz1/other", 1);
            }
            h.down(conn, Packet::Publish(kept()));
            let (clause, fact, finding) = told(h);
            assert_eq!((clause.as_str(), fact), ("MQTT-3.3.2-3", wanted));
            assert_eq!(finding.fingerprint().client.is_none(), !subscribed);
        }
    }
}

/// What was published behind the CONNECT comes from no store, and what an earlier session of the client asked for is a trace of
/// that session: a scenario shows both.
#[test]
fn row_b_a_subscription_that_outlived_its_session_is_the_scenarios() {
    for version in BOTH {
        for (held, behind) in [(true, true), (true, false), (false, true)] {
            let mut h = HandMade::new(version);
            let (p, c) = (h.client("pub"), h.client("c"));
            let publisher = h.connect(p, Start::Clean);
            let kept =
                || Packet::Publish(Publish { retain: true, ..Publish::new(TOPIC, 0, None, &b"on"[..]) });
            let conn = h.connect(c, Start::Clean);
            if held {
                h.up(conn, Subscribe::new(1, "dz1/#", if version == Version::V5 { 0x09 } else { 1 }));
                h.down(conn, Suback::new(1, vec![1]));
            }
            h.disconnect(conn);
            if !behind {
                h.up(publisher, kept());
            }
            let conn = h.connect(c, Start::Clean);
            if behind {
                h.up(publisher, kept());
            }
            h.down(conn, kept());
            let verdict = judge(&h.finish());
            let facts: Vec<Fact> = verdict.findings.iter().map(|f| f.fact).collect();
            assert!(
                !facts.is_empty() && !facts.contains(&Fact::UnaskedRetained),
                "{version} {held} {behind}: {verdict:#?}"
            );
        }
    }
}

/// An answer in the wrong form and the loss of the message that it was about are two causes.
#[test]
fn row_b_a_malformed_answer_explains_no_lost_message() {
    let Pair { mut h, publisher, sub, .. } = Pair::new(Version::V311);
    let claim = h.receives(sub, &["one"], HowOften::ExactlyOnce);
    h.up(publisher, message(2, 7, "one"));
    h.down(publisher, Ack::new(AckKind::Pubrec, 7));
    h.up(publisher, Ack::new(AckKind::Pubrel, 7));
    let pubcomp = Frame::new(0x70, vec![0, 7, 0x92, 0]);
    h.frame(publisher, Direction::Down, End::Broker, &pubcomp, Purpose::Script);
    h.frame(publisher, Direction::Down, End::Client, &pubcomp, Purpose::Script);
    h.pass_us(60_000_000).life(publisher);
    h.unmet(claim, 60_000_000, Ended::LongBound, None);
    let verdict = judge(&h.finish());
    let heads: Vec<_> = verdict.findings.iter().map(|f| (f.fact, f.folded.len())).collect();
    assert_eq!(heads, [(Fact::Malformed, 0), (Fact::DeliveryMissing, 0)], "{verdict:#?}");
}
