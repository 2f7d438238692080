//! Wrong brokers that were cleared.

use std::sync::Arc;

use deadzone_history::{Event, EventKind};
use deadzone_verdict::{ScenarioResult, VerdictKind};
use deadzone_wire::{AckKind, Packet, Version};

use crate::{PLAYED, Played, said};

const V5: &[Version] = &[Version::V5];
const GRANTED: &[&str] = &["MQTT-3.8.4-6", "MQTT-3.8.4-8"];

/// A lost backlog is what is owed, and nothing about CONNACKs.
#[test]
fn row_a6_a_lost_backlog_is_owed() {
    let played = Played {
        choose: &["subscribe/connack/before-the-backlog"],
        defects: &["offline-queue-dropped"],
        ..PLAYED
    };
    played.fails(&["MQTT-4.5.0-1"]);
    let of_connack =
        |r: &ScenarioResult| r.verdict.findings.iter().any(|f| f.clause.clause().section.starts_with("3.2"));
    assert!(!played.results().iter().any(|r| of_connack(r)));
}

/// A lie about the session is one cause, whatever comes behind it.
#[test]
fn row_a7_a_lie_about_the_session_is_all_that_fails() {
    let choose =
        &["order/resume/in-flight-qos1", "qos1/outbound/**", "takeover/half-open/**", "session/present/**"];
    let results = Played { choose, mutant: Some("mutant-session-present-flipped"), ..PLAYED }.results();
    let other = |r: &ScenarioResult| r.verdict.findings.iter().any(|f| f.clause.clause().section != "3.2.2");
    let other: Vec<String> = results.iter().filter(|r| other(r)).map(|r| said(r)).collect();
    assert!(other.is_empty(), "{other:#?}");
    assert!(results.iter().any(|r| r.verdict.kind == VerdictKind::Fail));
}

#[test]
fn row_a10_the_publishers_dup_is_told_from_a_resend() {
    let choose = &["order/resume/resent-by-the-client"];
    Played { choose, defects: &["dup-forwarded"], ..PLAYED }.fails(&["MQTT-3.3.1-3"]);
}

#[test]
fn row_b2_a_refused_goodbye_leaves_the_will_due() {
    let choose = &[
        "will/goodbye/disconnect-unlisted",
        "will/goodbye/disconnect-with-an-illegal-expiry",
        "will/goodbye/disconnect-malformed",
    ];
    Played { choose, defects: &["will-lost-at-refused-disconnect"], ..PLAYED }.fails(&["MQTT-3.1.2-8"]);
}

#[test]
fn row_b3_the_highest_grant_of_overlapping_subscriptions_counts() {
    let choose = &["subscribe/overlap/**"];
    Played { choose, defects: &["overlap-qos-lowered"], ..PLAYED }.fails(&["MQTT-3.3.5-1", "MQTT-3.3.4-2"]);
}

#[test]
fn row_b4_no_delivery_is_below_what_is_owed() {
    Played { choose: &["subscribe/granted/queued"], defects: &["queued-qos-lowered"], ..PLAYED }
        .fails(GRANTED);
    Played { choose: &["subscribe/granted/will"], defects: &["will-qos-lowered"], ..PLAYED }.fails(GRANTED);
    Played { choose: &["subscribe/granted/retained"], defects: &["retained-qos-lowered"], ..PLAYED }
        .fails(GRANTED);
    let mutant = Some("mutant-qos-lowered");
    Played { choose: &["subscribe/granted/respected"], mutant, ..PLAYED }.fails(GRANTED);
}

#[test]
fn row_b5_each_client_has_its_own_identifiers() {
    let choose = &["subscribe/identifier/of-each-client"];
    let numbers = &["MQTT-3.3.4-3", "MQTT-3.3.4-4"];
    Played { choose, versions: V5, defects: &["foreign-subscription-ids"], ..PLAYED }.fails(numbers);
}

#[test]
fn row_b6_a_subscriber_that_is_thrown_out_each_time_is_a_finding() {
    let choose = &["qos2/outbound/handshake", "qos2/outbound/completed"];
    let defects = &["drops-subscriber-at-pubrec"];
    Played { choose, defects, ..PLAYED }.fails(&["MQTT-4.3.3-1", "MQTT-4.3.3-4", "MQTT-4.5.0-1"]);
}

#[test]
fn row_b7_what_never_comes_and_what_nobody_published_are_findings() {
    let choose = &["qos2/outbound/handshake"];
    Played { choose, defects: &["pubrel-missing"], ..PLAYED }.fails(&["MQTT-4.3.3-1", "MQTT-4.3.3-4"]);
    let choose = &["qos0/delivered/as-published", "order/resume/offline-queue-qos1"];
    Played { choose, defects: &["invents-messages"], ..PLAYED }.fails(&["DZ-content-of-nobody"]);
}

