//! Every defect changes what a client can see, in the way its name says: one short script for each, run on a conformant
//! broker and on one with the defect.

mod rig;

use AckKind::{Puback, Pubcomp, Pubrec, Pubrel};
use deadzone_reference_broker::Defect as D;
use deadzone_wire::{AckKind, PropertyId, Text, Version, Version::V5};
use rig::{ALL, BOTH, Rig, SECOND, add_will, number, short};

/// A script: what connection 9 (or whichever it looks at) saw in the end.
type Script = fn(&mut Rig) -> String;

const V5_ONLY: &[Version] = &[V5];
const SINCE_311: &[Version] = &BOTH;
const EVERY: &[Version] = &ALL;

/// Defect, versions, script, what a conformant broker shows, what this one shows.
const TABLE: &[(D, &[Version], Script, &str, &str)] = &[
    (D::InboundQos2ForgottenOnReconnect, EVERY, replay_publish, "t=m q2 #1", "t=m q2 #1 | t=m q2 #2"),
    (D::PubrelReplayUnanswered, EVERY, replay_pubrel, "pubcomp #7", ""),
    (D::OnwardAgainAtPubrelReplay, EVERY, replay_pubrel_watched, "t=m q2 #1", "t=m q2 #1 | t=m q2 #2"),
    (D::DupPublishUnacknowledged, EVERY, replay_qos1, "puback #7", ""),
    (D::PubrelNotResentOnResume, EVERY, resume_after_pubrec, "pubrel #1", ""),
    (D::PublishResentAfterPubrec, EVERY, resume_after_pubrec, "pubrel #1", "t=m q2 #1 dup"),
    (
        D::PublishNotResentOnResume,
        EVERY,
        resume_unacked,
        "t=a q1 #1 dup | t=b q1 #2 dup | t=c q1 #3",
        "t=c q1 #3",
    ),
    (
        D::ResendWithoutDup,
        EVERY,
        resume_unacked,
        "t=a q1 #1 dup | t=b q1 #2 dup | t=c q1 #3",
        "t=a q1 #1 | t=b q1 #2 | t=c q1 #3",
    ),
    (
        D::ResendWithNewId,
        EVERY,
        resume_unacked,
        "t=a q1 #1 dup | t=b q1 #2 dup | t=c q1 #3",
        "t=a q1 #3 dup | t=b q1 #4 dup | t=c q1 #5",
    ),
    (
        D::ResendInReverseOrder,
        EVERY,
        resume_unacked,
        "t=a q1 #1 dup | t=b q1 #2 dup | t=c q1 #3",
        "t=b q1 #2 dup | t=a q1 #1 dup | t=c q1 #3",
    ),
    (D::OfflineQueueDropped, EVERY, offline_two, "t=1 q1 #1 | t=2 q1 #2", ""),
    (D::OfflineQueueReordered, EVERY, offline_two, "t=1 q1 #1 | t=2 q1 #2", "t=2 q1 #1 | t=1 q1 #2"),
    (D::SessionPresentOnCleanStart, SINCE_311, clean_start, "connack 0 00", "connack 1 00"),
    (D::SessionPresentMissing, SINCE_311, resume, "connack 1 00", "connack 0 00"),
    (D::CleanStartKeepsSubscriptions, EVERY, clean_start_then_publish, "", "t=m q0"),
    (D::TakeoverLeavesOldConnection, &[Version::V311], take_over, "closed", ""),
    (D::TakeoverLeavesOldConnection, V5_ONLY, take_over, "disconnect 8e | closed", ""),
    (D::LateCloseKillsNewConnection, EVERY, late_close, "t=m q0", ""),
    (D::WillLostOnKeepAliveTimeout, EVERY, will_at_keep_alive, "will=gone q1 #1", ""),
    (D::WillOnDisconnect, EVERY, will_at_disconnect, "", "will=gone q1 #1"),
    (D::WillLostOnRst, EVERY, will_at_rst, "will=gone q1 #1", ""),
    (D::WillLostOnTakeover, EVERY, will_at_takeover, "will=gone q1 #1", ""),
    (D::WillDelayNotCancelled, V5_ONLY, will_return, "", "will=gone q1 #1"),
    (D::WillDelayIgnored, V5_ONLY, will_early, "", "will=gone q1 #1"),
    (D::RetainedNotReplaced, EVERY, retain_twice, "t=2 q0 retain", "t=1 q0 retain"),
    (D::RetainedNotCleared, EVERY, retain_and_clear, "", "t=1 q0 retain"),
    (D::RetainedAgainOnResume, EVERY, retained_resume, "", "t=1 q0 retain"),
    (D::RetainFlagKept, EVERY, retain_live, "t=1 q0", "t=1 q0 retain"),
    (D::KeepAliveIgnored, &[Version::V311], silent, "closed", ""),
    (D::KeepAliveIgnored, V5_ONLY, silent, "disconnect 8d | closed", ""),
    (D::KeepAliveFedByDownlink, &[Version::V311], silent_but_fed, "t=m q0 | closed", "t=m q0 | t=m q0"),
    (
        D::KeepAliveFedByDownlink,
        V5_ONLY,
        silent_but_fed,
        "t=m q0 | disconnect 8d | closed",
        "t=m q0 | t=m q0",
    ),
    (D::SecondConnectAccepted, &[Version::V311], second_connect, "closed", "connack 0 00"),
    (D::SecondConnectAccepted, V5_ONLY, second_connect, "disconnect 82 | closed", "connack 0 00"),
    (D::PublishBeforeConnectAccepted, &[Version::V311], publish_first, "", "t=m q0"),
    (D::BadFlagsAccepted, &[Version::V311], bad_flags, "closed", "pubcomp #7"),
    (D::BadFlagsAccepted, V5_ONLY, bad_flags, "disconnect 81 | closed", "pubcomp #7"),
    (D::BadUtf8Forwarded, EVERY, bad_utf8, "", "t/\u{fffd}=m q0"),
    (D::TornPublishForwarded, EVERY, torn, "", "t=to q1 #1"),
    (D::GrantedQosExceeded, EVERY, granted, "t=m q0", "t=m q2 #1"),
    (D::PacketIdReusedInFlight, EVERY, three_in_flight, "#1 #2 #3", "#1 #2 #1"),
    (D::ReceiveMaximumExceeded, V5_ONLY, past_receive_maximum, "t=1 q1 #1", "t=1 q1 #1 | t=2 q1 #2"),
    (D::DupForwarded, EVERY, publisher_dup, "t=m q1 #1", "t=m q1 #1 dup"),
    (D::TwoConnacks, EVERY, connect_only, "connack 0 00", "connack 0 00 | connack 0 00"),
    (
        D::MaximumPacketSizeExceeded,
        V5_ONLY,
        oversize,
        "t=small q1 #2",
        "t=this-one-is-too-large q1 #1 | t=small q1 #2",
    ),
    (D::LiveResend, EVERY, hold_puback, "t=m q1 #1", "t=m q1 #1 | t=m q1 #1 dup"),
    (D::PubackMissing, EVERY, publish_qos1, "puback #7", ""),
    (D::PubcompMissing, EVERY, publish_qos2, "pubrec #7 | pubcomp #7", "pubrec #7"),
    (D::Qos2DeliveredTwice, EVERY, replay_pubrel_watched, "t=m q2 #1", "t=m q2 #1 | t=m q2 #2"),
    (D::UnsubscribeIgnored, EVERY, unsubscribe, "", "t=m q0"),
    (D::NoLocalIgnored, V5_ONLY, no_local, "", "t=m q0"),
    (D::PingrespMissing, EVERY, ping, "pingresp", ""),
];

