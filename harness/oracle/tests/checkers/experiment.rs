//! Whether the experiment took place, whether our clients were legal, and how opinions make a verdict.

use deadzone_history::{ClaimKind, Ended, EventKind, Fault, HandMade, HowOften, Origin, Start, Way};
use deadzone_history::{Direction, Note};
use deadzone_oracle::{judge, judge_with};
use deadzone_spec::{ClauseId, id};
use deadzone_verdict::{Fact, Finding, GradeLevel, Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Packet, PacketKind, Publish, Version};

const BOTH: [Version; 2] = [Version::V311, Version::V5];

fn publish(qos: u8, id: u16, dup: bool) -> Packet {
    Packet::Publish(Publish { dup, ..Publish::new("dz1/t", qos, Some(id), &b"once"[..]) })
}

fn ack(kind: AckKind, id: u16) -> Packet {
    Packet::Ack(Ack::new(kind, id))
}

fn finding(clause: &str, evidence: &[u64]) -> Finding {
    Finding {
        wanted: "right".to_owned(),
        got: "wrong".to_owned(),
        evidence: evidence.to_vec(),
        ..Finding::new(ClauseId::find(clause).expect("a clause"), Fact::WrongField, "test")
    }
}

#[track_caller]
fn is(verdict: &Verdict, kind: VerdictKind, word: &str) {
    assert_eq!(verdict.kind, kind, "{verdict:#?}");
    let reason = verdict.reason.clone().unwrap_or_default();
    assert!(reason.contains(word), "`{word}` is not in: {reason}");
}

/// A client whose PUBLISH got no PUBACK within a claimed wait.
fn unanswered(version: Version) -> HandMade {
    let mut h = HandMade::new(version);
    let client = h.client("pub");
    let conn = h.connect(client, Start::Clean);
    h.step("pub -> PUBLISH");
    h.up(conn, publish(1, 7, false));
    let claim = h.arrives(conn, PacketKind::Puback, None);
    h.unmet(claim, 10_000_000, Ended::LongBound, None);
    h
}

#[test]
fn nothing_to_say() {
    for version in [Version::V31, Version::V311, Version::V5] {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        let conn = h.connect(client, Start::Clean);
        h.publish(conn, "dz1/t", 2, 7, "once");
        h.disconnect(conn);
        assert_eq!(crate::wait::told(judge(&h.finish())), Verdict::pass(), "{version}");
    }
    assert_eq!(crate::wait::told(judge(&HandMade::new(Version::V5).finish())), Verdict::pass());
}

#[test]
fn a_trigger_that_never_fired_counts_only_if_nothing_failed() {
    let never = || Note::NeverFired {
        fault: 1,
        effect: Fault::Blackhole(Way::Down),
        text: "blackhole down from PUBREC".to_owned(),
    };
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        h.link(client, None, never());
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "blackhole down from PUBREC");

        let mut h = unanswered(version);
        h.link(0, None, never());
        assert_eq!(judge(&h.finish()).kind, VerdictKind::Fail);

        let mut h = HandMade::new(version);
        h.header().origin = Origin::Control;
        let client = h.client("pub");
        h.link(client, None, never());
        assert_eq!(crate::wait::told(judge(&h.finish())), Verdict::pass());
    }
}

#[test]
fn preconditions_and_given_up_steps_are_inconclusive() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        h.step("link pub saw PUBREC down");
        let claim = h.claim("link pub saw PUBREC down", ClaimKind::Precondition { client });
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        h.abandoned(0, "it was not seen");
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "`link pub saw PUBREC down` did not come about");

        let mut h = HandMade::new(version);
        h.abandoned(3, "no connection to the target");
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "no connection to the target");

        let mut h = HandMade::new(version);
        let client = h.client("pub");
        let claim = h.claim("fence", ClaimKind::Precondition { client });
        h.met(claim, &[]);
        assert_eq!(crate::wait::told(judge(&h.finish())), Verdict::pass());
    }
}

