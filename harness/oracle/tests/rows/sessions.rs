//! Sessions that two clients share, and retained messages that a subscription calls for.

use deadzone_history::{ConnId, Ended, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_verdict::VerdictKind;
use deadzone_wire::{
    Ack, AckKind, Connect, Packet, PropertyId, PropertyValue, Publish, Suback, Subscribe, Unsuback,
    Unsubscribe, Version,
};

use crate::told::{BOTH, TOPIC, fails, passes};

/// Two clients of the script use one session, one after the other: what is owed follows the session.
#[test]
fn row_b10_what_is_owed_follows_the_session() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, one, two) = (h.client("pub"), h.client("one"), h.client("two"));
        let publisher = h.connect(p, Start::Clean);
        let shared = |h: &HandMade, client, start| -> Connect {
            let mut connect = h.connect_packet(client, start);
            connect.client_id = "shared".into();
            connect
        };
        let connect = shared(&h, one, Start::Fresh);
        let conn = h.connect_with(one, connect, deadzone_wire::Connack::new(version, false, 0));
        h.subscribe(conn, 1, "dz1/#", 1);
        h.disconnect(conn);
        h.publish(publisher, TOPIC, 1, 1, "once");
        let connect = shared(&h, two, Start::Resume);
        h.connect_with(two, connect, deadzone_wire::Connack::new(version, true, 0));
        h.step("expect two receives");
        let claim = h.receives(two, &["once"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        fails(h, "MQTT-4.5.0-1");
    }
}

fn with_handling(h: &mut HandMade, conn: ConnId, id: u16, handling: u8) {
    h.up(conn, Subscribe::new(id, "dz1/#", 1 | handling << 4));
    h.down(conn, Suback::new(id, vec![1]));
}

/// Retain Handling 1 owes the retained message to a subscription that is new in the session, and to no other.
#[test]
fn row_b14_retain_handling_1_owes_it_to_a_new_subscription() {
    for (before, handling, owed) in [(false, 1, true), (true, 1, false), (false, 2, false), (false, 0, true)]
    {
        let mut h = HandMade::new(Version::V5);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
        if before {
            with_handling(&mut h, conn, 1, 2);
        }
        let kept = Publish { retain: true, ..Publish::new(TOPIC, 1, Some(1), &b"kept"[..]) };
        h.up(publisher, Packet::Publish(kept));
        h.down(publisher, Ack::new(AckKind::Puback, 1));
        if before {
            h.deliver(conn, TOPIC, 1, 1, "kept");
        }
        with_handling(&mut h, conn, 2, handling);
        h.step("expect sub receives");
        let claim = h.receives(s, &["kept"], HowOften::AtLeastOnce);
        if before {
            drop(passes_open(h, claim));
            continue;
        }
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        if owed {
            fails(h, "MQTT-3.3.1-9");
        } else {
            assert_eq!(judge(&h.finish()).kind, VerdictKind::Inconclusive);
        }
    }
}

/// The claim is met by the live copy, and nothing more is owed.
fn passes_open(mut h: HandMade, claim: u32) -> deadzone_verdict::Verdict {
    h.met(claim, &[]);
    passes(h)
}

/// Of several reasons the one that held for a subscription that was there is told: a later SUBSCRIBE explains nothing.
#[test]
fn row_e24_the_reason_is_that_of_the_subscription_that_was_there() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
        h.subscribe(conn, 1, "dz1/#", 0);
        h.publish(publisher, TOPIC, 1, 1, "once");
        h.subscribe(conn, 2, "dz1/+", 1);
        h.step("expect sub receives");
        let claim = h.receives(s, &["once"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, VerdictKind::Inconclusive, "{verdict:#?}");
        let reason = verdict.reason.unwrap_or_default();
        assert!(reason.contains("granted QoS 0") && !reason.contains("before the subscription"), "{reason}");
    }
}

/// A session that is over is told to be there; a message by its subscription shows that it was kept as well.
#[test]
fn row_b_what_is_shown_of_a_session_that_is_over_is_named_beside() {
    for version in BOTH {
        for shown in [false, true] {
            let mut h = HandMade::new(version);
            let (p, s) = (h.client("pub"), h.client("sub"));
            let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
            h.subscribe(conn, 1, "dz1/#", 1);
            h.disconnect(conn);
            h.pass_us(2_000_000);
            let connect = h.connect_packet(s, Start::Resume);
            let conn = h.connect_with(s, connect, deadzone_wire::Connack::new(version, true, 0));
            if !shown {
                h.subscribe(conn, 1, "dz1/#", 1);
            }
            h.publish(publisher, TOPIC, 1, 1, "one");
            h.deliver(conn, TOPIC, 1, 1, "one");
            let verdict = judge(&h.finish());
            let [finding] = verdict.findings.as_slice() else { panic!("{verdict:#?}") };
            assert_eq!(finding.clause.clause().number, "MQTT-3.2.2-3");
            let kept = if version == Version::V5 { "MQTT-4.1.0-2" } else { "MQTT-3.1.2-6" };
            let also: Vec<&str> = finding.also.iter().map(|clause| clause.clause().number).collect();
            assert_eq!(also, if shown { vec![kept] } else { vec![] }, "{verdict:#?}");
        }
    }
}

