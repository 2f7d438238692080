//! Sessions, closes and order of arrival: planted anomalies and legal histories, in both versions.

use bytes::Bytes;
use deadzone_history::{
    By, Claim, ClaimKind, ClientIx, Close, ConnId, Direction, End, Ended, EventKind, Expected, HandMade,
    Purpose, Start,
};
use deadzone_oracle::judge;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Disconnect, Field, Frame, PacketKind, Pattern, Value, Version,
};

use crate::wait::*;

fn resumed(
    version: Version,
    before: impl FnOnce(&mut HandMade, ConnId),
    wanted: u32,
    present: bool,
) -> Verdict {
    let mut h = HandMade::new(version);
    let client = h.client("pub");
    let conn = h.connect(client, Start::Fresh);
    before(&mut h, conn);
    h.step("pub connect resume session_present=1");
    let conn = h.open(client);
    let connect = h.connect_packet(client, Start::Resume);
    h.up(conn, connect);
    let fields = [(Field::SessionPresent, wanted)];
    let claim = arrival(&mut h, conn, vec![with(PacketKind::Connack, &fields)], false, false);
    let seen = h.down(conn, Connack::new(version, present, 0));
    h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
    judge(&h.finish())
}

#[test]
fn a_session_that_was_left_must_be_there() {
    for version in BOTH {
        let v = resumed(
            version,
            |h, conn| {
                h.cut_fin(conn);
            },
            1,
            false,
        );
        fails_by(&v, of(version, "3.2.2-2", "3.2.2-3"));
        let v = resumed(
            version,
            |h, conn| {
                h.cut_silent(conn);
            },
            1,
            false,
        );
        fails_by(&v, of(version, "3.2.2-2", "3.2.2-3"));
    }
    let expired = |h: &mut HandMade, conn| {
        h.cut_fin(conn);
        h.pass_us(3_600_000_000);
    };
    is(&resumed(Version::V5, expired, 1, false), VerdictKind::Inconclusive, "expiry");
    fails_by(&resumed(Version::V311, expired, 1, false), "3.1.1/MQTT-3.2.2-2");
}

#[test]
fn an_expiry_about_to_pass_leaves_both_open() {
    for (passed_us, wanted, kind) in [
        (3_597_000_000, 1, VerdictKind::Fail),
        (3_599_500_000, 1, VerdictKind::Inconclusive),
        (3_600_400_000, 0, VerdictKind::Inconclusive),
        (3_603_000_000, 0, VerdictKind::Fail),
    ] {
        let pass = |h: &mut HandMade, conn| {
            h.cut_fin(conn);
            h.pass_us(passed_us);
        };
        assert_eq!(resumed(Version::V5, pass, wanted, wanted == 0).kind, kind, "{passed_us}");
    }
}

#[test]
fn a_disconnect_that_a_reset_may_have_overtaken_ends_no_session() {
    use deadzone_wire::{Properties, PropertyId, PropertyValue};
    for (reset, kind) in [(true, VerdictKind::Inconclusive), (false, VerdictKind::Fail)] {
        let leave = |h: &mut HandMade, conn| {
            let mut disconnect = Disconnect::with_reason(0);
            let zero = Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(0));
            disconnect.properties = Some(zero);
            h.up(conn, disconnect);
            if reset {
                h.cut_rst(conn)
            } else {
                h.cut_fin(conn)
            };
            h.pass_us(2_000_000);
        };
        assert_eq!(resumed(Version::V5, leave, 0, true).kind, kind);
    }
}

#[test]
fn a_session_that_the_broker_shortened_is_not_owed() {
    use deadzone_wire::{Properties, PropertyId, PropertyValue};
    let mut h = HandMade::new(Version::V5);
    let client = h.client("pub");
    let mut connack = Connack::new(Version::V5, false, 0);
    let short = Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(0));
    connack.properties = Some(short);
    let connect = h.connect_packet(client, Start::Fresh);
    let conn = h.connect_with(client, connect, connack);
    h.cut_fin(conn);
    let conn = h.open(client);
    let connect = h.connect_packet(client, Start::Resume);
    h.up(conn, connect);
    let wanted = with(PacketKind::Connack, &[(Field::SessionPresent, 1)]);
    let claim = arrival(&mut h, conn, vec![wanted], false, false);
    let seen = h.down(conn, Connack::new(Version::V5, false, 0));
    h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
    is(&judge(&h.finish()), VerdictKind::Inconclusive, "no session is owed");
}