#[test]
fn an_illegal_client_voids_what_comes_after_it() {
    for version in BOTH {
        for (text, kind) in
            [("pub -> PUBLISH", VerdictKind::Error), ("pub -> PUBLISH deviant", VerdictKind::Fail)]
        {
            let mut h = HandMade::new(version);
            let client = h.client("pub");
            let conn = h.connect(client, Start::Clean);
            if kind == VerdictKind::Fail {
                h.deviant_step(text)
            } else {
                h.step(text)
            };
            h.up(conn, publish(3, 5, false));
            h.step("pub -> PUBLISH");
            h.up(conn, publish(1, 7, false));
            let claim = h.arrives(conn, PacketKind::Puback, None);
            h.unmet(claim, 10_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
            if kind == VerdictKind::Error {
                is(&verdict, kind, "not legal");
                assert!(verdict.findings.is_empty(), "what lies behind it is worth nothing");
                assert!(verdict.mistake.is_some(), "it is the script's");
            }
        }
    }
}

#[test]
fn a_resend_that_the_version_forbids_is_illegal() {
    for (version, kind) in [(Version::V311, VerdictKind::Fail), (Version::V5, VerdictKind::Error)] {
        for acknowledged in [false, true] {
            let mut h = HandMade::new(version);
            let client = h.client("pub");
            let conn = h.connect(client, Start::Clean);
            h.step("pub -> PUBLISH");
            h.up(conn, publish(2, 7, false));
            if acknowledged {
                h.down(conn, ack(AckKind::Pubrec, 7));
            }
            h.up(conn, publish(2, 7, true));
            let claim = h.arrives(conn, PacketKind::Pubrec, None);
            h.unmet(claim, 10_000_000, Ended::LongBound, None);
            assert_eq!(judge(&h.finish()).kind, kind, "{version} {acknowledged}");
        }
    }
}

#[test]
fn at_rest_or_whose_turn_it_is() {
    for version in BOTH {
        let rest = |tell: &dyn Fn(&mut HandMade, deadzone_history::ConnId)| {
            let mut h = HandMade::new(version);
            let client = h.client("pub");
            let conn = h.connect(client, Start::Fresh);
            crate::wait::published(&mut h);
            h.subscribe(conn, 1, "dz1/t", 2);
            h.step("expect pub quiescent");
            let claim = h.claim("expect pub quiescent", ClaimKind::Quiescent { client });
            tell(&mut h, conn);
            h.pass_us(10_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
            judge(&h.finish())
        };
        let number = |v311: &str, v5: &str| super::wait::of(version, v311, v5);
        let fails = |verdict: Verdict, clause: ClauseId| {
            assert_eq!(verdict.kind, VerdictKind::Fail, "{verdict:#?}");
            assert_eq!(
                (verdict.findings[0].by.as_str(), &verdict.findings[0].clause),
                ("quiescent", &clause)
            );
        };
        let verdict = rest(&|h, conn| {
            h.up(conn, publish(2, 7, false));
            h.down(conn, ack(AckKind::Pubrec, 7));
            h.up(conn, ack(AckKind::Pubrel, 7));
        });
        fails(verdict, number("4.3.3-2", "4.3.3-11"));
        let verdict = rest(&|h, conn| {
            h.down(conn, publish(2, 9, false));
            h.up(conn, ack(AckKind::Pubrec, 9));
        });
        fails(verdict, number("4.3.3-1", "4.3.3-4"));
        let verdict = rest(&|h, conn| {
            h.down_lost(conn, publish(1, 9, false));
            h.cut_silent(conn);
            h.connect(0, Start::Resume);
        });
        fails(verdict, number("4.4.0-1", "4.4.0-1"));
        let verdict = rest(&|h, conn| {
            h.down(conn, publish(1, 9, false));
        });
        is(&verdict, VerdictKind::Inconclusive, "itself owed PUBACK");
        let verdict = rest(&|h, conn| {
            h.up(conn, publish(1, 7, false));
            h.down_lost(conn, ack(AckKind::Puback, 7));
        });
        is(&verdict, VerdictKind::Inconclusive, "link did not deliver");
        let verdict = rest(&|h, _| {
            h.pass_us(12_000_000).event(EventKind::Starved { ms: 12_000 });
        });
        is(&verdict, VerdictKind::Inconclusive, "starved");
    }
    let mut h = HandMade::new(Version::V5);
    let client = h.client("pub");
    let claim = h.claim("expect pub quiescent", ClaimKind::Quiescent { client });
    h.met_late(claim, &[]);
    assert_eq!(judge(&h.finish()).kind, VerdictKind::PassSlow);
}

#[test]
fn findings_come_in_the_order_of_time_and_cascades_fold() {
    for version in BOTH {
        let mut h = unanswered(version);
        let other = h.client("sub");
        let conn = h.connect(other, Start::Clean);
        let seen = h.down(conn, ack(AckKind::Puback, 31));
        let history = h.finish();
        let own = |name: &str| format!("{version}/DZ-{name}");
        let given = history
            .events
            .iter()
            .position(|e| matches!(&e.kind, EventKind::Packet(p) if p.packet().packet_id() == Some(7)));
        let extra =
            vec![finding(&own("no-codes"), &[seen]), finding(&own("whole-packet"), &[given.unwrap() as u64])];
        let verdict = judge_with(&history, extra);
        let heads: Vec<&str> = verdict.findings.iter().map(|f| f.by.as_str()).collect();
        assert_eq!(verdict.findings[0].clause, *own("whole-packet"), "{heads:?}");
        let folded: Vec<&str> = verdict.findings[0].folded.iter().map(|f| f.by.as_str()).collect();
        assert_eq!(folded, ["arrival"], "the same exchange of the same client");
        let late = verdict
            .findings
            .iter()
            .flat_map(|f| std::iter::once(f).chain(&f.folded))
            .any(|f| f.clause == *own("no-codes"));
        assert!(late && verdict.findings.len() == 2, "another client's is another finding: {verdict:#?}");
        assert!(verdict.findings.iter().all(|f| f.place.is_some()));
    }
}

#[test]
fn should_and_may_are_grades() {
    let weak = |id: &ClauseId| id.clause().level != deadzone_spec::Level::Must && id.binds_server();
    let weak: Vec<_> = deadzone_spec::all().filter(weak).collect();
    assert!(!weak.is_empty(), "the catalogue has statements below MUST");
    for clause in weak {
        let mut h = HandMade::new(clause.version());
        h.client("pub");
        let verdict = judge_with(&h.finish(), vec![finding(clause.as_str(), &[0])]);
        assert_eq!((verdict.kind, verdict.grades.len()), (VerdictKind::Pass, 1), "{verdict:#?}");
    }
}

#[test]
fn no_broker_is_blamed_by_a_clients_clause() {
    let mut h = HandMade::new(Version::V5);
    h.client("pub");
    let verdict = judge_with(&h.finish(), vec![finding("5.0/MQTT-4.6.0-2", &[0])]);
    is(&verdict, VerdictKind::Error, "binds the client only");
}

#[test]
fn a_scenarios_clause_for_clients_is_passed_over() {
    let mut h = unanswered(Version::V5);
    h.header().clauses = vec![id!("5.0/MQTT-4.6.0-2")];
    assert_eq!(judge(&h.finish()).findings[0].clause, "5.0/MQTT-4.3.2-4");
}

#[test]
fn in_3_1_everything_is_graded() {
    is(&judge(&unanswered(Version::V31).finish()), VerdictKind::Inconclusive, "PUBACK");
    let mut h = unanswered(Version::V31);
    h.header().clauses = vec![id!("3.1/DZ-no-codes")];
    let verdict = judge(&h.finish());
    assert_eq!((verdict.kind, verdict.grades.len()), (VerdictKind::Pass, 1), "{verdict:#?}");
    assert_eq!(
        (verdict.grades[0].clause, verdict.grades[0].level),
        (Some(id!("3.1/DZ-no-codes")), GradeLevel::Should)
    );
    let mut h = HandMade::new(Version::V31);
    h.client("pub");
    let verdict = judge_with(&h.finish(), vec![finding("3.1.1/MQTT-4.3.2-2", &[0])]);
    assert_eq!((verdict.kind, verdict.grades.len()), (VerdictKind::Pass, 1));
}

#[test]
fn what_the_teardown_does_is_not_judged() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let (publisher, subscriber) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
        h.subscribe(subscriber, 1, "dz1/t", 0);
        let claim = h.receives(s, &["once"], HowOften::Never);
        h.teardown();
        h.publish(publisher, "dz1/t", 0, 0, "once");
        h.deliver(subscriber, "dz1/t", 0, 0, "once");
        h.unmet(claim, 0, Ended::LongBound, None);
        h.marker(subscriber, Direction::Down, publish(1, 1, false));
        assert_eq!(crate::wait::told(judge(&h.finish())), Verdict::pass());
    }
}

