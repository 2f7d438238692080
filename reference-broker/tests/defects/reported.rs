//! Scripts about what survives a reconnect, a takeover or a refusal, and about what one client does to another.

use deadzone_reference_broker::{Broker, Config, ConnId, Defect as D, Effect};
use deadzone_wire::{
    AckKind::{Puback, Pubrec, Pubrel},
    Connect, Packet, PropertyId, Publish, Subscribe,
    Version::{self, V5, V311},
};

use crate::{
    EVERY, Row, SINCE_311, V5_ONLY, lapses,
    rig::{Rig, SECOND, add_will, number, short},
    scripts::{resumed, retain_twice, subscriber, take_over, watched, will_at_rst},
};

const V311_ONLY: &[Version] = &[V311];

/// As the table next door.
pub(crate) const TABLE: &[Row] = &[
    (D::RepeatedPublishForwarded, EVERY, repeated_publish, "t=m q2 #1", "t=m q2 #1 | t=m q2 #2"),
    (D::DupTakenForReceived, EVERY, first_with_dup, "t=m q2 #1", ""),
    (
        D::SecondRepetitionClosed,
        V311_ONLY,
        three_publishes,
        "pubrec #7 | pubrec #7 | pubrec #7",
        "pubrec #7 | pubrec #7 | closed",
    ),
    (
        D::SecondRepetitionClosed,
        V5_ONLY,
        three_publishes,
        "pubrec #7 | pubrec #7 | pubrec #7",
        "pubrec #7 | pubrec #7 | disconnect 82 | closed",
    ),
    (D::UnreleasedLostAtClose, EVERY, release_on_the_next, "t=m q2 #1", ""),
    (D::UnreleasedTakesUnit, V5_ONLY, unreleased_beside_a_delivery, "t=m q1 #1", ""),
    (D::QueuedWithDup, EVERY, waited, "t=m q1 #1", "t=m q1 #1 dup"),
    (D::StrayAnswersRaiseQuota, V5_ONLY, stray_answer, "t=1 q1 #1", "t=1 q1 #1 | t=2 q1 #2"),
    (D::PlacesLostAtCut, V5_ONLY, cut_at_quota_zero, "t=1 q1 #1 dup", ""),
    (D::QuotaCarriedOver, V5_ONLY, cut_at_quota_zero, "t=1 q1 #1 dup", ""),
    (D::AcknowledgedResent, EVERY, resume_after_puback, "", "t=m q1 #2"),
    (D::NewestFirst, V5_ONLY, three_through_one, "t=1 q1 #1 | t=2 q1 #2", "t=1 q1 #1 | t=3 q1 #2"),
    (D::CleanStartKeepsQueue, EVERY, clean_start_over_a_queue, "", "t=m q1 #1"),
    (D::UnsubscribeUndoneAtResume, EVERY, unsubscribed_before, "", "t=m q0"),
    (D::SubscriptionSometimesLost, EVERY, four_filters, "t/1=m q0 | t/4=m q0", "t/1=m q0"),
    (D::TakeoverUnanswered, EVERY, second_of_a_client, "connack 0 00", ""),
    (D::TakeoverLosesMessages, EVERY, in_flight_at_takeover, "t=m q1 #1 dup", ""),
    (D::FarewellToOlderClient, V311_ONLY, take_over, "closed", "disconnect 00 | closed"),
    (D::WillTwice, EVERY, will_at_rst, "will=gone q1 #1", "will=gone q1 #1 | will=gone q1 #2"),
    (D::WillOfFirstConnect, EVERY, another_will, "will=gone q0", "will=gone q1 #1"),
    (D::WillLostAtDisconnectWithWill, V5_ONLY, lapses::will_at_0x04, "will=gone q1 #1", ""),
    (D::ShortDisconnectMisread, V5_ONLY, will_at_short_0x04, "will=gone q1 #1", ""),
    (D::WillRetainLost, EVERY, retained_will, "suback [02] | will=gone q1 #1 retain", "suback [02]"),
    (D::WillOfRefusedConnect, SINCE_311, refused_with_a_will, "", "will=gone q1 #1"),
    (D::PendingWillDeafens, V5_ONLY, back_before_the_will, "t=m q0", ""),
    (D::KeepAliveFedByBytes, V311_ONLY, half_a_packet, "closed", ""),
    (D::KeepAliveFedByBytes, V5_ONLY, half_a_packet, "disconnect 8d | closed", ""),
    (D::RetainedWithoutFlag, EVERY, retain_twice, "t=2 q0 retain", "t=2 q0"),
    (
        D::BacklogBeforeConnack,
        SINCE_311,
        resume_to_a_backlog,
        "connack 1 00 | t=m q1 #1",
        "t=m q1 #1 | connack 1 00",
    ),
    (D::ShareToDeadMember, V5_ONLY, one_of_two_leaves, "t=1 q0 | t=2 q0 | t=3 q0", "t=1 q0 | t=3 q0"),
    (D::ShareOfflineLost, V5_ONLY, group_away, "t=m q1 #1", ""),
    (D::SlowSubscriberBlocks, V5_ONLY, beside_a_slow_one, "t=1 q1 #1 | t=2 q1 #2", "t=1 q1 #1"),
    (D::ResetsWearOut, EVERY, connect_after_20_resets, "connack 0 00", ""),
];