#[test]
fn every_defect_shows_and_only_the_defect() {
    for (defect, versions, script, good, bad) in TABLE {
        for version in *versions {
            assert_eq!(script(&mut Rig::good(*version)), *good, "conformant, {version}, script of {defect}");
            assert_eq!(script(&mut Rig::bad(*version, *defect)), *bad, "{defect}, {version}");
        }
    }
}

#[test]
fn every_defect_is_in_the_table_and_in_order() {
    for defect in D::ALL {
        assert!(TABLE.iter().any(|row| row.0 == *defect), "{defect} has no script");
        assert_eq!(defect.name().parse(), Ok(*defect));
        assert!(!defect.clauses().is_empty() && defect.like().starts_with("https://"));
    }
    assert!("no-such-defect".parse::<D>().is_err());
}

/// Connection 9, a watcher with an empty log; it takes everything at QoS 2.
fn watched(rig: &mut Rig) {
    rig.connect(9, "watcher", true);
    rig.subscribe(9, "#", 2);
    rig.skip();
}

fn replay_publish(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "m");
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.publish_with(2, 2, 7, "t", "m", |p| p.dup = true);
    rig.ack(2, Pubrel, 7);
    rig.log(9)
}

fn publish_qos2(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.skip();
    rig.publish(1, 2, 7, "t", "m");
    rig.ack(1, Pubrel, 7);
    rig.log(1)
}