#[test]
fn a_session_out_of_nowhere_fails() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        h.step("pub -> CONNECT");
        let conn = h.open(client);
        let connect = h.connect_packet(client, Start::Clean);
        h.up(conn, connect);
        let wanted = with(PacketKind::Connack, &[(Field::SessionPresent, 0)]);
        let claim = arrival(&mut h, conn, vec![wanted], false, false);
        let seen = h.down(conn, Connack::new(version, true, 0));
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        fails_by(&judge(&h.finish()), of(version, "3.2.2-1", "3.2.2-2"));
    }
}

#[test]
fn closed_instead_of_an_answer() {
    for version in BOTH {
        let closed_where = |qos, kind, takes_qos_2| {
            let (mut h, conn) = started(version);
            h.header().target.takes_qos_2 = takes_qos_2;
            h.up(conn, publish(qos, 7, false));
            h.broker_closes(conn);
            let close = h.closed(conn, End::Client, By::Broker, Close::Fin);
            let claim = arrival(&mut h, conn, vec![with(kind, &[(Field::Id, 7)])], false, false);
            h.unmet(claim, 1_000, Ended::Closed, Some(close));
            judge(&h.finish())
        };
        let closed = |qos, kind| closed_where(qos, kind, false);
        let v = closed(1, PacketKind::Puback);
        fails_by(&v, of(version, "4.3.2-2", "4.3.2-4"));
        assert!(v.findings[0].got.starts_with("closed instead of PUBACK id=7"), "{}", v.findings[0].got);
        // Before 5.0 a server without QoS 2 has no other way to say so.
        let v = closed(2, PacketKind::Pubrec);
        match version {
            Version::V5 => fails_by(&v, "5.0/MQTT-4.3.3-8"),
            _ => is(&v, VerdictKind::NotApplicable, "may not support"),
        }
        // One that was seen to take them has no such way out.
        let seen_to_take = closed_where(2, PacketKind::Pubrec, true);
        fails_by(&seen_to_take, of(version, "4.3.3-2", "4.3.3-8"));

        // Our own cut, and a close before the packet was there, are nothing of the broker's.
        let (mut h, conn) = started(version);
        h.up(conn, publish(2, 7, false));
        let close = h.cut_silent(conn);
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Pubrec, &[])], false, false);
        h.unmet(claim, 1_000, Ended::Closed, Some(close));
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "the harness ended");

        let (mut h, conn) = started(version);
        h.broker_closes(conn);
        h.up(conn, publish(2, 7, false));
        let close = h.closed(conn, End::Client, By::Broker, Close::Fin);
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Pubrec, &[])], false, false);
        h.unmet(claim, 1_000, Ended::Closed, Some(close));
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "closed before");
    }
    let (mut h, conn) = started(Version::V5);
    h.up(conn, publish(2, 7, false));
    h.down(conn, Disconnect::with_reason(0x8b));
    h.broker_closes(conn);
    let close = h.closed(conn, End::Client, By::Broker, Close::Fin);
    let claim = arrival(&mut h, conn, vec![with(PacketKind::Pubrec, &[])], false, false);
    h.unmet(claim, 1_000, Ended::Closed, Some(close));
    is(&judge(&h.finish()), VerdictKind::Inconclusive, "a reason of its own");
}

