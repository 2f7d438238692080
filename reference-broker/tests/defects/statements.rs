//! The defects that stand for one statement each: what is done, and what the connection that is looked at saw.

use deadzone_reference_broker::Defect as D;
use deadzone_wire::{AckKind, Packet, PropertyId, Publish, Subscribe, Unsubscribe, Version};

use crate::{
    EVERY, Row, SINCE_311, V5_ONLY,
    rig::{Rig, SECOND, add_will, number, short},
    scripts::watched,
};

const V311_ONLY: &[Version] = &[Version::V311];

/// As the table next door.
pub(crate) const STATEMENTS: &[Row] = &[
    (D::ClientIdsRefused, V311_ONLY, |rig| connects(rig, "A"), "connack 0 00", "connack 0 02 | closed"),
    (D::ClientIdsRefused, V5_ONLY, |rig| connects(rig, "x"), "connack 0 00", "connack 0 85 | closed"),
    (D::EmptyIdsShared, V311_ONLY, two_without_id, "", "closed"),
    (D::EmptyIdsShared, V5_ONLY, two_without_id, "", "disconnect 8e | closed"),
    (D::EmptyIdRefusedBy3, V311_ONLY, empty_and_kept, "connack 0 02 | closed", "connack 0 03 | closed"),
    (D::ProtocolNameIgnored, V311_ONLY, wrong_name, "closed", "connack 0 00"),
    (D::PipelinedBehindRefusalTaken, SINCE_311, pipelined, "", "t=m q0"),
    (D::MalformedConnectTaken, V311_ONLY, trailing_byte, "closed", "connack 0 00"),
    (D::ClientIdsFolded, V311_ONLY, small_and_large, "", "closed"),
    (D::WillComesAgain, EVERY, will_of_before, "", "will=gone q1 #1"),
    (D::PasswordAloneRefused, V5_ONLY, password_alone, "connack 0 00", "connack 0 82 | closed"),
    (D::EmptyFieldsRefused, V311_ONLY, empty_user, "connack 0 00", "closed"),
    (D::EmptyFieldsRefused, V5_ONLY, empty_user, "connack 0 00", "connack 0 82 | closed"),
    (D::RefusedConnectTakesOver, V311_ONLY, refused_beside, "pingresp", "closed"),
    (D::BomStripped, EVERY, |rig| heard(rig, "t", "\u{feff}t"), "", "t=m q0"),
    (D::TopicsFolded, EVERY, |rig| heard(rig, "t", "T"), "", "t=m q0"),
    (D::EmptyLevelsSkipped, EVERY, |rig| heard(rig, "a/b", "a//b/"), "", "a/b=m q0"),
    (D::LettersComposed, EVERY, |rig| heard(rig, "\u{e9}/b", "e\u{301}/ b "), "", "\u{e9}/b=m q0"),
    (D::LongTopicsLost, EVERY, |rig| received(rig, "#", &"t".repeat(0x8000)), "1", "0"),
    (D::DeepTopicsLost, EVERY, |rig| received(rig, "#", &"/".repeat(32)), "1", "0"),
    (D::PlusMissesEmptyLevel, EVERY, |rig| received(rig, "a/+", "a/"), "1", "0"),
    (D::HashMissesParent, EVERY, |rig| received(rig, "a/#", "a"), "1", "0"),
    (D::PlusCrossesLevels, EVERY, |rig| received(rig, "a/+", "a/b/c"), "0", "1"),
    (D::WildcardsMatchAll, EVERY, |rig| received(rig, "a/+", "b"), "0", "1"),
    (D::WildcardsReachDollar, EVERY, |rig| received(rig, "#", "$t/a"), "0", "1"),
    (D::BadNamesTaken, V311_ONLY, bad_filter, "closed", "suback [00]"),
    (D::RetainedKeptBehindQos0, EVERY, retained_at_1_then_0, "t=new q0 retain", "t=old q0 retain"),
    (D::EmptyRetainedUnsent, EVERY, empty_live, "t= q0", ""),
    (D::UnretainedStored, EVERY, |rig| stored(rig, "m", false), "", "t=m q0 retain"),
    (D::EmptyRetainedStored, EVERY, |rig| stored(rig, "", true), "", "t= q0 retain"),
    (D::OneRetainedAFilter, EVERY, two_retained, "a/1=m q0 retain | a/2=m q0 retain", "a/1=m q0 retain"),
    (D::NoRetainedForHash, EVERY, retained_for_hash, "t=m q0 retain", ""),
    (D::RetainHandlingIgnored, V5_ONLY, unwanted_retained, "", "t=m q0 retain"),
    (D::RetainedEndsWithSession, EVERY, retained_of_an_ended_session, "t=m q0 retain", ""),
    (D::SubackIdShifted, EVERY, |rig| ids_of_answers(rig, 9), "9 9 9", "10 9 9"),
    (D::AnswerIdsCut, EVERY, |rig| ids_of_answers(rig, 0x8001), "32769 32769 32769", "1 1 1"),
    (D::ResubscribeIgnored, EVERY, subscribed_again, "t=m q0", "t=m q1 #1"),
    (D::SubackForEachFilter, EVERY, two_filters, "suback [00, 01]", "suback [00] | suback [01]"),
    (D::SubackReversed, EVERY, two_filters, "suback [00, 01]", "suback [01, 00]"),
    (D::UnsubackForEachFilter, V311_ONLY, two_given_up, "unsuback []", "unsuback [] | unsuback []"),
    (D::UnsubackForEachFilter, V5_ONLY, two_given_up, "unsuback [11, 11]", "unsuback [11] | unsuback [11]"),
    (D::Qos0WithId, V311_ONLY, |rig| heard(rig, "t", "t"), "t=m q0", "t=\0\u{1}m q0"),
    (D::Qos0WithId, V5_ONLY, |rig| heard(rig, "t", "t"), "t=m q0", "t=\u{1}\0m q0"),
    (D::Qos0WithDup, EVERY, |rig| heard(rig, "t", "t"), "t=m q0", "t=m q0 dup"),
    (D::SessionWornOut, SINCE_311, three_resumes, "1, 1, 1", "1, 1, 0"),
    (D::BacklogCut, EVERY, backlog_of_20, "20", "16"),
    (D::InboundIdsOutliveSession, EVERY, id_of_the_old_session, "t=new q2 #1", ""),
    (D::FirstExpiryKept, V5_ONLY, shorter_expiry, "connack 0 00", "connack 1 00"),
    (D::DeafAtQuotaZero, V5_ONLY, ping_at_quota_zero, "pingresp", ""),
    (D::SecondPacketInPieceLost, EVERY, two_in_a_piece, "pingresp | pingresp", "pingresp"),
    (D::IdsOfBothDirections, EVERY, same_id_both_ways, "u=m q0", ""),
    (D::LargePacketsRefused, V311_ONLY, large, "puback #7", "closed"),
    (D::AcknowledgedIdRemembered, EVERY, same_id_again, "t=one q0 | t=two q0", "t=one q0"),
    (D::WillAlwaysRetained, EVERY, will_found_later, "", "will=gone q0 retain"),
    (D::ResubscribeBringsNothing, EVERY, retained_again, "suback [00] | t=m q0 retain", "suback [00]"),
    (D::DollarPublishUnanswered, EVERY, dollar, "puback #7", ""),
    (D::WildcardsUnserved, EVERY, |rig| received(rig, "a/+", "a/b"), "1", "0"),
    (D::UncleanSessionNotMade, V311_ONLY, made_unclean, "connack 1 00", "connack 0 00"),
];

