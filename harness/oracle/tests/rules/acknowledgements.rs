//! What the broker acknowledges: exchanges from the client, requests, pings.

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_wire::{Ack, AckKind, Bare, Suback, Subscribe, Unsuback, Version};

use crate::support::{BOTH, again, by, found, grades, legal, message, puback, pubcomp, pubrec, pubrel};

const RULE: &str = "acknowledgements";

fn start(v: Version, how: Start) -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(v);
    let c = h.client("c");
    let conn = h.connect(c, how);
    (h, c, conn)
}

#[test]
fn whole_handshakes_are_legal() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        for (qos, id) in [(0, 0), (1, 1), (2, 1), (2, 1), (1, 1)] {
            h.publish(conn, "dz1/t", qos, id, "m");
        }
        h.up(conn, Bare::pingreq());
        h.down(conn, Bare::pingresp());
        legal(h);
    }
}

#[test]
fn an_acknowledgement_has_the_id_of_its_publish() {
    for v in BOTH {
        for qos in [1, 2] {
            let (mut h, _, conn) = start(v, Start::Clean);
            h.up(conn, message(qos, 7, "m"));
            h.down(conn, if qos == 1 { puback(8) } else { pubrec(8) });
            found(h, &[(RULE, by(v, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);
        }
    }
}

#[test]
fn an_acknowledgement_is_of_the_messages_qos() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, message(2, 7, "m"));
        h.down(conn, puback(7));
        found(h, &[(RULE, "MQTT-3.3.4-1")]);
    }
}

#[test]
fn one_puback_for_each_copy() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, message(1, 7, "m"));
        h.down(conn, puback(7));
        h.down(conn, puback(7));
        found(h, &[(RULE, by(v, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);
    }
    // In 3.1.1 a client may send it again while the connection lasts, and the answers cross.
    let (mut h, _, conn) = start(Version::V311, Start::Clean);
    h.up(conn, message(1, 7, "m"));
    h.up(conn, again(1, 7, "m"));
    h.down(conn, puback(7));
    h.down(conn, puback(7));
    legal(h);
}

#[test]
fn pubcomp_answers_pubrel() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, message(2, 7, "m"));
        h.down(conn, pubrec(7));
        h.down(conn, pubcomp(7));
        found(h, &[(RULE, by(v, "MQTT-4.3.3-2", "MQTT-2.2.1-5"))]);
    }
}

#[test]
fn recovery_of_an_inbound_qos_2_exchange_is_legal() {
    for v in BOTH {
        // PUBREC lost: PUBLISH again, answered again.
        let (mut h, c, conn) = start(v, Start::Fresh);
        h.up(conn, message(2, 7, "m"));
        h.down_lost(conn, pubrec(7));
        h.cut_silent(conn);
        let conn = h.connect(c, Start::Resume);
        h.up(conn, again(2, 7, "m"));
        h.down(conn, pubrec(7));
        h.up(conn, pubrel(7));
        h.down_lost(conn, pubcomp(7));
        h.cut_rst(conn);
        // PUBCOMP lost: PUBREL again, answered again, in 5.0 perhaps with 0x92.
        let conn = h.connect(c, Start::Resume);
        h.up(conn, pubrel(7));
        h.down(conn, if v == Version::V5 { Ack::with_reason(AckKind::Pubcomp, 7, 0x92) } else { pubcomp(7) });
        h.publish(conn, "dz1/t", 2, 7, "next");
        legal(h);
    }
}

#[test]
fn a_refused_publish_frees_its_id() {
    let (mut h, _, conn) = start(Version::V5, Start::Clean);
    h.up(conn, message(2, 7, "m"));
    h.down(conn, Ack::with_reason(AckKind::Pubrec, 7, 0x97));
    h.publish(conn, "dz1/t", 1, 7, "other");
    legal(h);
}

#[test]
fn a_late_acknowledgement_after_a_resume_is_graded() {
    for v in BOTH {
        for ack in [puback(7), pubrec(8), pubcomp(9)] {
            let (mut h, c, conn) = start(v, Start::Fresh);
            h.up(conn, message(1, 7, "one"));
            h.up(conn, message(2, 8, "two"));
            h.up(conn, message(2, 9, "three"));
            h.down(conn, pubrec(9));
            h.up(conn, pubrel(9));
            h.cut_rst(conn);
            let conn = h.connect(c, Start::Resume);
            h.down(conn, ack);
            let history = h.finish();
            let outcomes = crate::support::outcomes(&history);
            assert!(outcomes.iter().all(|o| o.findings.is_empty()), "{outcomes:?}");
            assert_eq!(outcomes.iter().map(|o| o.grades.len()).sum::<usize>(), 1);
        }
    }
}

#[test]
fn a_late_acknowledgement_beside_that_of_the_resend_is_graded() {
    for v in BOTH {
        let (mut h, c, conn) = start(v, Start::Fresh);
        h.up(conn, message(1, 7, "one"));
        h.up(conn, message(2, 9, "three"));
        h.down(conn, pubrec(9));
        h.up(conn, pubrel(9));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.up(conn, again(1, 7, "one"));
        h.up(conn, pubrel(9));
        for ack in [puback(7), pubcomp(9), puback(7), pubcomp(9)] {
            h.down(conn, ack);
        }
        let history = h.finish();
        let outcomes = crate::support::outcomes(&history);
        assert!(outcomes.iter().all(|o| o.findings.is_empty()), "{outcomes:?}");
        assert_eq!(outcomes.iter().map(|o| o.grades.len()).sum::<usize>(), 2);
    }
}

