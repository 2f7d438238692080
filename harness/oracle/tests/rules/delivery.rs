//! What is delivered: topics, granted QoS, copies.

use deadzone_history::{ConnId, Direction, HandMade, Start};
use deadzone_wire::{Packet, Publish, Suback, Subscribe, Unsuback, Unsubscribe, Version, Will};

use crate::support::{BOTH, again, by, found, legal, message, puback, pubcomp, pubrec, pubrel};

/// A subscriber that asked for these filters, each granted as asked, and a publisher.
fn start(v: Version, filters: &[(&str, u8)]) -> (HandMade, ConnId, ConnId) {
    let mut h = HandMade::new(v);
    let (sub, publisher) = (h.client("sub"), h.client("pub"));
    let s = h.connect(sub, Start::Fresh);
    for (n, (filter, qos)) in filters.iter().enumerate() {
        h.subscribe(s, n as u16 + 1, filter, *qos);
    }
    let p = h.connect(publisher, Start::Fresh);
    (h, s, p)
}

fn unsubscribe(h: &mut HandMade, conn: ConnId, id: u16, filter: &str) {
    h.up(conn, Unsubscribe::new(id, filter));
    let codes = if h.header().version == Version::V5 { vec![0] } else { vec![] };
    h.down(conn, Unsuback::new(id, codes));
}

#[test]
fn topics_match_a_filter() {
    for v in BOTH {
        for (filter, topic, matches) in [
            ("dz1/+/x", "dz1/a/x", true),
            ("dz1/#", "dz1", true),
            ("#", "dz1/a", true),
            ("dz1/a", "dz1/a/b", false),
            ("dz1/+", "dz1/a/b", false),
            ("$share/g/dz1/a", "dz1/a", true),
        ] {
            let (mut h, s, _) = start(v, &[(filter, 0)]);
            h.down(s, Publish::new(topic, 0, None, "m"));
            if matches { legal(h) } else { found(h, &[("topic-matches", "MQTT-3.3.2-3")]) }
        }
    }
}

#[test]
fn topics_are_not_judged_outside_the_nonce_nor_where_the_target_subscribes_by_itself() {
    for v in BOTH {
        let (mut h, s, _) = start(v, &[("dz1/a", 0)]);
        h.down(s, Publish::new("$SYS/load", 0, None, "m"));
        h.down(s, Publish::new("other/t", 0, None, "m"));
        h.marker(s, Direction::Down, Publish::new("dz1/fence", 0, None, "m"));
        legal(h);

        // What begins as all of the run does is another scenario's.
        let (mut h, s, _) = start(v, &[("dz1/a", 0)]);
        h.down(s, Publish::new("dz12/t", 0, None, "m"));
        found(h, &[("topic-matches", "MQTT-3.3.2-3")]);

        let (mut h, s, _) = start(v, &[("dz1/a", 0)]);
        h.header().target.automatic_subscriptions = true;
        h.down(s, Publish::new("dz1/b", 0, None, "m"));
        legal(h);
    }
}

#[test]
fn what_a_subscription_left_behind_still_matches_it() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("dz1/#", 1)]);
        h.publish(p, "dz1/t", 1, 1, "buffered");
        unsubscribe(&mut h, s, 9, "dz1/#");
        h.deliver(s, "dz1/t", 1, 1, "buffered");
        legal(h);
    }
}

#[test]
fn a_refused_filter_matches_nothing() {
    for v in BOTH {
        let (mut h, s, _) = start(v, &[]);
        h.up(s, Subscribe::new(1, "dz1/#", 1));
        h.down(s, Suback::new(1, vec![0x80]));
        h.down(s, message(0, 0, "m"));
        found(h, &[("topic-matches", "MQTT-3.3.2-3")]);
    }
}