fn connects(rig: &mut Rig, id: &str) -> String {
    rig.connect(9, id, true);
    rig.log(9)
}

fn two_without_id(rig: &mut Rig) -> String {
    rig.connect(9, "", true);
    rig.skip();
    rig.connect(1, "", true);
    rig.log(9)
}

fn empty_and_kept(rig: &mut Rig) -> String {
    rig.connect(9, "", false);
    rig.log(9)
}

fn wrong_name(rig: &mut Rig) -> String {
    rig.connect_with(9, "c", true, |c| c.protocol_name = "MQTX".into());
    rig.log(9)
}

fn pipelined(rig: &mut Rig) -> String {
    watched(rig);
    let mut connect = deadzone_wire::Connect::new(rig.version, "c");
    connect.flags |= 1;
    let mut piece = Packet::from(connect).encode(rig.version).to_bytes().to_vec();
    piece.extend_from_slice(&Packet::Publish(Publish::new("t", 0, None, "m")).encode(rig.version).to_bytes());
    rig.open(1);
    rig.raw(1, &piece);
    rig.log(9)
}

fn trailing_byte(rig: &mut Rig) -> String {
    rig.connect_with(9, "c", true, |c| c.tail = "x".into());
    rig.log(9)
}

fn small_and_large(rig: &mut Rig) -> String {
    rig.connect(9, "c", true);
    rig.skip();
    rig.connect(1, "C", true);
    rig.log(9)
}