fn publisher(rig: &mut Rig) {
    watched(rig);
    rig.connect(1, "p", false);
    rig.skip();
}

fn repeated_publish(rig: &mut Rig) -> String {
    publisher(rig);
    rig.publish(1, 2, 7, "t", "m");
    rig.publish_with(1, 2, 7, "t", "m", |p| p.dup = true);
    rig.log(9)
}

fn first_with_dup(rig: &mut Rig) -> String {
    publisher(rig);
    rig.publish_with(1, 2, 7, "t", "m", |p| p.dup = true);
    rig.log(9)
}

fn three_publishes(rig: &mut Rig) -> String {
    publisher(rig);
    for dup in [false, true, true] {
        rig.publish_with(1, 2, 7, "t", "m", |p| p.dup = dup);
    }
    rig.log(1)
}

fn release_on_the_next(rig: &mut Rig) -> String {
    publisher(rig);
    rig.publish(1, 2, 7, "t", "m");
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.ack(2, Pubrel, 7);
    rig.log(9)
}

/// Connection 1: a session that is kept, with a Receive Maximum of 1 and a subscription.
fn with_one_place(rig: &mut Rig) {
    rig.connect_with(1, "s", false, one_place);
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
}

fn one_place(connect: &mut Connect) {
    number(&mut connect.properties.items, PropertyId::SessionExpiryInterval, u32::MAX);
    short(&mut connect.properties.items, PropertyId::ReceiveMaximum, 1);
}

fn unreleased_beside_a_delivery(rig: &mut Rig) -> String {
    with_one_place(rig);
    rig.publish(1, 2, 7, "other", "m");
    rig.skip();
    rig.publish(5, 1, 1, "t", "m");
    rig.log(1)
}

fn waited(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "m");
    rig.wait(SECOND);
    resumed(rig)
}

fn stray_answer(rig: &mut Rig) -> String {
    with_one_place(rig);
    rig.ack(1, Puback, 900);
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    rig.log(1)
}

fn cut_at_quota_zero(rig: &mut Rig) -> String {
    with_one_place(rig);
    rig.publish(5, 1, 1, "t", "1");
    rig.lose(1, true);
    rig.connect_with(2, "s", false, one_place);
    rig.log(2).split_once(" | ").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

fn resume_after_puback(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "m");
    rig.ack(1, Puback, 1);
    resumed(rig)
}

fn three_through_one(rig: &mut Rig) -> String {
    with_one_place(rig);
    for (id, payload) in [(1, "1"), (2, "2"), (3, "3")] {
        rig.publish(5, 1, id, "t", payload);
    }
    rig.ack(1, Puback, 1);
    rig.log(1)
}

fn clean_start_over_a_queue(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "m");
    rig.connect(2, "s", true);
    rig.log(2).split_once(" | ").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

fn unsubscribed_before(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.unsubscribe(1, "t");
    rig.lose(1, true);
    rig.connect(2, "s", false);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

fn four_filters(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    for filter in ["t/1", "t/2", "t/3", "t/4"] {
        rig.subscribe(1, filter, 0);
    }
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t/1", "m");
    rig.publish(5, 0, 0, "t/4", "m");
    rig.log(1)
}

fn second_of_a_client(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.connect(2, "c", true);
    rig.log(2)
}

fn in_flight_at_takeover(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "m");
    rig.connect(2, "s", false);
    rig.log(2).split_once(" | ").map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}