#[test]
fn closed_where_the_client_was_to_come_to_rest() {
    for version in BOTH {
        let rest = |owing: bool, tell: &dyn Fn(&mut HandMade, ConnId)| {
            let (mut h, conn) = started(version);
            published(&mut h);
            h.subscribe(conn, 1, "dz1/t", 2);
            if owing {
                h.down(conn, publish(2, 9, false));
                h.up(conn, ack(AckKind::Pubrec, 9));
            }
            let claim = h.claim("expect pub quiescent", ClaimKind::Quiescent { client: ClientIx(0) });
            tell(&mut h, conn);
            h.pass_us(10_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
            judge(&h.finish())
        };
        let closes = |h: &mut HandMade, conn| {
            h.broker_closes(conn);
            h.closed(conn, End::Client, By::Broker, Close::Fin);
            h.closed(conn, End::Broker, By::Harness, Close::Fin);
        };
        fails_by(&rest(true, &closes), of(version, "4.3.3-1", "4.3.3-4"));
        is(&rest(false, &closes), VerdictKind::Inconclusive, "was not connected");
        let cut = |h: &mut HandMade, conn| {
            h.cut_fin(conn);
        };
        is(&rest(true, &cut), VerdictKind::Inconclusive, "was not connected");
        if version == Version::V5 {
            let tells = |h: &mut HandMade, conn| {
                h.down(conn, Disconnect::with_reason(0x8b));
                h.broker_closes(conn);
            };
            is(&rest(true, &tells), VerdictKind::Inconclusive, "was not connected");
        }
    }
}

#[test]
fn a_close_that_must_come() {
    for version in BOTH {
        let (mut h, conn) = started(version);
        h.step("pub -> CONNECT deviant");
        let connect = h.connect_packet(0, Start::Clean);
        h.up(conn, connect);
        h.step("pub <- closed");
        fails_by(&silence(h, conn, Expected::Closed), of(version, "3.1.0-2", "3.1.0-2"));

        let (mut h, old) = started(version);
        h.connect(0, Start::Resume);
        let claim = arrival(&mut h, old, vec![Expected::Closed], false, false);
        h.unmet(claim, 10_000_000, Ended::LongBound, None);
        fails_by(&judge(&h.finish()), of(version, "3.1.4-2", "3.1.4-3"));
    }
}

#[test]
fn keep_alive_is_judged_by_its_own_time() {
    for (waited_us, kind) in [(110_000_000, VerdictKind::Inconclusive), (121_000_000, VerdictKind::Fail)] {
        for version in BOTH {
            let (mut h, conn) = started(version);
            let claim = arrival(&mut h, conn, vec![Expected::Closed], false, false);
            h.pass_us(waited_us).unmet(claim, waited_us, Ended::LongBound, None);
            let v = judge(&h.finish());
            assert_eq!(v.kind, kind, "{v:#?}");
            if kind == VerdictKind::Fail {
                fails_by(&v, of(version, "3.1.2-24", "3.1.2-22"));
            }
        }
    }
}

#[test]
fn an_early_keep_alive_close_is_no_failure() {
    for (idle_us, kind) in [(50_000_000, VerdictKind::Fail), (61_000_000, VerdictKind::Inconclusive)] {
        for version in BOTH {
            let (mut h, conn) = started(version);
            h.up(conn, publish(1, 7, false));
            h.pass_us(idle_us).broker_closes(conn);
            let close = h.closed(conn, End::Client, By::Broker, Close::Fin);
            let claim = arrival(&mut h, conn, vec![with(PacketKind::Puback, &[])], false, false);
            h.unmet(claim, 1_000, Ended::Closed, Some(close));
            assert_eq!(judge(&h.finish()).kind, kind);
        }
    }
}

#[test]
fn strict_means_the_very_next_packet() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("pub");
        h.step("pub -> CONNECT");
        let conn = h.open(client);
        let connect = h.connect_packet(client, Start::Clean);
        h.up(conn, connect);
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Connack, &[])], true, false);
        let seen = h.down(conn, Bare::pingresp());
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        let v = judge(&h.finish());
        fails_by(&v, of(version, "3.2.0-1", "3.2.0-1"));
        let by: Vec<&str> = v.findings[0].folded.iter().map(|f| f.by.as_str()).collect();
        assert_eq!(by, ["arrival"], "the claim says the same as the rule about the same packet: {v:#?}");
    }
}