fn will_of_before(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.lose(1, true);
    watched(rig);
    rig.connect(2, "c", true);
    rig.lose(2, true);
    rig.log(9)
}

fn password_alone(rig: &mut Rig) -> String {
    rig.connect_with(9, "c", true, |c| c.set_password("token".into()));
    rig.log(9)
}

fn empty_user(rig: &mut Rig) -> String {
    rig.connect_with(9, "c", true, |c| c.set_username("".into()));
    rig.log(9)
}

fn refused_beside(rig: &mut Rig) -> String {
    rig.connect(9, "c", true);
    rig.skip();
    rig.connect_with(1, "c", true, |c| c.flags |= 1);
    rig.ping(9);
    rig.log(9)
}

/// What a subscriber to the filter hears of a message to the topic.
fn heard(rig: &mut Rig, filter: &str, topic: &str) -> String {
    rig.connect(9, "s", true);
    rig.subscribe(9, filter, 2);
    rig.skip();
    rig.connect(1, "p", true);
    rig.publish(1, 0, 0, topic, "m");
    rig.log(9)
}

/// How many messages it hears.
fn received(rig: &mut Rig, filter: &str, topic: &str) -> String {
    let log = heard(rig, filter, topic);
    usize::from(!log.is_empty()).to_string()
}

fn bad_filter(rig: &mut Rig) -> String {
    rig.connect(9, "s", true);
    rig.skip();
    rig.subscribe(9, "a/#/b", 0);
    rig.log(9)
}

/// What a new subscriber to the filter finds.
fn found(rig: &mut Rig, filter: &str, options: u8) -> String {
    rig.connect(9, "late", true);
    rig.skip();
    rig.subscribe(9, filter, options);
    let log = rig.log(9);
    log.split(" | ").filter(|line| !line.starts_with("suback")).collect::<Vec<_>>().join(" | ")
}

fn retain(rig: &mut Rig, qos: u8, topic: &str, payload: &str) {
    rig.publish_with(1, qos, 7, topic, payload, |p| p.retain = true);
}

fn retained_at_1_then_0(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "t", "old");
    retain(rig, 0, "t", "new");
    found(rig, "t", 0)
}

fn empty_live(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", true);
    retain(rig, 0, "t", "");
    rig.log(9)
}

fn stored(rig: &mut Rig, payload: &str, flag: bool) -> String {
    rig.connect(1, "p", true);
    rig.publish_with(1, 1, 7, "t", payload, |p| p.retain = flag);
    found(rig, "t", 0)
}

fn two_retained(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "a/1", "m");
    retain(rig, 1, "a/2", "m");
    found(rig, "a/+", 0)
}

fn retained_for_hash(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "t", "m");
    found(rig, "#", 0)
}

fn unwanted_retained(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "t", "m");
    found(rig, "t", 0x20)
}

fn retained_of_an_ended_session(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "t", "m");
    rig.disconnect(1, None);
    found(rig, "t", 0)
}

/// The identifiers of SUBACK, UNSUBACK and PUBACK.
fn ids_of_answers(rig: &mut Rig, id: u16) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.send(1, &Packet::Subscribe(Subscribe::new(id, "t", 0)));
    rig.send(1, &Packet::Unsubscribe(Unsubscribe::new(id, "t")));
    rig.publish(1, 1, id, "u", "m");
    rig.sent_ids(1)
}

fn subscribed_again(rig: &mut Rig) -> String {
    rig.connect(9, "s", true);
    rig.subscribe(9, "t", 1);
    rig.subscribe(9, "t", 0);
    rig.connect(1, "p", true);
    rig.skip();
    rig.publish(1, 1, 7, "t", "m");
    rig.log(9)
}