#[test]
fn ten_thousand_exchanges_pass() {
    let mut h = HandMade::new(Version::V5);
    let (p, s) = (h.client("pub"), h.client("sub"));
    let (publisher, subscriber) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
    h.subscribe(subscriber, 1, "dz1/t", 1);
    let payloads: Vec<String> = (0..10_000).map(|n| format!("m{n}")).collect();
    for (n, payload) in payloads.iter().enumerate() {
        let id = n as u16 + 1;
        h.publish(publisher, "dz1/t", 1, id, payload);
        h.deliver(subscriber, "dz1/t", 1, id, payload);
    }
    let payloads: Vec<&str> = payloads.iter().map(String::as_str).collect();
    for count in [HowOften::ExactlyOnce, HowOften::InOrder] {
        let claim = h.receives(s, &payloads, count);
        h.met(claim, &[]);
    }
    assert_eq!(crate::wait::told(judge(&h.finish())), Verdict::pass());
}

#[test]
fn ten_thousand_losses_are_one_finding() {
    let mut h = HandMade::new(Version::V311);
    let (p, s) = (h.client("pub"), h.client("sub"));
    let (publisher, subscriber) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
    h.subscribe(subscriber, 1, "dz1/t", 1);
    let payloads: Vec<String> = (0..10_000).map(|n| format!("m{n}")).collect();
    for (n, payload) in payloads.iter().enumerate() {
        h.publish(publisher, "dz1/t", 1, n as u16 + 1, payload);
    }
    let payloads: Vec<&str> = payloads.iter().map(String::as_str).collect();
    let claim = h.receives(s, &payloads, HowOften::AtLeastOnce);
    h.unmet(claim, 10_000_000, Ended::LongBound, None);
    let verdict = judge(&h.finish());
    assert_eq!((verdict.kind, verdict.findings.len()), (VerdictKind::Fail, 1));
    assert_eq!(verdict.findings[0].folded.len(), 64, "bounded");
}

#[test]
fn a_record_that_stops_in_the_middle_is_no_pass() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        let conn = h.connect(client, Start::Clean);
        h.up(conn, publish(1, 7, false));
        h.arrives(conn, PacketKind::Puback, None);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "not waited for to the end");
    }
}