/// A ping behind a packet with wrong flags is answered: 3.1.1 says close for every type, 5.0 for some.
#[test]
fn what_need_not_be_closed_on_is_graded_however_it_shows() {
    let answered = |version: Version, first_byte: u8| {
        let (mut h, conn) = started(version);
        h.deviant_step("pub -> bytes");
        let body = if first_byte >= 0xc0 { &b""[..] } else { &b"\0\x63"[..] };
        h.frame(conn, Direction::Up, End::Client, &Frame::new(first_byte, body), Purpose::Script);
        h.frame(conn, Direction::Up, End::Broker, &Frame::new(first_byte, body), Purpose::Script);
        h.up(conn, Bare::pingreq());
        let wanted = vec![Expected::Closed, with(PacketKind::Disconnect, &[])];
        let claim = arrival(&mut h, conn, wanted, true, false);
        let seen = match first_byte >> 4 {
            5 => h.down(conn, Ack::new(AckKind::Pubrel, 0x63)),
            _ => h.down(conn, Bare::pingresp()),
        };
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        judge(&h.finish())
    };
    for first_byte in [0x41, 0x5f, 0x72, 0xc1] {
        assert_eq!(answered(Version::V311, first_byte).kind, VerdictKind::Fail, "{first_byte:02x}");
        let v = answered(Version::V5, first_byte);
        assert_ne!(v.kind, VerdictKind::Fail, "{first_byte:02x} {v:#?}");
        assert!(v.grades.iter().any(|grade| grade.text.contains("the connection is open")), "{v:#?}");
    }
    let v = answered(Version::V5, 0xe1);
    assert_eq!(v.kind, VerdictKind::Fail, "DISCONNECT: the server validates it {v:#?}");
}

#[test]
fn a_pubcomp_for_a_forgotten_id_is_graded_during_recovery() {
    let forgotten = |resumed: bool| {
        let (mut h, mut conn) = started(Version::V5);
        h.up(conn, publish(2, 7, false));
        h.down(conn, ack(AckKind::Pubrec, 7));
        if resumed {
            h.cut_silent(conn);
            conn = h.connect(0, Start::Resume);
        }
        h.up(conn, ack(AckKind::Pubrel, 7));
        let seen = h.down(conn, Ack::with_reason(AckKind::Pubcomp, 7, 0x92));
        let claim = arrival(&mut h, conn, vec![with(PacketKind::Pubcomp, &[(Field::Id, 7)])], false, false);
        h.unmet(claim, 1_000, Ended::Mismatch, Some(seen + 1));
        judge(&h.finish())
    };
    let v = forgotten(true);
    assert_eq!((v.kind, v.grades.len()), (VerdictKind::Inconclusive, 1), "{v:#?}");
    fails_by(&forgotten(false), "5.0/MQTT-4.3.3-11");
}

#[test]
fn a_missing_publish_must_have_been_owed() {
    for version in BOTH {
        for (qos, kind) in [(0, VerdictKind::Inconclusive), (1, VerdictKind::Fail)] {
            let (mut h, conn) = started(version);
            h.subscribe(conn, 3, "dz1/t", 1);
            h.publish(conn, "dz1/t", qos, 4, "once");
            let fields = vec![(Field::Payload, Value::Bytes(Bytes::from_static(b"once")))];
            let wanted = Expected::Packet(Pattern { kind: PacketKind::Publish, fields });
            let v = silence(h, conn, wanted);
            assert_eq!(v.kind, kind, "{v:#?}");
        }
    }
}

#[test]
fn a_claim_about_an_unknown_connection_is_no_panic() {
    let mut h = HandMade::new(Version::V5);
    h.client("pub");
    let claim = arrival(&mut h, ConnId(9), vec![Expected::Closed], false, false);
    h.unmet(claim, 0, Ended::NotConnected, Some(77));
    let claim = Claim {
        id: 99,
        step: 0,
        place: Default::default(),
        text: "".into(),
        clauses: Vec::new(),
        within_us: 0,
        kind: ClaimKind::Quiescent { client: ClientIx(12) },
    };
    h.event(EventKind::Claim(Box::new(claim)));
    h.unmet(99, 0, Ended::LongBound, None);
    h.unmet(5, 0, Ended::LongBound, None);
    assert_ne!(judge(&h.finish()).kind, VerdictKind::Fail);
}
