//! Clients that the broker threw out, and levels that it closed on in silence: the close is the finding.

use deadzone_history::{
    Abandon, By, ClaimKind, ClientIx, Close, End, Ended, EventKind, Expected, HandMade, HowOften, Start,
};
use deadzone_oracle::judge;
use deadzone_verdict::{Fact, VerdictKind};
use deadzone_wire::{
    Ack, AckKind, Connack, Disconnect, Field, Packet, PacketKind, Pattern, Properties, PropertyId,
    PropertyValue, Publish, Subscribe, Value, VarInt, Version,
};

use crate::{
    told::{BOTH, Pair, TOPIC, message},
    wait::is,
};

/// The script may notice it by a fence, by a client that is not connected any more, or at rest: the close is the finding.
#[test]
fn row_b6_the_close_is_the_finding_whatever_notices_it() {
    type Notices = fn(&mut HandMade, ClientIx);
    let fence: Notices = |h, sub| {
        let claim = h.claim("fence pub sub", ClaimKind::Precondition { client: sub });
        h.unmet(claim, 1, Ended::NotConnected, None);
    };
    let expects: Notices = |h, sub| {
        let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
        h.unmet(claim, 1, Ended::NotConnected, None);
    };
    let rests: Notices = |h, sub| {
        let claim = h.claim("expect sub quiescent", ClaimKind::Quiescent { client: sub });
        h.unmet(claim, 1, Ended::NotConnected, None);
    };
    let speaks: Notices = |h, _| {
        let step = h.step("sub publish");
        h.event(EventKind::Abandoned { step, why: Abandon::NotConnected { client: "sub".into() } });
    };
    for version in BOTH {
        for notices in [fence, expects, rests, speaks] {
            let told = |owed: bool, ours: bool| {
                let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
                if owed {
                    h.publish(publisher, TOPIC, 1, 1, "once");
                }
                if ours {
                    h.cut_fin(subscriber);
                } else {
                    h.closed(subscriber, End::Broker, By::Broker, Close::Fin);
                    h.closed(subscriber, End::Client, By::Broker, Close::Fin);
                }
                notices(&mut h, sub);
                judge(&h.finish())
            };
            let verdict = told(true, false);
            assert_eq!(verdict.kind, VerdictKind::Fail, "{verdict:#?}");
            assert_eq!(verdict.findings.iter().map(|f| f.fact).collect::<Vec<_>>(), [Fact::Closed]);
            // A server may close a client to which it owes nothing; and our own end is not the broker's.
            assert_eq!(told(false, false).kind, VerdictKind::Inconclusive);
            assert_eq!(told(true, true).kind, VerdictKind::Inconclusive);
        }
    }
}

/// The harness slept just before it read the close: that the client was thrown out is seen all the same.
#[test]
fn row_b6_a_close_that_was_read_late_is_a_close() {
    for version in BOTH {
        for closes in [true, false] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            h.publish(publisher, TOPIC, 2, 1, "once");
            h.down(subscriber, message(2, 9, "once"));
            h.up(subscriber, Ack::new(AckKind::Pubrec, 9));
            let claim = h.claim("expect sub quiescent", ClaimKind::Quiescent { client: sub });
            h.pass_us(300_000).event(EventKind::Starved { ms: 300 });
            if closes {
                h.closed(subscriber, End::Broker, By::Broker, Close::Fin);
                h.closed(subscriber, End::Client, By::Broker, Close::Fin);
            }
            h.unmet(claim, 300_000, if closes { Ended::NotConnected } else { Ended::LongBound }, None);
            let wanted = if closes { VerdictKind::Fail } else { VerdictKind::Inconclusive };
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, wanted, "{version} {verdict:#?}");
        }
    }
}

/// What is published behind the close was not owed when the broker closed.
#[test]
fn row_a_a_close_is_no_breach_of_what_came_later() {
    for version in BOTH {
        for before in [true, false] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            if before {
                h.publish(publisher, TOPIC, 1, 1, "once");
            }
            h.closed(subscriber, End::Broker, By::Broker, Close::Fin);
            h.closed(subscriber, End::Client, By::Broker, Close::Fin);
            if !before {
                h.publish(publisher, TOPIC, 1, 1, "once");
            }
            let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
            h.unmet(claim, 1, Ended::NotConnected, None);
            let wanted = if before { VerdictKind::Fail } else { VerdictKind::Inconclusive };
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, wanted, "{version} {verdict:#?}");
        }
    }
}