/// The broker's packet id 0 is its own fault and stays a finding, never an error of ours.
#[test]
fn row_b8_packet_id_0_is_a_finding_and_no_error() {
    let choose = &["qos1/outbound/acknowledged", "qos2/outbound/handshake", "subscribe/granted/queued"];
    Played { choose, defects: &["packet-id-zero"], ..PLAYED }.fails(&["MQTT-2.3.1-1", "MQTT-2.2.1-4"]);
}

#[test]
fn row_b9_a_stray_retained_message_is_a_finding_and_no_error() {
    let choose = &["qos0/delivered/as-published", "subscribe/matching/levels"];
    Played { choose, defects: &["stray-retained"], ..PLAYED }.fails(&["MQTT-3.3.2-3"]);
}

#[test]
fn row_b16_what_is_done_wrong_now_and_then_fails() {
    let choose = &["session/present/nothing-kept-again-and-again"];
    let numbers = &["MQTT-3.2.2-3", "MQTT-3.1.2-6", "MQTT-3.1.2-23", "MQTT-4.1.0-2"];
    Played { choose, defects: &["session-present-sometimes"], ..PLAYED }.fails(numbers);
    let choose = &["order/resume/in-flight-qos1"];
    let defects = &["packet-id-reused-sometimes"];
    let results = Played { choose, defects, ..PLAYED }.results();
    assert!(results.iter().all(|r| r.verdict.kind == VerdictKind::Fail), "{:?}", said(&results[0]));
}

#[test]
fn row_b18_a_message_that_others_overtook_is_lost() {
    let choose = &["order/flow/receive-maximum", "order/flow/receive-maximum-qos2"];
    let defects = &["waiting-message-lost"];
    Played { choose, versions: V5, defects, ..PLAYED }.fails(&[
        "MQTT-4.5.0-1",
        "MQTT-4.6.0-5",
        "MQTT-4.9.0-2",
        "MQTT-3.3.4-9",
    ]);
}

/// Wherever it is done, it is graded, and fails nowhere.
#[test]
fn row_b19_a_refused_resend_is_graded_everywhere() {
    let choose = &["qos2/inbound/**", "qos2/interrupted/**", "order/resume/**", "cellular/**"];
    let results = Played { choose, versions: V5, defects: &["dup-publish-refused"], ..PLAYED }.results();
    let refused = |event: &Event| {
        matches!(&event.kind, EventKind::Packet(p)
            if matches!(p.packet(), Packet::Ack(ack) if ack.kind == AckKind::Pubrec && ack.code() == 0x91))
    };
    let saw = |r: &&Arc<ScenarioResult>| r.history.iter().any(|h| h.events.iter().any(refused));
    let graded =
        |r: &ScenarioResult| r.verdict.grades.iter().any(|g| g.text.contains("sent again and not released"));
    let silent: Vec<String> = results.iter().filter(saw).filter(|r| !graded(r)).map(|r| said(r)).collect();
    assert!(silent.is_empty() && results.iter().filter(saw).count() > 0, "{silent:#?}");
    let failed: Vec<String> =
        results.iter().filter(|r| r.verdict.kind == VerdictKind::Fail).map(|r| said(r)).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A race shows in one of twenty rounds, and one is enough.
#[test]
fn row_b21_one_of_twenty_rounds_is_enough() {
    let choose = &["will/goodbye/disconnect-again-and-again"];
    let defects = &["will-after-disconnect-sometimes"];
    Played { choose, defects, ..PLAYED }.fails(&["MQTT-3.14.4-3", "MQTT-3.1.2-10"]);
}

#[test]
fn row_b22_an_unknown_level_that_is_served_is_a_finding() {
    let choose = &["malformed/connect/unknown-level"];
    Played { choose, defects: &["unknown-level-served"], ..PLAYED }.fails(&["MQTT-3.1.2-2"]);
}

#[test]
fn row_b23_the_publishers_identifier_stays_with_the_broker() {
    let choose = &["subscribe/identifier/of-the-publisher"];
    let defects = &["publisher-subscription-id-forwarded"];
    Played { choose, versions: V5, defects, ..PLAYED }.fails(&["DZ-publisher-subscription-identifier"]);
}

#[test]
fn row_b24_a_ping_before_connect_is_not_served() {
    let choose = &["malformed/connect/ping-first"];
    Played { choose, defects: &["ping-before-connect-answered"], ..PLAYED }.fails(&["MQTT-3.2.0-1"]);
}