#[test]
fn a_third_answer_to_two_copies_is_too_many() {
    for v in BOTH {
        let (mut h, c, conn) = start(v, Start::Fresh);
        h.up(conn, message(1, 7, "one"));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.up(conn, again(1, 7, "one"));
        for _ in 0..3 {
            h.down(conn, puback(7));
        }
        let outcomes = crate::support::outcomes(&h.finish());
        assert_eq!(outcomes.iter().map(|o| o.findings.len()).sum::<usize>(), 1, "{outcomes:?}");
    }
}

#[test]
fn a_new_session_acknowledges_nothing_of_the_old_one() {
    for v in BOTH {
        let (mut h, c, conn) = start(v, Start::Clean);
        h.up(conn, message(1, 7, "one"));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Clean);
        h.down(conn, puback(7));
        found(h, &[(RULE, by(v, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);
    }
}

#[test]
fn one_pubrec_too_many_while_the_exchange_is_open_is_graded() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, message(2, 7, "m"));
        h.down(conn, pubrec(7));
        h.down(conn, pubrec(7));
        assert_eq!(grades(h, RULE), 1);
    }
}

#[test]
fn requests_are_answered_by_kind_and_id() {
    let codes = |v| if v == Version::V5 { vec![0] } else { vec![] };
    for v in BOTH {
        let clause = by(v, "MQTT-2.3.1-7", "MQTT-2.2.1-6");
        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, Subscribe::new(1, "dz1/a", 0));
        h.down(conn, Suback::new(2, vec![0]));
        found(h, &[(RULE, clause)]);

        let (mut h, _, conn) = start(v, Start::Clean);
        h.up(conn, Subscribe::new(1, "dz1/a", 0));
        h.down(conn, Unsuback::new(1, codes(v)));
        found(h, &[(RULE, clause)]);

        let (mut h, c, conn) = start(v, Start::Fresh);
        h.up(conn, Subscribe::new(1, "dz1/a", 0));
        h.cut_rst(conn);
        let conn = h.connect(c, Start::Resume);
        h.down(conn, Suback::new(1, vec![0]));
        assert_eq!(grades(h, RULE), 1, "late, of the connection before");

        let (mut h, _, conn) = start(v, Start::Clean);
        h.subscribe(conn, 1, "dz1/a", 0);
        h.down(conn, Suback::new(1, vec![0]));
        found(h, &[(RULE, clause)]);
    }
}

#[test]
fn requests_before_connack_take_effect_with_it() {
    for v in BOTH {
        let (mut h, _, _) = start(v, Start::Clean);
        let other = h.client("other");
        let connect = h.connect_packet(other, Start::Clean);
        let conn = h.open(other);
        h.up(conn, connect);
        h.up(conn, Subscribe::new(1, "dz1/#", 1));
        h.up(conn, message(1, 2, "m"));
        h.down(conn, deadzone_wire::Connack::new(v, false, 0));
        h.down(conn, puback(2));
        h.down(conn, message(1, 1, "m"));
        h.down(conn, Suback::new(1, vec![1]));
        legal(h);
    }
}

#[test]
fn a_pingresp_without_request_is_graded() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Clean);
        h.down(conn, Bare::pingresp());
        assert_eq!(grades(h, RULE), 1);
    }
}

#[test]
fn a_session_from_before_this_run_may_hold_anything() {
    for v in BOTH {
        let (mut h, _, conn) = start(v, Start::Resume);
        h.down(conn, puback(7));
        h.down(conn, pubcomp(8));
        legal(h);
    }
}

#[test]
fn a_refusal_and_a_crossing_resend_leave_the_rules_on() {
    let (mut h, _, conn) = start(Version::V5, Start::Clean);
    h.up(conn, message(2, 7, "m"));
    h.down(conn, Ack::with_reason(AckKind::Pubrec, 7, 0x97));
    h.publish(conn, "dz1/t", 1, 7, "other");
    h.down(conn, puback(9));
    found(h, &[(RULE, "MQTT-2.2.1-5")]);

    let (mut h, _, conn) = start(Version::V311, Start::Clean);
    h.up(conn, message(1, 7, "m"));
    h.up(conn, again(1, 7, "m"));
    for _ in 0..3 {
        h.down(conn, puback(7));
    }
    found(h, &[(RULE, "MQTT-2.3.1-6")]);
}

/// One answer is for all filters of a request: another one names that statement beside.
#[test]
fn one_suback_and_one_unsuback_for_all_filters() {
    for v in BOTH {
        for several in [true, false] {
            let (mut h, _, conn) = start(v, Start::Clean);
            let mut subscribe = Subscribe::new(5, "dz1/a", 0);
            let mut unsubscribe = deadzone_wire::Unsubscribe::new(6, "dz1/a");
            if several {
                subscribe.filters.push(("dz1/b".into(), 0));
                unsubscribe.filters.push("dz1/b".into());
            }
            let codes = if several { vec![0, 0] } else { vec![0] };
            h.up(conn, subscribe);
            h.down(conn, Suback::new(5, codes.clone()));
            h.down(conn, Suback::new(5, codes.clone()));
            h.up(conn, unsubscribe);
            let told = if v == Version::V5 { codes } else { Vec::new() };
            h.down(conn, Unsuback { packet_id: 6, properties: Default::default(), codes: told });
            let outcomes = deadzone_oracle::obey(&h.finish());
            let findings: Vec<_> =
                outcomes.iter().filter(|o| o.rule == RULE).flat_map(|o| &o.findings).collect();
            assert_eq!(findings.len(), 1, "{findings:#?}");
            let beside = format!("{v}/{}", by(v, "MQTT-3.8.4-4", "MQTT-3.8.4-5"));
            let named: Vec<String> = findings[0].also.iter().map(ToString::to_string).collect();
            assert_eq!(named, if several { vec![beside] } else { Vec::new() }, "{v}");
        }
    }
}