/// Who takes a connection over ends it.
#[test]
fn row_b6_a_connection_that_was_taken_over_was_not_thrown_out() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.publish(publisher, TOPIC, 1, 1, "once");
        h.connect(sub, Start::Clean);
        h.closed(subscriber, End::Broker, By::Broker, Close::Fin);
        let claim = h.claim("fence pub sub", ClaimKind::Precondition { client: sub });
        h.unmet(claim, 1, Ended::NotConnected, None);
        assert_eq!(judge(&h.finish()).kind, VerdictKind::Inconclusive);
    }
}

/// A later message that was given into the close does not hide which one it answers; an answer to it does.
#[test]
fn row_b17_a_later_publish_does_not_hide_the_close() {
    for version in BOTH {
        for answered in [false, true] {
            let Pair { mut h, publisher, sub, .. } = Pair::new(version);
            let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
            h.up(publisher, message(0, 0, "once"));
            h.up(publisher, message(1, 9, "later"));
            if answered {
                h.down(publisher, Ack::new(AckKind::Puback, 9));
            }
            h.broker_closes(publisher);
            h.closed(publisher, End::Client, By::Broker, Close::Fin);
            h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            if answered {
                is(&verdict, VerdictKind::Inconclusive, "QoS 0");
            } else {
                assert_eq!(verdict.findings.first().map(|f| f.fact), Some(Fact::Closed), "{verdict:#?}");
            }
        }
    }
}

/// The same where the subscriber waits for the very packet, on a connection that goes on.
#[test]
fn row_b17_the_packet_that_a_close_kept_back() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.up(publisher, message(0, 0, "once"));
        h.up(publisher, message(0, 0, "later"));
        h.broker_closes(publisher);
        h.closed(publisher, End::Client, By::Broker, Close::Fin);
        let fields = vec![(Field::Payload, Value::Bytes("once".into()))];
        let wanted = Expected::Packet(Pattern { kind: PacketKind::Publish, fields });
        let kind = ClaimKind::Arrives {
            client: sub,
            conn: subscriber,
            alternatives: vec![wanted],
            strict: false,
            answers: None,
            intent: false,
        };
        let claim = h.claim("sub <- PUBLISH", kind);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        let facts: Vec<Fact> = verdict.findings.iter().map(|f| f.fact).collect();
        assert_eq!(
            (verdict.kind, facts.as_slice()),
            (VerdictKind::Fail, &[Fact::Closed][..]),
            "{verdict:#?}"
        );
        assert_eq!(verdict.findings[0].client.as_deref(), Some("pub"));
    }
}

/// A server of 3.1.1 alone answers a level that it does not know before it closes; another may close, and so may any for a
/// bridge's level.
#[test]
fn row_b22_an_unknown_level_is_not_closed_on_in_silence() {
    for (level, alone, answers, fails) in
        [(6, true, false, true), (6, true, true, false), (6, false, false, false), (0x84, true, false, false)]
    {
        let mut h = HandMade::new(Version::V311);
        h.header().target.v311_alone = alone;
        let c = h.client("pub");
        h.deviant_step("pub -> CONNECT level=6 deviant");
        let conn = h.open(c);
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.level = level;
        h.up(conn, connect);
        let connack = Expected::Packet(Pattern::of(PacketKind::Connack));
        let kind = ClaimKind::Arrives {
            client: c,
            conn,
            alternatives: vec![connack, Expected::Closed],
            strict: true,
            answers: None,
            intent: false,
        };
        let claim = h.claim("pub <-! CONNACK | closed", kind);
        let by = match answers {
            true => h.down(conn, Connack::new(Version::V311, false, 1)) + 1,
            false => h.broker_closes(conn),
        };
        h.met(claim, &[by]);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind == VerdictKind::Fail, fails, "{level} {verdict:#?}");
        let clauses: Vec<&str> = verdict.findings.iter().map(|f| f.clause.as_str()).collect();
        assert_eq!(clauses.is_empty(), !fails);
        assert!(!fails || clauses == ["3.1.1/MQTT-3.1.2-2"], "{clauses:?}");
    }
}

