//! What a record puts to the test: a rule names its clause where a breach would have shown, and nowhere else.

use std::collections::BTreeSet;

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_oracle::judge;
use deadzone_wire::{Connack, PropertyId, PropertyValue, Publish, Suback, Subscribe, Text, Version};

use crate::support::{BOTH, again, by, message, puback, pubcomp, pubrec, pubrel};

fn judged(h: HandMade) -> BTreeSet<String> {
    let history = h.finish();
    let verdict = judge(&history);
    // Some of these histories show deliveries without their publishers.
    assert!(verdict.findings.iter().all(|f| f.by == "content"), "{:?}", verdict.findings);
    let prefix = format!("{}/", history.header.version);
    verdict.judged.iter().filter_map(|id| id.as_str().strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[track_caller]
fn holds(judged: &BTreeSet<String>, clause: &str, wanted: bool) {
    assert_eq!(judged.contains(clause), wanted, "{clause} in {judged:?}");
}

/// A subscriber with a session, and its connection.
fn subscriber(v: Version) -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(v);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.subscribe(conn, 1, "dz1/t", 2);
    (h, c, conn)
}

#[test]
fn an_answer_puts_its_id_and_its_kind_to_the_test() {
    for v in BOTH {
        for answered in [false, true] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.connect(c, Start::Clean);
            if answered {
                h.up(conn, message(1, 7, "m"));
                h.down(conn, puback(7));
                h.up(conn, Subscribe::new(8, "dz1/t", 1));
                h.down(conn, Suback::new(8, vec![1]));
            }
            let judged = judged(h);
            for clause in [
                by(v, "MQTT-2.3.1-6", "MQTT-2.2.1-5"),
                "MQTT-3.3.4-1",
                by(v, "MQTT-2.3.1-7", "MQTT-2.2.1-6"),
                by(v, "MQTT-3.8.4-5", "MQTT-3.8.4-6"),
                by(v, "DZ-one-connack", "MQTT-3.2.0-2"),
                "MQTT-3.9.3-2",
            ] {
                holds(&judged, clause, answered);
            }
            holds(&judged, by(v, "MQTT-2.2.2-1", "MQTT-2.1.3-1"), true);
        }
    }
}

/// In 5.0 one statement says both that the id is free and that it is not 0, which every delivery puts to the test.
#[test]
fn an_id_is_put_to_the_test_by_a_second_open_exchange() {
    for v in BOTH {
        for second in [false, true] {
            let (mut h, _, conn) = subscriber(v);
            h.down(conn, message(1, 1, "a"));
            if second {
                h.down(conn, message(1, 2, "b"));
            }
            holds(&judged(h), by(v, "MQTT-2.3.1-4", "MQTT-2.2.1-4"), second || v == Version::V5);
        }
    }
}

#[test]
fn a_resume_puts_resends_to_the_test() {
    for v in BOTH {
        for released in [false, true] {
            let (mut h, c, conn) = subscriber(v);
            h.down(conn, message(2, 1, "a"));
            h.cut_fin(conn);
            let conn = h.connect(c, Start::Resume);
            h.down(conn, again(2, 1, "a"));
            if released {
                h.up(conn, pubrec(1));
                h.down(conn, pubrel(1));
                h.cut_fin(conn);
                let conn = h.connect(c, Start::Resume);
                h.down(conn, pubrel(1));
                h.up(conn, pubcomp(1));
            }
            let judged = judged(h);
            holds(&judged, "MQTT-4.4.0-1", true);
            holds(&judged, "MQTT-3.3.1-1", true);
            // In 3.1.1 one statement says also what the first PUBLISH is like.
            holds(&judged, by(v, "MQTT-4.3.3-1", "MQTT-4.3.3-6"), released || v != Version::V5);
        }
    }
}

#[test]
fn properties_are_put_to_the_test_by_who_publishes_them() {
    for n in 0..3 {
        let mut h = HandMade::new(Version::V5);
        let (s, p) = (h.client("sub"), h.client("pub"));
        let sub = h.connect(s, Start::Fresh);
        h.subscribe(sub, 1, "dz1/t", 0);
        let publisher = h.connect(p, Start::Fresh);
        let mut publish = Publish::new("dz1/t", 0, None, &b"m"[..]);
        for name in ["a", "b"].into_iter().take(n) {
            let pair = PropertyValue::Pair(Text::from(name), Text::from("x"));
            publish.properties.push(PropertyId::UserProperty, pair);
        }
        h.up(publisher, publish.clone());
        h.down(sub, publish);
        let judged = judged(h);
        holds(&judged, "MQTT-3.3.2-17", n > 0);
        holds(&judged, "MQTT-3.3.2-18", n > 1);
        holds(&judged, "MQTT-3.3.2-20", false);
    }
}

#[test]
fn an_alias_is_put_to_the_test_where_it_is_used() {
    for (maximum, alias, wanted) in
        [(0, false, [true, false, false]), (2, false, [false, false, false]), (2, true, [false, true, true])]
    {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let mut connect = h.connect_packet(c, Start::Clean);
        connect.properties.push(PropertyId::TopicAliasMaximum, PropertyValue::U16(maximum));
        let conn = h.connect_with(c, connect, Connack::new(Version::V5, false, 0));
        h.subscribe(conn, 1, "dz1/#", 0);
        for topic in ["dz1/t", if alias { "" } else { "dz1/t" }] {
            let mut publish = Publish::new(topic, 0, None, &b""[..]);
            if alias {
                publish.properties.push(PropertyId::TopicAlias, PropertyValue::U16(1));
            }
            h.down(conn, publish);
        }
        let judged = judged(h);
        for (clause, wanted) in ["MQTT-3.1.2-27", "MQTT-3.1.2-26", "MQTT-3.3.2-7"].into_iter().zip(wanted) {
            holds(&judged, clause, wanted);
        }
        holds(&judged, "MQTT-3.3.2-8", alias);
    }
}
