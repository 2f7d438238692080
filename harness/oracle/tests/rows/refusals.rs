//! What a broker refuses or closes on, and by what right: each breach beside the legal case that looks like it.

use deadzone_history::{
    By, ClaimKind, ClientIx, Close, ConnId, End, Ended, Expected, HandMade, HowOften, Start,
};
use deadzone_oracle::judge;
use deadzone_spec::ClauseId;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{
    Auth, Bare, Connack, Disconnect, Field, Packet, PacketKind, Properties, PropertyId, PropertyValue,
    Publish, Version, Will,
};

use crate::{
    told::{BOTH, Pair, fails, passes},
    wait::{arrival, with},
};

/// A topic of so many levels.
fn levels(n: usize) -> String {
    format!("dz1{}", "/a".repeat(n - 1))
}

fn thrown_out(h: &mut HandMade, conn: ConnId) -> u64 {
    h.closed(conn, End::Broker, By::Broker, Close::Fin);
    h.closed(conn, End::Client, By::Broker, Close::Fin)
}

fn method() -> Properties {
    Properties::new().with(PropertyId::AuthenticationMethod, PropertyValue::Text("token".into()))
}

fn judged(h: HandMade) -> Verdict {
    judge(&h.finish())
}

/// A server that announces no Maximum QoS takes QoS 1 and 2; what a PUBLISH of QoS 3 is answered by is its own.
#[test]
fn row_b_a_maximum_qos_that_was_not_told_is_no_reason_to_close() {
    for (qos, told, wrong) in [(2, false, true), (2, true, false), (3, false, false)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("pub");
        let connect = h.connect_packet(c, Start::Clean);
        let conn = h.open(c);
        h.up(conn, Packet::from(connect));
        let mut connack = Connack::new(Version::V5, false, 0);
        if told {
            connack.properties = Some(Properties::new().with(PropertyId::MaximumQos, PropertyValue::Byte(1)));
        }
        h.down(conn, connack);
        match qos {
            3 => h.deviant_step("pub -> PUBLISH deviant"),
            _ => h.step("pub publish"),
        };
        h.up(conn, Packet::Publish(Publish::new("dz1/t", qos, Some(7), "once".as_bytes().to_vec())));
        h.down(conn, Disconnect::with_reason(0x9b));
        thrown_out(&mut h, conn);
        if wrong { fails(h, "MQTT-3.2.2-9") } else { drop(passes(h)) }
    }
}

/// A topic of many levels may be refused by a close, whoever notices it; not as malformed, and not one of few levels.
#[test]
fn row_a_a_topic_of_many_levels_may_be_closed_on() {
    for version in BOTH {
        let malformed = (version == Version::V5).then_some((9, Some(0x82), false));
        for (deep, code, excused) in [(9, None, true), (3, None, false)].into_iter().chain(malformed) {
            for qos in [0, 1] {
                let Pair { mut h, publisher, sub, .. } = Pair::new(version);
                let id = (qos > 0).then_some(7);
                let puback = (qos > 0)
                    .then(|| arrival(&mut h, publisher, vec![with(PacketKind::Puback, &[])], false, false));
                let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
                h.up(
                    publisher,
                    Packet::Publish(Publish::new(&levels(deep), qos, id, "once".as_bytes().to_vec())),
                );
                if let Some(code) = code {
                    h.down(publisher, Disconnect::with_reason(code));
                }
                let closed = thrown_out(&mut h, publisher);
                if let Some(puback) = puback {
                    h.unmet(puback, 1_000, Ended::Closed, Some(closed));
                }
                h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
                let verdict = judged(h);
                let fails = verdict.kind == VerdictKind::Fail;
                assert_eq!(fails, !excused, "{version} {deep} {code:?} QoS {qos}: {verdict:#?}");
            }
        }
    }
}