/// A CONNECT that follows many others and is closed without CONNACK, where the others were let in: a throttle.
#[test]
fn row_a17_a_connect_behind_many_is_held_back() {
    for version in BOTH {
        for (before, every_us, throttled) in
            [(4, 1_000, true), (3, 1_000, false), (1, 1_000, false), (4, 20_000_000, false)]
        {
            let mut h = HandMade::new(version);
            let c = h.client("pub");
            for _ in 0..before {
                let conn = h.connect(c, Start::Clean);
                h.disconnect(conn);
                h.pass_us(every_us);
            }
            h.step("pub -> CONNECT");
            let conn = h.open(c);
            let connect = h.connect_packet(c, Start::Clean);
            h.up(conn, connect);
            h.closed(conn, End::Broker, By::Broker, Close::Fin);
            let close = h.closed(conn, End::Client, By::Broker, Close::Fin);
            let claim = h.arrives(conn, PacketKind::Connack, None);
            h.unmet(claim, 1_000, Ended::Closed, Some(close));
            let verdict = judge(&h.finish());
            match throttled {
                true => is(&verdict, VerdictKind::Inconclusive, "too often"),
                false => assert_eq!(verdict.kind, VerdictKind::Fail, "{verdict:#?}"),
            }
        }
    }
}

/// A message of the harness's own whose publisher the broker throws out says nothing of the script's client: graded. Where the
/// publisher stays, the experiment did not come about.
#[test]
fn row_b6_the_harness_own_client_that_is_thrown_out_tells_nothing_of_the_others() {
    for (thrown_out, kind) in [(true, VerdictKind::Pass), (false, VerdictKind::Inconclusive)] {
        let mut h = HandMade::new(Version::V311);
        let sub = h.client("sub");
        let conn = h.connect(sub, Start::Clean);
        h.subscribe(conn, 1, TOPIC, 1);
        let own = h.connect(h.harness(), Start::Clean);
        let payload = bytes::Bytes::from_static(b"deadzone-marker dz1 1");
        let claim = h.claim("at rest", ClaimKind::StillServed { client: sub, payload });
        if thrown_out {
            h.broker_closes(own);
        }
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, kind, "{verdict:#?}");
        assert_eq!(verdict.grades.is_empty(), !thrown_out, "{verdict:#?}");
    }
}

/// A client that sends more than the CONNACK says that the server takes may be thrown out, by any code or none; one that keeps to
/// it may not.
#[test]
fn row_a_a_client_that_overruns_the_servers_limits_may_be_thrown_out() {
    let limits = [
        (PropertyValue::U16(1), PropertyId::ReceiveMaximum, 0x93),
        (PropertyValue::U32(40), PropertyId::MaximumPacketSize, 0x95),
        (PropertyValue::Byte(0), PropertyId::RetainAvailable, 0x9a),
        (PropertyValue::Byte(1), PropertyId::MaximumQos, 0x9b),
    ];
    for (limit, id, code) in limits {
        for (limited, early) in [(true, false), (true, true), (false, false)] {
            for told in [true, false] {
                let mut h = HandMade::new(Version::V5);
                let p = h.client("pub");
                let mut connack = Connack::new(Version::V5, false, 0);
                if limited {
                    let mut properties = Properties::new();
                    properties.push(id, limit.clone());
                    connack.properties = Some(properties);
                }
                let connect = h.connect_packet(p, Start::Clean);
                let conn = h.open(p);
                h.up(conn, Packet::from(connect));
                let mut answers = Some(connack);
                if !early {
                    h.down(conn, answers.take().expect("one"));
                }
                h.step("pub publish");
                for packet_id in [1, 2] {
                    let sent = Publish::new(TOPIC, 2, Some(packet_id), vec![b'x'; 50]);
                    h.up(conn, Packet::Publish(Publish { retain: true, ..sent }));
                }
                if let Some(connack) = answers {
                    h.down(conn, connack);
                }
                let claim = h.arrives(conn, PacketKind::Pubrec, None);
                if told {
                    h.down(conn, Disconnect::with_reason(code));
                }
                h.broker_closes(conn);
                let closed = h.closed(conn, End::Client, By::Broker, Close::Fin);
                h.unmet(claim, 1_000, Ended::Closed, Some(closed));
                let verdict = judge(&h.finish());
                let kind = if limited { VerdictKind::Inconclusive } else { VerdictKind::Fail };
                assert_eq!(verdict.kind, kind, "{id:?} early: {early}, told: {told}: {verdict:#?}");
                let graded = verdict.grades.iter().any(|grade| grade.text.contains("sent more than"));
                assert_eq!(graded, limited, "{verdict:#?}");
            }
        }
    }
}

