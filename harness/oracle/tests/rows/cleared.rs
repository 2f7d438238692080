//! Wrong brokers that were cleared, and findings that the harness spoiled itself.

use deadzone_history::{By, Close, Direction, End, Ended, Expected, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_verdict::{Fact, VerdictKind};
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Disconnect, Frame, Packet, PacketKind, Properties, PropertyId,
    PropertyValue, Publish, Suback, Subscribe, VarInt, Version, Will,
};

use crate::{
    told::{BOTH, Pair, TOPIC, again, fails, message, passes},
    wait::{arrival, is, with},
};

/// A close of the harness's own is not the broker's.
#[test]
fn row_b1_our_own_close_meets_no_claim() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.connect(c, Start::Clean);
        let claim = arrival(&mut h, conn, vec![Expected::Closed], false, false);
        let close = h.closed(conn, End::Client, By::Harness, Close::Fin);
        h.met(claim, &[close]);
        is(&judge(&h.finish()), VerdictKind::Inconclusive, "the harness ended");
    }
}

/// A DISCONNECT that is refused, or with another reason than 0, leaves the will due.
#[test]
fn row_b2_a_will_is_taken_back_by_reason_0_alone() {
    let illegal = Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(60));
    let illegal = Disconnect { reason: Some(0), properties: Some(illegal), ..Disconnect::default() };
    let goodbyes = [
        (Disconnect::with_reason(0xff), false, None),
        (Disconnect::with_reason(0x04), false, None),
        (illegal.clone(), true, None),
        (illegal, false, Some(VerdictKind::Pass)),
        (Disconnect::default(), false, Some(VerdictKind::Inconclusive)),
    ];
    for (goodbye, refused, excused) in goodbyes {
        let mut h = HandMade::new(Version::V5);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let watcher = h.connect(s, Start::Clean);
        h.subscribe(watcher, 1, "dz1/#", 1);
        let mut connect = h.connect_packet(p, Start::Clean);
        let payload = bytes::Bytes::from_static(b"gone");
        connect.set_will(Will { properties: Properties::new(), topic: TOPIC.into(), payload }, 1, false);
        let conn = h.connect_with(p, connect, Connack::new(Version::V5, false, 0));
        h.deviant_step("pub -> DISCONNECT deviant");
        h.up(conn, Packet::Disconnect(goodbye));
        if refused {
            h.down(conn, Packet::Disconnect(Disconnect::with_reason(0x82)));
        }
        h.broker_closes(conn);
        h.step("expect sub receives");
        let claim = h.receives(s, &["gone"], HowOften::ExactlyOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        match excused {
            None => fails(h, "MQTT-3.1.2-8"),
            // Either is right, and told as a grade; or nothing is owed, and the scenario is of no use.
            Some(kind) => assert_eq!(judge(&h.finish()).kind, kind),
        }
    }
}

/// One copy for overlapping subscriptions has the highest of their QoS.
#[test]
fn row_b3_overlapping_subscriptions_have_the_highest_qos() {
    for version in BOTH {
        for (qos, right) in [(2, true), (1, false)] {
            let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
            h.subscribe(subscriber, 2, "dz1/+", 1);
            h.publish(publisher, TOPIC, 2, 1, "once");
            h.deliver(subscriber, TOPIC, qos, 1, "once");
            let number = if version == Version::V5 { "MQTT-3.3.4-2" } else { "MQTT-3.3.5-1" };
            if right { drop(passes(h)) } else { fails(h, number) }
        }
    }
}

/// Less than the lesser of the published and the granted QoS is as wrong as more.
#[test]
fn row_b4_a_delivery_below_both_qos_is_wrong() {
    for version in BOTH {
        for (qos, right) in [(1, true), (0, false), (2, false)] {
            let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
            h.publish(publisher, TOPIC, 1, 1, "once");
            h.deliver(subscriber, TOPIC, qos, 1, "once");
            let number = if version == Version::V5 { "MQTT-3.8.4-8" } else { "MQTT-3.8.4-6" };
            if right { drop(passes(h)) } else { fails(h, number) }
        }
    }
}

fn identified(topic: &str, ids: &[u32]) -> Packet {
    let mut publish = Publish::new(topic, 1, Some(1), &b"once"[..]);
    for id in ids {
        publish.properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(*id)));
    }
    Packet::Publish(publish)
}

fn subscribed_as(h: &mut HandMade, conn: deadzone_history::ConnId, id: u32) {
    let mut subscribe = Subscribe::new(1, "dz1/#", 1);
    subscribe.properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(id)));
    h.up(conn, subscribe);
    h.down(conn, Suback::new(1, vec![1]));
}