#[test]
fn qos_is_not_above_the_grant() {
    let rule = "granted-qos";
    for v in BOTH {
        let clause = by(v, "MQTT-3.8.4-6", "MQTT-3.8.4-8");
        let (mut h, s, p) = start(v, &[("dz1/#", 1)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        found(h, &[(rule, clause)]);

        // An overlapping subscription with a higher grant.
        let (mut h, s, p) = start(v, &[("dz1/#", 1), ("dz1/t", 2)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        legal(h);

        // Granted lower than asked for.
        let (mut h, s, p) = start(v, &[]);
        h.up(s, Subscribe::new(1, "dz1/#", 2));
        h.down(s, Suback::new(1, vec![0]));
        h.publish(p, "dz1/t", 1, 1, "m");
        h.deliver(s, "dz1/t", 1, 1, "m");
        found(h, &[(rule, clause)]);

        // Nor above what was published.
        let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
        h.publish(p, "dz1/t", 0, 0, "m");
        h.deliver(s, "dz1/t", 1, 1, "m");
        found(h, &[(rule, clause)]);
    }
}

#[test]
fn before_suback_the_requested_qos_counts() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[]);
        h.up(s, Subscribe::new(1, "dz1/#", 2));
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        h.down(s, Suback::new(1, vec![1]));
        legal(h);
    }
}

#[test]
fn a_lower_grant_binds_what_was_published_after_it() {
    for v in BOTH {
        for (before, fails) in [(true, false), (false, true)] {
            let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
            if before {
                h.publish(p, "dz1/t", 1, 1, "m");
            }
            h.subscribe(s, 9, "dz1/#", 0);
            if !before {
                h.publish(p, "dz1/t", 1, 1, "m");
            }
            h.deliver(s, "dz1/t", 1, 1, "m");
            if fails {
                found(h, &[("granted-qos", by(v, "MQTT-3.8.4-6", "MQTT-3.8.4-8"))]);
            } else {
                legal(h);
            }
        }
    }
}

#[test]
fn a_qos_2_message_is_delivered_once() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
        h.publish(p, "dz1/t", 2, 1, "once");
        h.deliver(s, "dz1/t", 2, 1, "once");
        h.deliver(s, "dz1/t", 2, 2, "once");
        found(h, &[("copies", by(v, "MQTT-4.3.3-2", "MQTT-4.3.3-10"))]);
    }
}

/// PUBREC lost, PUBLISH resent: one message, whether the broker hands it on at PUBLISH or at PUBREL.
#[test]
fn a_resent_qos_2_message_is_one_message() {
    for v in BOTH {
        for (copies, at_release) in [(1, false), (1, true), (2, false)] {
            let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
            h.up(p, message(2, 7, "once"));
            if !at_release {
                h.deliver(s, "dz1/t", 2, 1, "once");
            }
            h.down_lost(p, pubrec(7));
            h.cut_silent(p);
            let p = h.connect(1, Start::Resume);
            h.up(p, again(2, 7, "once"));
            if copies == 2 {
                h.deliver(s, "dz1/t", 2, 2, "once");
            }
            h.down(p, pubrec(7));
            h.up(p, pubrel(7));
            if at_release {
                h.deliver(s, "dz1/t", 2, 1, "once");
            }
            h.down(p, pubcomp(7));
            if copies == 1 {
                legal(h);
            } else {
                found(h, &[("copies", by(v, "MQTT-4.3.3-2", "MQTT-4.3.3-10"))]);
            }
        }
    }
}

#[test]
fn copies_that_are_legal() {
    for v in BOTH {
        // One for each overlapping subscription, or one for both.
        for copies in 1..=2 {
            let (mut h, s, p) = start(v, &[("dz1/#", 2), ("dz1/t", 2)]);
            h.publish(p, "dz1/t", 2, 1, "m");
            for id in 1..=copies {
                h.deliver(s, "dz1/t", 2, id, "m");
            }
            legal(h);
        }
        // Below QoS 2.
        for (published, granted) in [(1, 2), (2, 1), (2, 0)] {
            let (mut h, s, p) = start(v, &[("dz1/#", granted)]);
            h.publish(p, "dz1/t", published, 1, "m");
            let qos = published.min(granted);
            h.deliver(s, "dz1/t", qos, 1, "m");
            h.deliver(s, "dz1/t", qos, 2, "m");
            legal(h);
        }
        // Resent after a reset.
        let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        h.down(s, message(2, 1, "m"));
        h.cut_rst(s);
        let s = h.connect(0, Start::Resume);
        h.down(s, again(2, 1, "m"));
        h.up(s, pubrec(1));
        h.down(s, pubrel(1));
        h.up(s, pubcomp(1));
        legal(h);
        // Published twice.
        let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
        for id in 1..=2 {
            h.publish(p, "dz1/t", 2, 1, "m");
            h.deliver(s, "dz1/t", 2, id, "m");
        }
        legal(h);
        // Plain beside shared.
        let (mut h, s, p) = start(v, &[("dz1/t", 2), ("$share/g/dz1/t", 2)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 2, "m");
        legal(h);
    }
}

#[test]
fn three_copies_for_two_filters_are_one_too_many() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("dz1/#", 2), ("dz1/t", 2)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        for id in 1..=3 {
            h.deliver(s, "dz1/t", 2, id, "m");
        }
        found(h, &[("copies", by(v, "MQTT-4.3.3-2", "MQTT-4.3.3-10"))]);
    }
}