fn replay_pubrel(rig: &mut Rig) -> String {
    publish_qos2(rig);
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.skip();
    rig.ack(2, Pubrel, 7);
    rig.log(2)
}

fn replay_pubrel_watched(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "m");
    rig.ack(1, Pubrel, 7);
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.ack(2, Pubrel, 7);
    rig.log(9)
}

fn publish_qos1(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.skip();
    rig.publish(1, 1, 7, "t", "m");
    rig.log(1)
}

fn replay_qos1(rig: &mut Rig) -> String {
    publish_qos1(rig);
    rig.lose(1, false);
    rig.connect(2, "p", false);
    rig.skip();
    rig.publish_with(2, 1, 7, "t", "m", |p| p.dup = true);
    rig.log(2)
}

/// A persistent subscriber on connection 1, a publisher on 5.
fn subscriber(rig: &mut Rig, qos: u8) {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", qos);
    rig.connect(5, "p", true);
    rig.skip();
}

fn resumed(rig: &mut Rig) -> String {
    rig.lose(1, true);
    rig.connect(2, "s", false);
    let log = rig.log(2);
    let (_, rest) = log.split_once(" | ").unwrap_or((&log, ""));
    rest.to_owned()
}

fn resume_after_pubrec(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    rig.publish(5, 2, 1, "t", "m");
    rig.ack(1, Pubrec, 1);
    resumed(rig)
}

fn resume_unacked(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "a");
    rig.publish(5, 1, 2, "t", "b");
    rig.lose(1, true);
    rig.publish(5, 1, 3, "t", "c");
    resumed(rig)
}

fn offline_two(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    resumed(rig)
}

fn clean_start(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, false);
    rig.connect(2, "c", true);
    rig.log(2)
}

fn resume(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, false);
    rig.connect(2, "c", false);
    rig.log(2)
}