/// A delivery carries the identifiers of its own session's subscriptions: no others, and all of them.
#[test]
fn row_b5_identifiers_are_those_of_the_session() {
    for (ids, wrong) in [(&[5][..], None), (&[5, 7], Some("MQTT-3.3.4-3")), (&[], Some("MQTT-3.3.4-4"))] {
        let mut h = HandMade::new(Version::V5);
        let (p, s, o) = (h.client("pub"), h.client("sub"), h.client("other"));
        let (publisher, conn, other) =
            (h.connect(p, Start::Clean), h.connect(s, Start::Clean), h.connect(o, Start::Clean));
        subscribed_as(&mut h, conn, 5);
        subscribed_as(&mut h, other, 7);
        h.publish(publisher, TOPIC, 1, 1, "once");
        h.down(conn, identified(TOPIC, ids));
        h.up(conn, Ack::new(AckKind::Puback, 1));
        match wrong {
            Some(number) => fails(h, number),
            None => drop(passes(h)),
        }
    }
}

/// A broker that resets its subscriber, which did nothing wrong, has not delivered.
#[test]
fn row_b6_throwing_the_subscriber_out_is_a_finding() {
    for version in BOTH {
        for policy in [false, true] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
            h.publish(publisher, TOPIC, 1, 1, "once");
            if policy && version == Version::V5 {
                h.down(subscriber, Disconnect::with_reason(0x97));
            }
            h.closed(subscriber, End::Broker, By::Broker, Close::Rst);
            h.closed(subscriber, End::Client, By::Broker, Close::Rst);
            h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            if policy && version == Version::V5 {
                is(&verdict, VerdictKind::Inconclusive, "not connected");
            } else {
                assert_eq!(verdict.findings[0].fact, Fact::Closed, "{verdict:#?}");
            }
        }
    }
}

/// A message of this run that nobody published is wrong whatever the script expects.
#[test]
fn row_b7_a_message_of_nobody_is_a_finding() {
    for version in BOTH {
        let Pair { mut h, subscriber, .. } = Pair::new(version);
        h.deliver(subscriber, TOPIC, 1, 1, "from nowhere");
        fails(h, "DZ-content-of-nobody");
    }
}

/// Packet id 0 from the broker is its fault, and stays a finding whatever our client does then.
#[test]
fn row_b8_packet_id_0_is_the_brokers() {
    for version in BOTH {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
        h.publish(publisher, TOPIC, 1, 1, "once");
        h.down(subscriber, Packet::Publish(Publish::new(TOPIC, 1, Some(0), &b"once"[..])));
        h.up_for(deadzone_history::Purpose::Polite, subscriber, Ack::new(AckKind::Puback, 0));
        fails(h, if version == Version::V5 { "MQTT-2.2.1-4" } else { "MQTT-2.3.1-1" });
    }
}

/// Another scenario's message at a client that never asked for it.
#[test]
fn row_b9_another_scenarios_message_is_a_finding() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.connect(c, Start::Clean);
        h.down(conn, HandMade::message("dz77/state", 0, 0, "on"));
        fails(h, "MQTT-3.3.2-3");
    }
}

/// A message that a later one of its stream overtook is lost, though the subscriber owes an acknowledgement.
#[test]
fn row_b18_what_a_later_one_overtook_is_lost() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        for (id, payload) in [(1, "two"), (2, "three"), (3, "four")] {
            h.publish(publisher, TOPIC, 1, id, payload);
        }
        h.down(subscriber, message(1, 1, "two"));
        h.deliver(subscriber, TOPIC, 1, 2, "four");
        let claim = h.receives(sub, &["three"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        fails(h, "MQTT-4.5.0-1");
    }
}

/// The same without a claim, once the long bound has passed; before it silence proves nothing.
#[test]
fn row_b18_overtaken_without_a_claim() {
    for (waited_us, wrong) in [(61_000_000, true), (30_000_000, false)] {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(Version::V5);
        h.header().long_bound_us = 60_000_000;
        h.publish(publisher, TOPIC, 1, 1, "three");
        h.publish(publisher, TOPIC, 1, 2, "four");
        h.deliver(subscriber, TOPIC, 1, 2, "four");
        h.pass_us(waited_us).up(subscriber, Bare::pingreq());
        h.down(subscriber, Bare::pingresp());
        if wrong { fails(h, "MQTT-4.5.0-1") } else { drop(passes(h)) }
    }
}

/// A refusal of a legal resend is graded.
#[test]
fn row_b19_a_refused_resend_of_an_unreleased_publish_is_graded() {
    // Whether the first PUBREC was never sent or was lost on its way.
    for lost in [false, true] {
        let Pair { mut h, publisher, .. } = Pair::new(Version::V5);
        h.up(publisher, message(2, 7, "once"));
        if lost {
            h.down_lost(publisher, Ack::new(AckKind::Pubrec, 7));
        }
        h.cut_silent(publisher);
        let conn = h.connect(0, Start::Resume);
        h.up(conn, again(2, 7, "once"));
        h.down(conn, Ack::with_reason(AckKind::Pubrec, 7, 0x91));
        assert!(!passes(h).grades.is_empty(), "lost: {lost}");
    }
}

