//! CONNACK, DISCONNECT, and what may come before and after.

use deadzone_history::{EventKind, HandMade, Start};
use deadzone_wire::{
    Auth, Bare, Connack, Connect, Disconnect, PropertyId, PropertyValue, Publish, Text, Version,
};

use crate::support::{BOTH, by, found, legal, message};

#[test]
fn connack_comes_first() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.open(c);
        let connect = h.connect_packet(c, Start::Clean);
        h.up(conn, connect);
        h.down(conn, Bare::pingresp());
        h.down(conn, Connack::new(v, false, 0));
        found(h, &[("connack-first", "MQTT-3.2.0-1")]);
    }
}

#[test]
fn a_client_that_did_not_begin_with_connect_is_not_served() {
    for v in BOTH {
        for served in [true, false] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.open(c);
            h.up(conn, Bare::pingreq());
            if served {
                h.down(conn, Bare::pingresp());
            }
            h.broker_closes(conn);
            if served { found(h, &[("connack-first", "MQTT-3.2.0-1")]) } else { legal(h) }
        }
    }
}

#[test]
fn auth_may_come_before_connack_where_connect_names_a_method() {
    let method = || (PropertyId::AuthenticationMethod, PropertyValue::Text(Text::from("m")));
    for asked in [true, false] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let conn = h.open(c);
        let mut connect = Connect::new(Version::V5, "c");
        if asked {
            connect.properties.push(method().0, method().1);
        }
        h.up(conn, connect);
        let mut auth = Auth { reason: Some(0x18), ..Auth::default() };
        auth.properties.get_or_insert_default().push(method().0, method().1);
        h.down(conn, auth);
        let mut connack = Connack::new(Version::V5, false, 0);
        if asked {
            connack.properties.get_or_insert_default().push(method().0, method().1);
        }
        h.down(conn, connack);
        let wrong = [("connack-first", "MQTT-3.2.0-1"), ("connack-properties", "MQTT-4.12.0-6")];
        if asked { legal(h) } else { found(h, &wrong) }
    }
}

#[test]
fn there_is_one_connack() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Clean);
        h.down(conn, Connack::new(v, false, 0));
        h.down(conn, Connack::new(v, false, 0));
        found(h, &[("connack-first", by(v, "DZ-one-connack", "MQTT-3.2.0-2"))]);
    }
}

#[test]
fn a_second_connack_folds_under_the_first_finding() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let conn = h.connect(c, Start::Clean);
    for _ in 0..40 {
        h.down(conn, Connack::new(Version::V5, false, 0));
    }
    let outcomes = crate::support::outcomes(&h.finish());
    let rule = outcomes.iter().find(|o| o.rule == "connack-first").expect("it is always on");
    assert_eq!(rule.findings.len(), 1);
    assert_eq!(rule.findings[0].folded.len(), 16, "a cascade without end is bounded");
}

#[test]
fn nothing_follows_a_refusal() {
    for v in BOTH {
        let code = if v == Version::V5 { 0x87 } else { 5 };
        for more in [true, false] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let connect = h.connect_packet(c, Start::Clean);
            let conn = h.connect_with(c, connect, Connack::new(v, false, code));
            if more {
                h.down(conn, message(0, 0, "late"));
            }
            h.broker_closes(conn);
            if more {
                found(h, &[("nothing-after-the-end", by(v, "MQTT-3.2.2-5", "MQTT-3.2.2-7"))]);
            } else {
                legal(h);
            }
        }
    }
}

#[test]
fn nothing_follows_disconnect() {
    for more in [true, false] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let conn = h.connect(c, Start::Clean);
        h.subscribe(conn, 1, "dz1/#", 0);
        h.down(conn, Disconnect::with_reason(0x8b));
        if more {
            h.down(conn, message(0, 0, "late"));
        }
        h.broker_closes(conn);
        if more { found(h, &[("nothing-after-the-end", "MQTT-3.14.4-1")]) } else { legal(h) }
    }
}

#[test]
fn what_comes_behind_the_teardown_mark_is_not_judged() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Clean);
        h.teardown();
        h.down(conn, Connack::new(v, true, 0));
        h.down(conn, Publish::new("dz1/x", 1, Some(0), "x"));
        legal(h);
    }
}