/// A CONNECT with this user name, which is closed on without a word; what is said of it.
fn refused_login(own: bool) -> Verdict {
    let mut h = HandMade::new(Version::V5);
    h.header().target.user = own.then(|| "ann".to_owned());
    let c = h.client("dev");
    h.step("dev -> CONNECT");
    let mut connect = h.connect_packet(c, Start::Clean);
    connect.set_username("ann".into());
    connect.set_password("secret".into());
    let conn = h.open(c);
    h.up(conn, Packet::from(connect));
    let claim = arrival(&mut h, conn, vec![with(PacketKind::Connack, &[])], false, false);
    let closed = thrown_out(&mut h, conn);
    h.unmet(claim, 1_000, Ended::Closed, Some(closed));
    judged(h)
}

/// A server may check a login and need not say so; that with which every client comes is known to it.
#[test]
fn row_b_a_login_that_the_target_knows_is_no_excuse_for_a_close() {
    assert_eq!(refused_login(false).kind, VerdictKind::NotApplicable);
    assert_eq!(refused_login(true).kind, VerdictKind::Fail);
}

/// A sound CONNECT is not malformed; one with a control character may be taken for it.
#[test]
fn row_a_a_connect_with_a_control_character_may_be_malformed() {
    for (id, kind) in [("dz1", VerdictKind::Fail), ("dz1\x01", VerdictKind::Inconclusive)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("dev");
        h.step("dev -> CONNECT");
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.client_id = id.into();
        let conn = h.open(c);
        h.up(conn, Packet::from(connect));
        let clause = ClauseId::find("5.0/MQTT-3.1.3-5").unwrap();
        let claim = h.claim_of(
            "dev <- CONNACK",
            &[clause],
            ClaimKind::Arrives {
                client: ClientIx(0),
                conn,
                alternatives: vec![with(PacketKind::Connack, &[])],
                strict: false,
                answers: None,
                intent: false,
            },
        );
        let got = h.down(conn, Connack::new(Version::V5, false, 0x81));
        h.unmet(claim, 1_000, Ended::Mismatch, Some(got));
        let verdict = judged(h);
        assert_eq!(verdict.kind, kind, "{verdict:#?}");
    }
}

/// A re-authentication that nobody answers was not accepted, which is no failure. One that is answered by DISCONNECT is over, and
/// so is the connection.
#[test]
fn row_b_a_goodbye_that_leaves_the_connection_open_is_a_failure() {
    for (said, fails) in [(false, false), (true, true)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("dev");
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.properties = method();
        connect.keep_alive_s = 0;
        let conn = h.open(c);
        h.up(conn, Packet::from(connect));
        let mut connack = Connack::new(Version::V5, false, 0);
        connack.properties = Some(method());
        h.down(conn, connack);
        h.step("dev -> AUTH");
        h.up(conn, Packet::Auth(Auth { reason: Some(0x19), properties: Some(method()), ..Auth::default() }));
        let wanted = vec![Expected::Closed, with(PacketKind::Auth, &[])];
        let claim = arrival(&mut h, conn, wanted, false, false);
        if said {
            h.down(conn, Disconnect::with_reason(0x87));
        } else {
            h.up(conn, Bare::pingreq());
            h.down(conn, Bare::pingresp());
        }
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judged(h);
        assert_eq!(verdict.kind == VerdictKind::Fail, fails, "{said}: {verdict:#?}");
    }
}