/// The first connection's will has QoS 1 and is taken back, the second's has QoS 0.
fn another_will(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.disconnect(1, None);
    rig.connect_with(2, "c", true, |c| add_will(c, 0, false, 0));
    rig.lose(2, false);
    rig.log(9)
}

fn will_at_short_0x04(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.raw(1, &[0xe0, 0x01, 0x04]);
    rig.log(9)
}

fn retained_will(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| add_will(c, 1, true, 0));
    rig.lose(1, true);
    rig.connect(9, "watcher", true);
    rig.skip();
    rig.subscribe(9, "#", 2);
    rig.log(9)
}

/// A CONNECT whose reserved flag is set.
fn refused_with_a_will(rig: &mut Rig) -> String {
    watched(rig);
    let mut connect = Connect::new(rig.version, "c");
    add_will(&mut connect, 1, false, 0);
    let mut bytes = Packet::from(connect).encode(rig.version).to_bytes().to_vec();
    bytes[9] |= 1;
    rig.open(1);
    rig.raw(1, &bytes);
    rig.log(9)
}

fn back_before_the_will(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", false, |c| {
        number(&mut c.properties.items, PropertyId::SessionExpiryInterval, u32::MAX);
        add_will(c, 1, false, 5);
    });
    rig.subscribe(1, "t", 0);
    rig.lose(1, true);
    rig.connect(2, "s", false);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

fn half_a_packet(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 10);
    rig.skip();
    rig.wait(10 * SECOND);
    rig.raw(1, &[0x30]);
    rig.wait(6 * SECOND);
    rig.log(1)
}

fn resume_to_a_backlog(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "m");
    rig.connect(2, "s", false);
    rig.log(2)
}

fn one_of_two_leaves(rig: &mut Rig) -> String {
    for (conn, id) in [(1, "a"), (2, "b")] {
        rig.connect(conn, id, true);
        rig.subscribe(conn, "$share/g/t", 0);
    }
    rig.disconnect(2, None);
    rig.connect(5, "p", true);
    rig.skip();
    for payload in ["1", "2", "3"] {
        rig.publish(5, 0, 0, "t", payload);
    }
    rig.log(1)
}

fn group_away(rig: &mut Rig) -> String {
    rig.connect(1, "s", false);
    rig.subscribe(1, "$share/g/t", 1);
    rig.connect(5, "p", true);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "m");
    resumed(rig)
}

fn beside_a_slow_one(rig: &mut Rig) -> String {
    with_one_place(rig);
    rig.connect(2, "quick", true);
    rig.subscribe(2, "t", 1);
    rig.skip();
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    rig.log(2)
}

fn connect_after_20_resets(rig: &mut Rig) -> String {
    for conn in 10..30 {
        rig.connect(conn, "c", true);
        rig.lose(conn, true);
    }
    rig.connect(50, "c", true);
    rig.log(50)
}

/// The first bytes of what a broker with these defects sends a client that answers a QoS 2 PUBLISH by PUBREC.
fn first_bytes(version: Version, defects: &[D]) -> Vec<u8> {
    let mut broker = Broker::new(Config::with_defects(defects.iter().copied()));
    let conn = ConnId(1);
    broker.opened(0, conn);
    for packet in [
        Packet::from(Connect::new(version, "c")),
        Packet::Subscribe(Subscribe::new(1, "t", 2)),
        Packet::Publish(Publish::new("t", 2, Some(7), "m")),
        Packet::Ack(deadzone_wire::Ack::new(Pubrec, 1)),
    ] {
        broker.received(0, conn, &packet.encode(version).to_bytes());
    }
    let sent = std::iter::from_fn(|| broker.poll()).filter_map(|effect| match effect {
        Effect::Send { bytes, .. } => bytes.first().copied(),
        _ => None,
    });
    sent.collect()
}

#[test]
fn pubrel_has_wrong_flags_and_nothing_else_has() {
    for version in [V311, V5] {
        let (good, bad) = (first_bytes(version, &[]), first_bytes(version, &[D::PubrelFlagsZero]));
        assert_eq!(good.last(), Some(&0x62), "{version}: {good:x?}");
        assert_eq!(bad.last(), Some(&0x60), "{version}: {bad:x?}");
        assert_eq!(good[..good.len() - 1], bad[..bad.len() - 1], "{version}");
    }
}
