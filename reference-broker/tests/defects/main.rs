//! Every defect changes what a client can see, in the way its name says: one short script for each, run on a conformant
//! broker and on one with the defect.

mod deliveries;
mod groups;
mod handed_on;
mod lapses;
mod negotiated;
mod reported;
#[path = "../rig/mod.rs"]
mod rig;
mod scripts;
mod statements;

use deadzone_reference_broker::Defect as D;
use deadzone_wire::{Version, Version::V5};
use rig::{ALL, BOTH, Rig};
use scripts::*;
use statements::STATEMENTS;

/// A script: what connection 9 (or whichever it looks at) saw in the end.
type Script = fn(&mut Rig) -> String;

const V5_ONLY: &[Version] = &[V5];
const SINCE_311: &[Version] = &BOTH;
const EVERY: &[Version] = &ALL;

/// Defect, versions, script, what a conformant broker shows, what this one shows.
type Row = (D, &'static [Version], Script, &'static str, &'static str);

/// Those of the first table.
const TABLE: &[Row] = &[
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
    (D::WillLostAtRefusedDisconnect, SINCE_311, lapses::will_at_refused_disconnect, "will=gone q1 #1", ""),
    (D::WillLostAtRefusedDisconnect, V5_ONLY, lapses::will_at_raised_expiry, "will=gone q1 #1", ""),
    (D::WillLostAtRefusedDisconnect, V5_ONLY, lapses::will_at_0x04, "will=gone q1 #1", "will=gone q1 #1"),
    (D::OverlapQosLowered, EVERY, deliveries::overlap, "t/a=m q2 #1", "t/a=m q0"),
    (D::QueuedQosLowered, EVERY, deliveries::queued, "t=two q2 #1 | t=one q1 #2", "t=two q1 #1 | t=one q0"),
    (D::WillQosLowered, EVERY, deliveries::will, "will=gone q2 #1", "will=gone q1 #1"),
    (
        D::RetainedQosLowered,
        EVERY,
        deliveries::retained,
        "suback [02] | t=m q2 #1 retain",
        "suback [02] | t=m q1 #1 retain",
    ),
    (
        D::ForeignSubscriptionIds,
        V5_ONLY,
        deliveries::others_ids,
        "t=m q0 s5 and t=m q0 s6",
        "t=m q0 s6 s5 and t=m q0 s5 s6",
    ),
    (D::PublisherSubscriptionIdForwarded, V5_ONLY, deliveries::publisher_id, "", "t=m q0 s44"),
    (
        D::DropsSubscriberAtPubrec,
        EVERY,
        deliveries::qos2_over_two_connections,
        "t=m q2 #1 | pubrel #1 then pubrel #1",
        "t=m q2 #1 | reset then t=m q2 #1 dup",
    ),
    (
        D::PubrelMissing,
        EVERY,
        deliveries::qos2_over_two_connections,
        "t=m q2 #1 | pubrel #1 then pubrel #1",
        "t=m q2 #1 then ",
    ),
    (
        D::PubrelsInReverseOrder,
        EVERY,
        deliveries::two_received,
        "t=a q2 #1 | t=b q2 #2 | pubrel #1 | pubrel #2",
        "t=a q2 #1 | t=b q2 #2 | pubrel #2 | pubrel #1",
    ),
    (
        D::InventsMessages,
        EVERY,
        deliveries::one_message,
        "t=m q1 #1",
        "t=m q1 #1 | t=published by no client q0",
    ),
    (
        D::StrayRetained,
        EVERY,
        deliveries::connect_after_a_subscription,
        "connack 0 00",
        "connack 0 00 | run7/of-another-test=of-another-test q0 retain",
    ),
    (D::PacketIdZero, EVERY, deliveries::two_messages, "t=a q1 #1 | t=b q1 #2", "t=a q1 #0 | t=b q1 #1"),
    (
        D::PacketIdReusedSometimes,
        EVERY,
        deliveries::eight_unacknowledged,
        "#1 #2 #3 #4 #5 #6 #7 #8",
        "#1 #2 #3 #3 #4 #5 #6 #6",
    ),
    (
        D::SessionPresentSometimes,
        SINCE_311,
        lapses::returns_to_an_ended_session,
        "connack 0 00, connack 0 00, connack 0 00, connack 0 00",
        "connack 0 00, connack 0 00, connack 1 00, connack 0 00",
    ),
    (
        D::WaitingMessageLost,
        V5_ONLY,
        deliveries::four_through_two,
        "t=one t=two t=three t=four",
        "t=one t=two t=four",
    ),
    (
        D::DupPublishRefused,
        V5_ONLY,
        deliveries::resend_unreleased,
        "pubrec #7 | pubcomp #7",
        "pubrec #7 91 | pubcomp #7",
    ),
    (D::WillAfterDisconnectSometimes, EVERY, lapses::eight_disconnects, "", "will=gone q0"),
    (D::UnknownLevelUnanswered, &[Version::V311], lapses::connect_at_6, "connack 0 01 | closed", "closed"),
    (D::UnknownLevelUnanswered, V5_ONLY, lapses::connect_at_5, "answered", "closed"),
    (D::UnknownLevelServed, &[Version::V311], lapses::connect_at_6, "connack 0 01 | closed", "connack 0 00"),
    (D::RefusalLeftOpen, &[Version::V311], lapses::refused, "connack 0 02 | closed", "connack 0 02"),
    (D::RefusalLeftOpen, V5_ONLY, lapses::refused, "connack 0 8c | closed", "connack 0 8c"),
    (D::PingBeforeConnectAnswered, EVERY, lapses::ping_first, "closed", "pingresp"),
    (
        D::HalfDeadAfterUnsubscribe,
        EVERY,
        lapses::connects_after_unsubscribe,
        "unsuback, connack 0 00, connack 0 00, connack 0 00, connack 0 00; pingresp; pingresp",
        "unsuback, , connack 0 00, , connack 0 00; pingresp; ",
    ),
    (
        D::EndsAtUnsubscribe,
        EVERY,
        lapses::life_after_unsubscribe,
        "unsuback, connack 0 00, pingresp",
        "silence ended, reset, ",
    ),
    (
        D::HangsAtUnsubscribe,
        EVERY,
        lapses::life_after_unsubscribe,
        "unsuback, connack 0 00, pingresp",
        "silence, , ",
    ),
];

/// Those below MQTT, which the core never sees: tests/frames.rs, tests/handshakes.rs and tests/serve.rs have their scripts. The first is a
/// byte that no decoded packet shows: `reported` looks at it.
const BELOW: [D; 10] = [
    D::PubrelFlagsZero,
    D::NodesApart,
    D::TextFramesTaken,
    D::FrameTakenForPacket,
    D::SecondPacketInFrameLost,
    D::FirstSubprotocolChosen,
    D::NoSubprotocolChosen,
    D::ForeignSubprotocolChosen,
    D::ClientCertificateNotAsked,
    D::RestartsAtBrokenHandshake,
];

#[test]
fn every_defect_shows_and_only_the_defect() {
    let mut wrong = Vec::new();
    for (defect, versions, script, good, bad) in TABLE
        .iter()
        .chain(negotiated::TABLE)
        .chain(handed_on::TABLE)
        .chain(groups::TABLE)
        .chain(reported::TABLE)
        .chain(STATEMENTS)
    {
        for version in *versions {
            let shown = (script(&mut Rig::good(*version)), script(&mut Rig::bad(*version, *defect)));
            if (shown.0.as_str(), shown.1.as_str()) != (*good, *bad) {
                wrong.push(format!("{defect}, {version}: conformant `{}`, defect `{}`", shown.0, shown.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_defect_is_in_the_table_and_in_order() {
    for defect in D::ALL {
        let rows = TABLE.iter().chain(negotiated::TABLE).chain(handed_on::TABLE).chain(groups::TABLE);
        let has_script = rows.chain(reported::TABLE).chain(STATEMENTS).any(|row| row.0 == *defect);
        // What tolerates a statement is shown by the suite's malformed packets, a row for each at least: the selftest sees to it.
        let elsewhere = BELOW.contains(defect) || defect.is_tolerant();
        assert!(has_script || elsewhere, "{defect} has no script");
        assert_eq!(defect.name().parse(), Ok(*defect));
        assert!(!defect.clauses().is_empty() && defect.like().starts_with("https://"));
    }
    assert!("no-such-defect".parse::<D>().is_err());
}