/// A session that must be there is told to be gone; that nothing comes by its subscription for the long bound shows that it is.
#[test]
fn row_b_what_is_shown_of_a_session_that_was_not_stored_is_named_beside() {
    for version in BOTH {
        for (waited_us, comes, shown) in
            [(61_000_000, false, true), (30_000_000, false, false), (61_000_000, true, false)]
        {
            let mut h = HandMade::new(version);
            h.header().long_bound_us = 60_000_000;
            let (p, s) = (h.client("pub"), h.client("sub"));
            let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Fresh));
            h.subscribe(conn, 1, "dz1/#", 1);
            h.disconnect(conn);
            let connect = h.connect_packet(s, Start::Resume);
            let conn = h.connect_with(s, connect, deadzone_wire::Connack::new(version, false, 0));
            h.publish(publisher, TOPIC, 1, 1, "one");
            if comes {
                h.deliver(conn, TOPIC, 1, 1, "one");
            }
            h.pass_us(waited_us).life(conn);
            let verdict = judge(&h.finish());
            let kept = if version == Version::V5 { "MQTT-3.2.2-3" } else { "MQTT-3.2.2-2" };
            let stored = if version == Version::V5 { "MQTT-3.1.2-23" } else { "MQTT-3.1.2-4" };
            let [finding] = verdict.findings.as_slice() else { panic!("{verdict:#?}") };
            assert_eq!(finding.clause.clause().number, kept);
            let also: Vec<&str> = finding.also.iter().map(|clause| clause.clause().number).collect();
            assert_eq!(also, if shown { vec![stored] } else { vec![] }, "{verdict:#?}");
        }
    }
}

/// A word that is wrong by itself: a SUBSCRIBE that was written behind the CONNECT belongs to the connection, wherever CONNACK
/// comes.
#[test]
fn row_a_what_was_asked_for_behind_connect_shows_no_session_that_is_over() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Clean));
        h.disconnect(conn);
        h.pass_us(2_000_000);
        let connect = h.connect_packet(s, Start::Resume);
        let conn = h.open(s);
        h.up(conn, connect);
        h.up(conn, Subscribe::new(1, "dz1/#", 1));
        h.down(conn, deadzone_wire::Connack::new(version, true, 0));
        h.down(conn, Suback::new(1, vec![1]));
        h.publish(publisher, TOPIC, 1, 1, "one");
        h.deliver(conn, TOPIC, 1, 1, "one");
        let verdict = judge(&h.finish());
        let [finding] = verdict.findings.as_slice() else { panic!("{verdict:#?}") };
        assert_eq!((finding.clause.clause().number, finding.also.len()), ("MQTT-3.2.2-3", 0), "{verdict:#?}");
    }
}

/// What is missing behind Session Present 0 for another reason does not show that nothing was stored.
#[test]
fn row_a_what_need_not_come_shows_no_session_that_was_not_stored() {
    for version in BOTH {
        for why in ["unsubscribed", "held back", "subscribed anew"] {
            let mut h = HandMade::new(version);
            h.header().long_bound_us = 60_000_000;
            let (p, s) = (h.client("pub"), h.client("sub"));
            let (publisher, conn) = (h.connect(p, Start::Clean), h.connect(s, Start::Fresh));
            h.subscribe(conn, 1, "dz1/#", 1);
            h.disconnect(conn);
            let mut connect = h.connect_packet(s, Start::Resume);
            if version == Version::V5 {
                connect.properties.push(PropertyId::ReceiveMaximum, PropertyValue::U16(1));
            }
            let conn = h.connect_with(s, connect, deadzone_wire::Connack::new(version, false, 0));
            match why {
                "unsubscribed" => {
                    h.up(conn, Unsubscribe::new(1, "dz1/#"));
                    h.down(conn, Unsuback::new(1, if version == Version::V5 { vec![0] } else { Vec::new() }));
                }
                "held back" => {
                    h.publish(publisher, TOPIC, 1, 1, "first");
                    h.down(conn, HandMade::message(TOPIC, 1, 1, "first"));
                }
                _ => {
                    h.subscribe(conn, 1, TOPIC, 1);
                }
            }
            h.publish(publisher, TOPIC, 1, 2, "one");
            h.pass_us(61_000_000).life(conn);
            let verdict = judge(&h.finish());
            let wrong = if version == Version::V5 { "MQTT-3.2.2-3" } else { "MQTT-3.2.2-2" };
            let told = verdict.findings.iter().find(|f| f.clause.clause().number == wrong);
            assert!(told.is_some_and(|f| f.also.is_empty()), "{version} {why}: {verdict:#?}");
        }
    }
}