/// A DISCONNECT with bytes behind its end is none: the will is due in either version.
#[test]
fn row_b_a_goodbye_that_is_malformed_leaves_the_will_due() {
    for version in BOTH {
        for broken in [false, true] {
            let mut h = HandMade::new(version);
            let (c, w) = (h.client("dev"), h.client("watch"));
            let watch = h.connect(w, Start::Clean);
            h.subscribe(watch, 1, "dz1/#", 1);
            let mut connect = h.connect_packet(c, Start::Clean);
            let payload = "gone".into();
            connect.set_will(
                Will { properties: Properties::new(), topic: "dz1/will".into(), payload },
                1,
                false,
            );
            let conn = h.connect_with(c, connect, Connack::new(version, false, 0));
            h.deviant_step("dev -> DISCONNECT deviant");
            let mut goodbye = Disconnect::default();
            if broken {
                goodbye.tail = vec![0x2a].into();
                (goodbye.reason, goodbye.properties) = match version {
                    Version::V5 => (Some(0), Some(Properties::new())),
                    _ => (None, None),
                };
            }
            h.up(conn, goodbye);
            thrown_out(&mut h, conn);
            h.step("expect watch receives");
            let claim = h.receives(w, &["gone"], HowOften::AtLeastOnce);
            h.pass_us(60_000_000).life(watch);
            h.unmet(claim, 60_000_000, Ended::LongBound, None);
            let verdict = judged(h);
            assert_eq!(verdict.kind == VerdictKind::Fail, broken, "{version} {broken}: {verdict:#?}");
        }
    }
}

/// A server without users lets every proof pass, at CONNECT and later; it refuses nobody, so that nobody is to be closed on.
#[test]
fn row_a_a_server_that_takes_any_proof_owes_no_close() {
    let clause = ClauseId::find("5.0/MQTT-4.12.0-4").unwrap();
    for (named, kind) in [(&[clause][..], VerdictKind::Pass), (&[], VerdictKind::Fail)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("dev");
        h.step("dev -> CONNECT");
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.properties = method();
        let conn = h.open(c);
        h.up(conn, Packet::from(connect));
        let claim = h.claim_of(
            "dev <-! closed",
            named,
            ClaimKind::Arrives {
                client: ClientIx(0),
                conn,
                alternatives: vec![Expected::Closed, with(PacketKind::Connack, &[(Field::Reason, 0x87)])],
                strict: true,
                answers: None,
                intent: false,
            },
        );
        let mut connack = Connack::new(Version::V5, false, 0);
        connack.properties = Some(method());
        let got = h.down(conn, connack);
        h.unmet(claim, 1_000, Ended::Mismatch, Some(got));
        let verdict = judged(h);
        assert_eq!(verdict.kind, kind, "{verdict:#?}");
        assert_eq!(verdict.grades.is_empty(), named.is_empty());
    }
}

/// What comes behind a CONNECT that should have been refused is served where it was accepted: the fault is the acceptance.
#[test]
fn row_a_what_follows_an_accepted_connect_is_served() {
    for version in BOTH {
        for (code, kind) in [(0, VerdictKind::Inconclusive), (5, VerdictKind::Fail)] {
            let mut h = HandMade::new(version);
            let (w, c) = (h.client("watch"), h.client("dev"));
            let watch = h.connect(w, Start::Clean);
            h.subscribe(watch, 1, "dz1/#", 1);
            let connect = h.connect_packet(c, Start::Clean);
            let conn = h.open(c);
            h.up(conn, Packet::from(connect));
            h.up(conn, HandMade::message("dz1/t", 0, 0, "behind"));
            h.down(
                conn,
                Connack::new(version, false, if code > 0 && version == Version::V5 { 0x87 } else { code }),
            );
            h.down(watch, HandMade::message("dz1/t", 0, 0, "behind"));
            h.step("expect watch receives nothing");
            let number = if version == Version::V5 { "5.0/MQTT-3.1.4-6" } else { "3.1.1/MQTT-3.1.4-5" };
            let clause = ClauseId::find(number).unwrap();
            let kind_of = ClaimKind::Receives {
                client: w,
                payloads: vec!["behind".into()],
                some: false,
                fields: Vec::new(),
                count: HowOften::Never,
            };
            let claim = h.claim_of("expect watch receives nothing", &[clause], kind_of);
            h.met(claim, &[]);
            assert_eq!(judged(h).kind, kind, "{version} {code}");
        }
    }
}