#[test]
fn a_will_may_say_the_same_as_a_message() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("dz1/#", 2)]);
        let doomed = h.client("doomed");
        let mut connect = h.connect_packet(doomed, Start::Clean);
        let will = Will { properties: Default::default(), topic: "dz1/t".into(), payload: "m".into() };
        connect.set_will(will, 2, false);
        let d = h.connect_with(doomed, connect, deadzone_wire::Connack::new(v, false, 0));
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        h.cut_rst(d);
        h.deliver(s, "dz1/t", 2, 2, "m");
        legal(h);
    }
}

#[test]
fn markers_are_no_messages_but_their_exchanges_count() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("dz1/#", 1)]);
        h.marker(p, Direction::Up, message(1, 9, "fence"));
        h.marker(p, Direction::Down, Packet::from(puback(9)));
        h.marker(s, Direction::Down, message(1, 1, "fence"));
        h.marker(s, Direction::Up, Packet::from(puback(1)));
        h.deliver(s, "dz1/t", 1, 1, "next");
        legal(h);
    }
}

#[test]
fn copies_of_a_shared_subscription_are_not_counted() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[("$share/g/dz1/t", 2)]);
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 2, "m");
        legal(h);
    }
}

#[test]
fn grants_that_have_ended_or_were_refused_do_not_count() {
    for v in BOTH {
        let wrong = [("granted-qos", by(v, "MQTT-3.8.4-6", "MQTT-3.8.4-8"))];
        // The higher of two was given up before the message was published.
        let (mut h, s, p) = start(v, &[("dz1/#", 2), ("dz1/t", 0)]);
        unsubscribe(&mut h, s, 9, "dz1/#");
        h.publish(p, "dz1/t", 1, 1, "m");
        h.deliver(s, "dz1/t", 1, 1, "m");
        found(h, &wrong);

        // A higher one was refused: the lower one holds.
        let (mut h, s, p) = start(v, &[("dz1/#", 1)]);
        h.up(s, Subscribe::new(9, "dz1/#", 2));
        h.down(s, Suback::new(9, vec![0x80]));
        h.publish(p, "dz1/t", 2, 1, "m");
        h.deliver(s, "dz1/t", 2, 1, "m");
        found(h, &wrong);

        // Nobody knows when this one was published: any grant may cover it.
        let (mut h, s, _) = start(v, &[("dz1/#", 2)]);
        h.subscribe(s, 9, "dz1/#", 0);
        h.deliver(s, "dz1/t", 2, 1, "whose");
        legal(h);
    }
}

#[test]
fn a_payload_on_a_topic_of_somebody_else_is_somebody_elses() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &[]);
        h.subscribe(s, 1, "#", 2);
        h.publish(p, "dz1/t", 0, 0, "1");
        h.deliver(s, "elsewhere", 2, 5, "1");
        legal(h);
        let (mut h, s, p) = start(v, &[]);
        h.subscribe(s, 1, "#", 2);
        h.publish(p, "dz1/t", 0, 0, "1");
        h.deliver(s, "dz1/t", 2, 5, "1");
        found(h, &[("granted-qos", by(v, "MQTT-3.8.4-6", "MQTT-3.8.4-8"))]);
    }
}