/// The same of a SUBSCRIBE for what the CONNACK says that the server does not offer: §3.2.2.3.11 to §3.2.2.3.13 call for a DISCONNECT.
#[test]
fn row_a_a_client_that_subscribes_to_what_is_not_offered_may_be_thrown_out() {
    let none = (PropertyId::SubscriptionIdentifierAvailable, 0xa1);
    let wild = (PropertyId::WildcardSubscriptionAvailable, 0xa2);
    let shared = (PropertyId::SharedSubscriptionAvailable, 0x9e);
    for ((id, code), filter, sub_id, excused) in [
        (wild, "run/#", None, true),
        (wild, "run/a", None, false),
        (shared, "$share/g/run/a", None, true),
        (shared, "run/#", None, false),
        (none, "run/a", Some(7), true),
        (none, "run/#", None, false),
    ] {
        let mut h = HandMade::new(Version::V5);
        let s = h.client("sub");
        let properties = Properties::new().with(id, PropertyValue::Byte(0));
        let connack = Connack { properties: Some(properties), ..Connack::new(Version::V5, false, 0) };
        let connect = h.connect_packet(s, Start::Clean);
        let conn = h.connect_with(s, connect, connack);
        h.step("sub subscribe");
        let mut subscribe = Subscribe::new(7, filter, 1);
        if let Some(id) = sub_id {
            subscribe
                .properties
                .push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(id)));
        }
        h.up(conn, Packet::Subscribe(subscribe));
        let claim = h.arrives(conn, PacketKind::Suback, None);
        h.down(conn, Disconnect::with_reason(code));
        h.broker_closes(conn);
        let closed = h.closed(conn, End::Client, By::Broker, Close::Fin);
        h.unmet(claim, 1_000, Ended::Closed, Some(closed));
        let verdict = judge(&h.finish());
        let kind = if excused { VerdictKind::Inconclusive } else { VerdictKind::Fail };
        assert_eq!(verdict.kind, kind, "{id:?} {filter}: {verdict:#?}");
    }
}

/// A server that answered what came behind the overrun, and waits for nothing of it, went on: a later close is about something
/// else. Not while more than it takes is open, nor where it is overrun anew.
#[test]
fn row_b_an_overrun_that_is_over_excuses_no_later_close() {
    for (acknowledged, anew, kind) in [
        (true, false, VerdictKind::Fail),
        (false, false, VerdictKind::Inconclusive),
        (true, true, VerdictKind::Inconclusive),
    ] {
        let mut h = HandMade::new(Version::V5);
        let p = h.client("pub");
        let mut properties = Properties::new();
        properties.push(PropertyId::ReceiveMaximum, PropertyValue::U16(1));
        let connack = Connack { properties: Some(properties), ..Connack::new(Version::V5, false, 0) };
        let connect = h.connect_packet(p, Start::Clean);
        let conn = h.connect_with(p, connect, connack);
        h.step("pub publish");
        for payload in ["one", "two"].iter().take(if anew { 2 } else { 1 }) {
            for packet_id in [1, 2] {
                h.up(conn, message(1, packet_id, payload));
            }
            for packet_id in [1, 2].into_iter().filter(|_| acknowledged && (!anew || *payload == "one")) {
                h.down(conn, Ack::new(AckKind::Puback, packet_id));
            }
            if *payload == "one" {
                h.pass_us(30_000_000).life(conn);
            }
        }
        let asked = h.up(conn, Subscribe::new(3, TOPIC, 1));
        let claim = h.arrives(conn, PacketKind::Suback, Some(asked));
        let closed = h.broker_closes(conn);
        let closed = h.closed(conn, End::Client, By::Broker, Close::Fin).max(closed);
        h.unmet(claim, 1_000, Ended::Closed, Some(closed));
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, kind, "{acknowledged} {anew}: {verdict:#?}");
    }
}
