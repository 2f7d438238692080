//! Correct brokers that were blamed.

use deadzone_verdict::VerdictKind::{NotApplicable, Pass, PassSlow};
use deadzone_wire::Version;

use crate::{PLAYED, Played};

const LATE: &[deadzone_verdict::VerdictKind] = &[Pass, PassSlow];

/// Whatever the scale, what is late is slow.
#[test]
fn row_a1_late_answers_pass_at_every_scale() {
    for variant in [&["connack-10s-late"], &["acknowledges-10s-late"]] {
        for scale in [1.0, 4.0] {
            let choose = &["qos1/inbound/handshake"];
            let results = Played { choose, variants: variant, scale, ..PLAYED }.only(LATE);
            let slow = results.iter().filter(|r| r.verdict.kind == PassSlow);
            assert!(slow.count() > 0, "{variant:?} at {scale}: nothing was late");
        }
    }
}

#[test]
fn row_a2_resends_after_thirty_seconds_pass_at_every_scale() {
    for scale in [1.0, 4.0] {
        let choose = &["takeover/half-open/**", "qos1/outbound/**", "qos2/outbound/**"];
        let results = Played { choose, variants: &["resends-30s-late"], scale, ..PLAYED }.only(LATE);
        let goes_on = results.iter().find(|r| r.key.id == "takeover/half-open/session-goes-on");
        assert!(
            goes_on.is_some_and(|r| r.verdict.grades.iter().any(|g| g.text.contains("30"))),
            "{goes_on:?}"
        );
    }
}

/// Resends behind newer first copies are in order.
#[test]
fn row_a3_order_is_that_of_first_copies() {
    for scale in [1.0, 4.0] {
        Played { choose: &["order/resume/**"], variants: &["resends-30s-late"], scale, ..PLAYED }.only(LATE);
    }
}

#[test]
fn row_a4_a_limit_leaves_room_for_what_the_broker_adds() {
    Played { choose: &["order/flow/**"], variants: &["user-property-everywhere"], ..PLAYED }.only(&[Pass]);
}

#[test]
fn row_a5_an_automatic_subscription_changes_no_verdict() {
    let choose = &["subscribe/**", "session/**", "malformed/**", "takeover/**"];
    Played { choose, variants: &["automatic-subscription"], ..PLAYED }.only(&[Pass]);
}

#[test]
fn row_a8_a_lower_grant_fails_nothing() {
    let choose = &["subscribe/**", "qos2/**", "order/**", "retained/**", "will/**"];
    let results =
        Played { choose, variants: &["grants-at-most-qos1"], ..PLAYED }.only(&[Pass, NotApplicable]);
    assert!(results.iter().any(|r| r.verdict.kind == NotApplicable));
}

#[test]
fn row_a9_dup_on_what_was_about_to_be_sent_is_legal() {
    let choose = &["order/**", "qos1/outbound/**", "qos2/outbound/**", "takeover/**", "subscribe/connack/**"];
    Played { choose, variants: &["dup-on-unsent"], ..PLAYED }.only(&[Pass]);
}

#[test]
fn row_a11_what_a_server_may_ask_for_is_graded() {
    let choose = &["keepalive/**", "malformed/connect/**", "gates/**"];
    for variant in [&["keep-alive-zero-refused"], &["connect-within-32s"], &["closes-idle-clients"]] {
        Played { choose, variants: variant, ..PLAYED }.only(&[Pass, NotApplicable]);
    }
}

#[test]
fn row_a16_a_message_that_is_routed_late_is_not_of_the_old_session() {
    Played { choose: &["session/**"], variants: &["routes-later"], ..PLAYED }.only(&[Pass]);
}

/// A guard against clients that come back at once: they try again.
#[test]
fn row_a17_a_refused_return_is_tried_again() {
    let choose = &["order/resume/repeated-cuts", "order/resume/repeated-cuts-slowly", "takeover/**"];
    Played { choose, variants: &["refuses-quick-return"], ..PLAYED }.only(LATE);
}

#[test]
fn row_a20_a_look_up_behind_suback_changes_no_verdict() {
    let choose = &["retained/**", "will/retained/**"];
    Played { choose, variants: &["looks-up-behind-suback"], ..PLAYED }.only(&[Pass]);
}

#[test]
fn row_a21_what_is_stored_late_is_looked_up_again() {
    let choose = &["will/retained/**", "retained/**"];
    Played { choose, variants: &["retains-later"], ..PLAYED }.only(LATE);
}

/// The gate finds it, and what needs more does not apply.
#[test]
fn row_a22_one_message_in_flight_fails_nothing() {
    let choose = &["order/**", "qos1/**", "qos2/**", "subscribe/**"];
    let results =
        Played { choose, variants: &["one-in-flight"], gates: true, ..PLAYED }.only(&[Pass, NotApplicable]);
    assert!(results.iter().any(|r| r.verdict.kind == NotApplicable));
}

#[test]
fn row_a24_a_will_that_a_clean_start_cut_short_may_come() {
    Played { choose: &["will/takeover/**"], versions: &[Version::V5], ..PLAYED }.only(&[Pass]);
}

#[test]
fn row_a25_what_was_unsubscribed_settles_elsewhere_first() {
    Played { choose: &["subscribe/unsubscribe/**"], variants: &["routes-later"], ..PLAYED }.only(&[Pass]);
}