/// The publisher's Subscription Identifier comes out at a subscriber.
#[test]
fn row_b23_the_publishers_identifier_is_not_handed_on() {
    for (ids, wrong) in [(&[][..], false), (&[9], true)] {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(Version::V5);
        h.deviant_step("pub -> PUBLISH sub_id=9 deviant");
        h.up(publisher, identified(TOPIC, &[9]));
        h.down(publisher, Ack::new(AckKind::Puback, 1));
        h.step("sub <- PUBLISH");
        h.down(subscriber, identified(TOPIC, ids));
        h.up(subscriber, Ack::new(AckKind::Puback, 1));
        if wrong { fails(h, "DZ-publisher-subscription-identifier") } else { drop(passes(h)) }
    }
}

/// An answer that acts on the first packet, which is no CONNECT, serves a client that has not connected.
#[test]
fn row_b24_a_pingresp_without_connect_serves() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        h.deviant_step("pub -> PINGREQ deviant");
        let conn = h.open(c);
        h.up(conn, Bare::pingreq());
        h.down(conn, Bare::pingresp());
        fails(h, "MQTT-3.2.0-1");
    }
}

/// The close on a legal QoS 0 message is the finding, not "may be lost".
#[test]
fn row_b17_a_close_on_a_legal_qos_0_message_is_the_finding() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, .. } = Pair::new(version);
        let claim = h.receives(sub, &["once"], HowOften::AtLeastOnce);
        h.up(publisher, message(0, 0, "once"));
        h.broker_closes(publisher);
        h.closed(publisher, End::Client, By::Broker, Close::Fin);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.findings.first().map(|f| f.fact), Some(Fact::Closed), "{verdict:#?}");
    }
}

/// A malformed packet of the broker's is named whatever else happens: here a frame with a type that no version has.
#[test]
fn row_b1_a_packet_of_no_type_is_malformed() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let c = h.client("pub");
        let conn = h.connect(c, Start::Clean);
        h.frame(
            conn,
            Direction::Down,
            End::Broker,
            &Frame::new(0x00, bytes::Bytes::new()),
            Default::default(),
        );
        fails(h, "DZ-forbidden-type");
    }
}

/// A silence that was not extended proves nothing.
#[test]
fn row_b11_a_silence_that_was_not_extended_is_unconfirmed() {
    for version in BOTH {
        for (why, kind) in
            [(Ended::Patience, VerdictKind::Inconclusive), (Ended::LongBound, VerdictKind::Fail)]
        {
            let Pair { mut h, publisher, .. } = Pair::new(version);
            h.up(publisher, message(1, 7, "once"));
            let claim = arrival(&mut h, publisher, vec![with(PacketKind::Puback, &[])], false, false);
            h.life(publisher);
            h.pass_us(10_000_000).unmet(claim, 10_000_000, why, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, kind, "{verdict:#?}");
        }
    }
}

/// An answer that is waited for and never comes fails once its wait was extended; a packet of ours in between changes nothing.
#[test]
fn row_b7_a_pubrel_that_never_comes_fails() {
    for version in BOTH {
        let Pair { mut h, publisher, subscriber, .. } = Pair::new(version);
        h.publish(publisher, TOPIC, 2, 1, "once");
        h.down(subscriber, message(2, 1, "once"));
        h.up(subscriber, Ack::new(AckKind::Pubrec, 1));
        let claim = arrival(&mut h, subscriber, vec![with(PacketKind::Pubrel, &[])], false, false);
        h.pass_us(10_000_000).parked(claim);
        h.life(subscriber);
        h.pass_us(50_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        fails(h, if version == Version::V5 { "MQTT-4.3.3-4" } else { "MQTT-4.3.3-1" });
    }
}

/// A backlog that comes before CONNACK.
#[test]
fn row_b21_a_publish_before_connack_is_a_finding() {
    for version in BOTH {
        let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
        h.disconnect(subscriber);
        h.publish(publisher, TOPIC, 1, 1, "once");
        let connect = h.connect_packet(sub, Start::Resume);
        let conn = h.open(sub);
        h.up(conn, connect);
        h.down(conn, message(1, 1, "once"));
        h.down(conn, Connack::new(version, true, 0));
        fails(h, "MQTT-3.2.0-1");
    }
}

/// A filter that is none ends the connection in 3.1.1 (§4.8.0-1), and its refusal by SUBACK is no close. 5.0 has a code for it.
#[test]
fn row_b_a_filter_that_is_none_is_not_only_refused() {
    for (version, wanted) in [(Version::V311, VerdictKind::Fail), (Version::V5, VerdictKind::Pass)] {
        let mut h = HandMade::new(version);
        let c = h.client("dev");
        let conn = h.connect(c, Start::Clean);
        h.deviant_step("dev -> SUBSCRIBE deviant");
        h.up(conn, Subscribe::new(1, "a/#/b", 1));
        h.up(conn, Bare::pingreq());
        h.step("dev <- closed");
        let claim = arrival(&mut h, conn, vec![Expected::Closed], false, false);
        let code = if version == Version::V5 { 0x8f } else { 0x80 };
        h.down(conn, Suback::new(1, [code]));
        h.down(conn, Bare::pingresp());
        h.life(conn);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, wanted, "{verdict:#?}");
        assert_eq!(verdict.grades.is_empty(), wanted == VerdictKind::Fail, "{verdict:#?}");
    }
}