fn two_filters(rig: &mut Rig) -> String {
    rig.connect(9, "s", true);
    rig.skip();
    let mut subscribe = Subscribe::new(9, "a", 0);
    subscribe.filters.push(("b".into(), 1));
    rig.send(9, &Packet::Subscribe(subscribe));
    rig.log(9)
}

fn two_given_up(rig: &mut Rig) -> String {
    rig.connect(9, "s", true);
    rig.skip();
    let mut unsubscribe = Unsubscribe::new(9, "a");
    unsubscribe.filters.push("b".into());
    rig.send(9, &Packet::Unsubscribe(unsubscribe));
    rig.log(9)
}

fn three_resumes(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, true);
    let resumed = |conn: u64| {
        rig.connect(conn, "c", false);
        let present = rig.log(conn).starts_with("connack 1");
        rig.lose(conn, true);
        u8::from(present).to_string()
    };
    (2..=4).map(resumed).collect::<Vec<_>>().join(", ")
}

fn backlog_of_20(rig: &mut Rig) -> String {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", 1);
    rig.lose(1, true);
    rig.connect(2, "p", true);
    for id in 1..=20 {
        rig.publish(2, 1, id, "t", "m");
    }
    rig.connect(9, "s", false);
    for id in 1..=20 {
        rig.ack(9, AckKind::Puback, id);
    }
    rig.log(9).matches("t=m").count().to_string()
}

fn id_of_the_old_session(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "old");
    rig.lose(1, true);
    watched(rig);
    rig.connect(2, "p", true);
    rig.publish(2, 2, 7, "t", "new");
    rig.log(9)
}

/// A session that was made for 300 s is resumed for 1 s.
fn shorter_expiry(rig: &mut Rig) -> String {
    let expiry = |s| {
        move |c: &mut deadzone_wire::Connect| {
            number(&mut c.properties.items, PropertyId::SessionExpiryInterval, s);
        }
    };
    rig.connect_with(1, "c", true, expiry(300));
    rig.lose(1, true);
    rig.connect_with(2, "c", false, expiry(1));
    rig.lose(2, true);
    rig.wait(5 * SECOND);
    rig.connect_with(9, "c", false, expiry(1));
    rig.log(9)
}

fn ping_at_quota_zero(rig: &mut Rig) -> String {
    rig.connect_with(9, "s", true, |c| short(&mut c.properties.items, PropertyId::ReceiveMaximum, 1));
    rig.subscribe(9, "t", 1);
    rig.connect(1, "p", true);
    rig.publish(1, 1, 7, "t", "m");
    rig.skip();
    rig.ping(9);
    rig.log(9)
}

fn two_in_a_piece(rig: &mut Rig) -> String {
    rig.connect(9, "c", true);
    rig.skip();
    rig.raw(9, &[0xc0, 0, 0xc0, 0]);
    rig.log(9)
}

/// A client has not acknowledged its message 1, and publishes under 1.
fn same_id_both_ways(rig: &mut Rig) -> String {
    rig.connect(9, "watcher", true);
    rig.subscribe(9, "u", 0);
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 1);
    rig.connect(2, "p", true);
    rig.publish(2, 1, 7, "t", "m");
    rig.skip();
    rig.publish(1, 1, 1, "u", "m");
    rig.log(9)
}

fn large(rig: &mut Rig) -> String {
    rig.connect(9, "c", true);
    rig.skip();
    rig.publish(9, 1, 7, "t", &"m".repeat(16_384));
    rig.log(9)
}

fn same_id_again(rig: &mut Rig) -> String {
    rig.connect(9, "watcher", true);
    rig.subscribe(9, "t", 0);
    rig.connect(1, "p", true);
    rig.skip();
    rig.publish(1, 1, 7, "t", "one");
    rig.publish(1, 1, 7, "t", "two");
    rig.log(9)
}

fn will_found_later(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| add_will(c, 0, false, 0));
    rig.lose(1, true);
    found(rig, "will", 0)
}

fn retained_again(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    retain(rig, 1, "t", "m");
    found(rig, "t", 0);
    rig.skip();
    rig.subscribe(9, "t", 0);
    rig.log(9)
}

fn dollar(rig: &mut Rig) -> String {
    rig.connect(9, "p", true);
    rig.skip();
    rig.publish(9, 1, 7, "$t", "m");
    rig.log(9)
}

fn made_unclean(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, true);
    rig.connect(9, "c", false);
    rig.log(9)
}