fn clean_start_then_publish(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.connect(2, "s", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

fn take_over(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.connect(2, "c", true);
    rig.log(1)
}

fn late_close(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.connect(2, "c", true);
    rig.subscribe(2, "t", 0);
    rig.skip();
    rig.lose(1, false);
    rig.connect(5, "p", true);
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

fn with_will(rig: &mut Rig, delay_s: u32) {
    watched(rig);
    rig.connect_with(1, "c", false, |c| {
        c.keep_alive_s = 10;
        add_will(c, 1, false, delay_s);
        number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
    });
}

/// The watcher's log without its pings.
fn seen_by_watcher(rig: &mut Rig) -> String {
    rig.log(9)
}

fn will_at_keep_alive(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.wait(15 * SECOND);
    seen_by_watcher(rig)
}

fn will_at_disconnect(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.disconnect(1, None);
    seen_by_watcher(rig)
}

fn will_at_rst(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.lose(1, true);
    seen_by_watcher(rig)
}

fn will_at_takeover(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.connect(2, "c", false);
    seen_by_watcher(rig)
}

fn will_return(rig: &mut Rig) -> String {
    with_will(rig, 5);
    rig.lose(1, false);
    rig.wait(2 * SECOND);
    rig.connect(2, "c", false);
    rig.wait(8 * SECOND);
    seen_by_watcher(rig)
}

fn will_early(rig: &mut Rig) -> String {
    with_will(rig, 5);
    rig.lose(1, false);
    rig.wait(4 * SECOND);
    seen_by_watcher(rig)
}

fn retain(rig: &mut Rig, payload: &str) {
    rig.publish_with(5, 1, 1, "t", payload, |p| p.retain = true);
}

fn late_subscriber(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 0);
    let log = rig.log(1);
    log.split(" | ").skip(2).collect::<Vec<_>>().join(" | ")
}

fn retain_twice(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    retain(rig, "1");
    retain(rig, "2");
    late_subscriber(rig)
}

fn retain_and_clear(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    retain(rig, "1");
    retain(rig, "");
    late_subscriber(rig)
}

fn retained_resume(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.lose(1, false);
    retain(rig, "1");
    resumed(rig)
}

fn retain_live(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    retain(rig, "1");
    rig.log(1)
}

fn short_keep_alive(rig: &mut Rig) {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 10);
    rig.subscribe(1, "t", 0);
    rig.skip();
}

fn silent(rig: &mut Rig) -> String {
    short_keep_alive(rig);
    rig.wait(15 * SECOND);
    rig.log(1)
}

fn silent_but_fed(rig: &mut Rig) -> String {
    short_keep_alive(rig);
    rig.connect(5, "p", true);
    rig.wait(10 * SECOND);
    rig.publish(5, 0, 0, "t", "m");
    rig.wait(10 * SECOND);
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

fn second_connect(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.send(1, &deadzone_wire::Packet::Connect(deadzone_wire::Connect::new(rig.version, "c")));
    rig.log(1)
}

fn publish_first(rig: &mut Rig) -> String {
    watched(rig);
    rig.open(1);
    rig.publish(1, 0, 0, "t", "m");
    rig.log(9)
}

fn bad_flags(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.publish(1, 2, 7, "t", "m");
    rig.skip();
    rig.raw(1, &[0x60, 2, 0, 7]);
    rig.log(1)
}

fn bad_utf8(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", true);
    rig.publish_with(1, 0, 0, "t", "m", |p| p.topic = Text(b"t/\xff"[..].into()));
    rig.log(9)
}

fn torn(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", true);
    let publish = deadzone_wire::Publish::new("t", 1, Some(7), "torn".as_bytes().to_vec());
    let bytes = deadzone_wire::Packet::Publish(publish).encode(rig.version).to_bytes();
    rig.raw(1, &bytes[..bytes.len() - 2]);
    rig.lose(1, true);
    rig.log(9)
}

fn granted(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.publish(5, 2, 1, "t", "m");
    rig.log(1)
}

fn three_in_flight(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    for id in 1..=3 {
        rig.publish(5, 1, id, "t", "m");
    }
    let log = rig.log(1);
    log.split(' ').filter(|w| w.starts_with('#')).collect::<Vec<_>>().join(" ")
}

fn past_receive_maximum(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| short(&mut c.properties.items, PropertyId::ReceiveMaximum, 1));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    rig.log(1)
}

fn publisher_dup(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish_with(5, 1, 1, "t", "m", |p| p.dup = true);
    rig.log(1)
}

fn connect_only(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.log(1)
}

fn oversize(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| number(&mut c.properties.items, PropertyId::MaximumPacketSize, 20));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 1, 1, "t", "this-one-is-too-large");
    rig.publish(5, 1, 2, "t", "small");
    rig.log(1)
}

fn hold_puback(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "m");
    rig.wait(3 * SECOND);
    let log = rig.log(1);
    rig.ack(1, Puback, 1);
    rig.ack(1, Pubcomp, 77);
    assert_eq!(rig.log(1), "", "an unknown id is no offence");
    log
}

fn unsubscribe(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.unsubscribe(1, "t");
    assert!(rig.log(1).starts_with("unsuback"));
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

fn no_local(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.subscribe(1, "t", 0x04);
    rig.skip();
    rig.publish(1, 0, 0, "t", "m");
    rig.log(1)
}

fn ping(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.ping(1);
    rig.log(1)
}