#[test]
fn in_3_1_all_is_a_grade() {
    let mut h = HandMade::new(Version::V31);
    let c = h.client("c");
    let conn = h.connect(c, Start::Clean);
    h.down(conn, Connack::new(Version::V31, false, 0));
    h.down(conn, Publish::new("dz1/#", 0, None, "x"));
    let outcomes = crate::support::outcomes(&h.finish());
    assert!(outcomes.iter().all(|o| o.findings.is_empty()));
    let graded: Vec<_> = outcomes.iter().filter(|o| !o.grades.is_empty()).map(|o| o.rule).collect();
    assert_eq!(graded, ["well-formed", "connack-first", "topic-matches"]);
}

#[test]
fn a_client_that_said_something_before_connect_is_promised_nothing() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.open(c);
        h.up(conn, Bare::pingreq());
        let connect = h.connect_packet(c, Start::Clean);
        h.up(conn, connect);
        h.down(conn, Bare::pingresp());
        legal(h);
    }
}

#[test]
fn a_server_that_is_offered_mqtt_chooses_it() {
    for v in BOTH {
        for chosen in ["mqtt", "mqttv3.1", ""] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.open(c);
            h.event(EventKind::Upgraded { conn, subprotocol: chosen.into() });
            let connect = h.connect_packet(c, Start::Clean);
            h.up(conn, connect);
            h.down(conn, Connack::new(v, false, 0));
            if chosen == "mqtt" { legal(h) } else { found(h, &[("subprotocol", "MQTT-6.0.0-4")]) }
        }
    }
}

/// An identifier of 1 to 23 letters and digits is not rejected; a longer one may be, and so may a client for other reasons.
#[test]
fn a_plain_client_identifier_is_not_rejected() {
    for v in BOTH {
        let rejected = if v == Version::V5 { 0x85 } else { 0x02 };
        let other = if v == Version::V5 { 0x87 } else { 0x05 };
        let longest = "abcdefghijklmnopqrstuvw";
        for (id, code, breach) in [
            ("Z", rejected, true),
            (longest, rejected, true),
            (longest, other, false),
            ("abcdefghijklmnopqrstuvwx", rejected, false),
            ("a-b", rejected, false),
        ] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.open(c);
            h.up(conn, Connect::new(v, id));
            h.down(conn, Connack::new(v, false, code));
            h.broker_closes(conn);
            if breach { found(h, &[("client-id-taken", "MQTT-3.1.3-5")]) } else { legal(h) }
        }
    }
}

/// What takes the place of an empty identifier is told, and unique: each breach names two statements.
#[test]
fn an_assigned_identifier_is_told_and_unique() {
    let assigned = |id: Option<&str>| {
        let mut connack = Connack::new(Version::V5, false, 0);
        if let Some(id) = id {
            let value = PropertyValue::Text(Text::from(id));
            connack.properties.get_or_insert_default().push(PropertyId::AssignedClientIdentifier, value);
        }
        connack
    };
    for (ids, beside) in [
        ([Some("a"), Some("b")], None),
        ([Some("a"), Some("a")], Some("5.0/MQTT-3.1.3-6")),
        ([Some("a"), None], Some("5.0/MQTT-3.1.3-7")),
    ] {
        let mut h = HandMade::new(Version::V5);
        for id in ids {
            let c = h.client("c");
            let conn = h.open(c);
            h.up(conn, Connect::new(Version::V5, ""));
            h.down(conn, assigned(id));
        }
        let outcomes = deadzone_oracle::obey(&h.finish());
        let findings: Vec<_> =
            outcomes.iter().filter(|o| o.rule == "connack-properties").flat_map(|o| &o.findings).collect();
        let named: Vec<String> = findings.iter().flat_map(|f| &f.also).map(ToString::to_string).collect();
        assert_eq!(named, beside.into_iter().map(str::to_owned).collect::<Vec<_>>(), "{ids:?}");
        assert_eq!(findings.len(), usize::from(beside.is_some()), "{ids:?}");
    }
}
