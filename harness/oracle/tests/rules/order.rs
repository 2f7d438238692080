//! Order among first copies.

use deadzone_history::{ConnId, HandMade, Start};
use deadzone_wire::{Publish, Version};

use crate::support::{BOTH, again, by, found, legal, message, puback, pubcomp, pubrec, pubrel};

const RULE: &str = "order";

fn clause(v: Version) -> &'static str {
    by(v, "MQTT-4.6.0-6", "MQTT-4.6.0-5")
}

fn start(v: Version, filters: &[&str]) -> (HandMade, ConnId, ConnId) {
    let mut h = HandMade::new(v);
    let (sub, publisher) = (h.client("sub"), h.client("pub"));
    let s = h.connect(sub, Start::Fresh);
    for (n, filter) in filters.iter().enumerate() {
        h.subscribe(s, n as u16 + 1, filter, 2);
    }
    let p = h.connect(publisher, Start::Fresh);
    (h, s, p)
}

fn publish_all(h: &mut HandMade, p: ConnId, qos: u8, payloads: &[&str]) {
    for (n, payload) in payloads.iter().enumerate() {
        h.publish(p, "dz1/t", qos, n as u16 + 1, payload);
    }
}

#[test]
fn messages_in_another_order() {
    for v in BOTH {
        for qos in 0..=2 {
            let (mut h, s, p) = start(v, &["dz1/#"]);
            publish_all(&mut h, p, qos, &["1", "2", "3"]);
            for (id, payload) in ["1", "3", "2"].iter().enumerate() {
                h.deliver(s, "dz1/t", qos, id as u16 + 1, payload);
            }
            found(h, &[(RULE, clause(v))]);
        }
    }
}

#[test]
fn a_first_delivery_may_not_be_overtaken_either() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        publish_all(&mut h, p, 1, &["1", "2"]);
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.deliver(s, "dz1/t", 1, 2, "1");
        found(h, &[(RULE, clause(v))]);
    }
}

#[test]
fn gaps_and_repetitions_are_in_order() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        publish_all(&mut h, p, 0, &["1", "2", "3", "4"]);
        for payload in ["1", "2", "4"] {
            h.deliver(s, "dz1/t", 0, 0, payload);
        }
        legal(h);

        // 1, 2, 3, 2, 3, 4: the copies after the reset are no first ones.
        let (mut h, s, p) = start(v, &["dz1/#"]);
        publish_all(&mut h, p, 1, &["1", "2", "3", "4"]);
        h.deliver(s, "dz1/t", 1, 1, "1");
        h.down(s, message(1, 2, "2"));
        h.down(s, message(1, 3, "3"));
        h.cut_rst(s);
        let s = h.connect(0, Start::Resume);
        h.down(s, again(1, 2, "2"));
        h.down(s, again(1, 3, "3"));
        h.down(s, message(1, 4, "4"));
        legal(h);
    }
}

#[test]
fn a_copy_that_went_unseen_may_be_the_first() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        publish_all(&mut h, p, 1, &["1", "2"]);
        h.cut_rst(s);
        let s = h.connect(0, Start::Resume);
        h.down(s, message(1, 2, "2"));
        h.down(s, again(1, 1, "1"));
        legal(h);
    }
}

#[test]
fn a_torn_copy_may_be_the_first() {
    use deadzone_history::{Direction, End};
    for v in BOTH {
        for resent in [again(1, 1, "1"), message(1, 1, "1")] {
            let (mut h, s, p) = start(v, &["dz1/#"]);
            publish_all(&mut h, p, 1, &["1", "2"]);
            h.torn(s, Direction::Down, End::Broker, message(1, 1, "1"), 6);
            h.cut_fin(s);
            let s = h.connect(0, Start::Resume);
            h.down(s, message(1, 2, "2"));
            h.down(s, resent);
            legal(h);
        }
    }
}

#[test]
fn qos_2_may_be_delivered_in_the_order_of_pubrel() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        h.up(p, message(2, 1, "1"));
        h.down(p, pubrec(1));
        h.up(p, message(2, 2, "2"));
        h.down(p, pubrec(2));
        h.up(p, pubrel(2));
        h.down(p, pubcomp(2));
        h.deliver(s, "dz1/t", 2, 1, "2");
        h.up(p, pubrel(1));
        h.down(p, pubcomp(1));
        h.deliver(s, "dz1/t", 2, 2, "1");
        legal(h);
    }
}

#[test]
fn other_orders_are_not_owed() {
    for v in BOTH {
        // Of different QoS.
        let (mut h, s, p) = start(v, &["dz1/#"]);
        h.publish(p, "dz1/t", 1, 1, "1");
        h.publish(p, "dz1/t", 0, 0, "2");
        h.deliver(s, "dz1/t", 0, 0, "2");
        h.deliver(s, "dz1/t", 1, 1, "1");
        legal(h);
        // Delivered at another QoS than published.
        let mut h = HandMade::new(v);
        let (sub, publisher) = (h.client("sub"), h.client("pub"));
        let s = h.connect(sub, Start::Clean);
        h.subscribe(s, 1, "dz1/#", 1);
        let p = h.connect(publisher, Start::Clean);
        publish_all(&mut h, p, 2, &["1", "2"]);
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.deliver(s, "dz1/t", 1, 2, "1");
        legal(h);
        // Of different topics.
        let (mut h, s, p) = start(v, &["dz1/#"]);
        h.publish(p, "dz1/a", 1, 1, "1");
        h.publish(p, "dz1/b", 1, 2, "2");
        h.deliver(s, "dz1/b", 1, 1, "2");
        h.deliver(s, "dz1/a", 1, 2, "1");
        legal(h);
        // Of different publishers.
        let (mut h, s, p) = start(v, &["dz1/#"]);
        let other = h.client("other");
        let o = h.connect(other, Start::Clean);
        h.publish(p, "dz1/t", 1, 1, "1");
        h.publish(o, "dz1/t", 1, 1, "2");
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.deliver(s, "dz1/t", 1, 2, "1");
        legal(h);
        // Of overlapping and of shared subscriptions.
        for filters in [&["dz1/#", "dz1/t"][..], &["$share/g/dz1/t"]] {
            let (mut h, s, p) = start(v, filters);
            publish_all(&mut h, p, 1, &["1", "2"]);
            h.deliver(s, "dz1/t", 1, 1, "2");
            h.deliver(s, "dz1/t", 1, 2, "1");
            legal(h);
        }
    }
}

#[test]
fn a_publisher_that_resends_after_a_reset_keeps_both_places_open() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        h.up(p, message(1, 1, "1"));
        h.cut_rst(p);
        let p = h.connect(1, Start::Resume);
        h.up(p, message(1, 2, "2"));
        h.down(p, puback(2));
        h.up(p, again(1, 1, "1"));
        h.down(p, puback(1));
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.deliver(s, "dz1/t", 1, 2, "1");
        legal(h);
    }
}

#[test]
fn a_retained_copy_has_no_place_in_the_order() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let (sub, publisher) = (h.client("sub"), h.client("pub"));
        let p = h.connect(publisher, Start::Clean);
        h.up(p, Publish { retain: true, ..Publish::new("dz1/t", 1, Some(1), "1") });
        h.down(p, puback(1));
        let s = h.connect(sub, Start::Clean);
        h.subscribe(s, 1, "dz1/#", 1);
        h.publish(p, "dz1/t", 1, 2, "2");
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.down(s, Publish { retain: true, ..Publish::new("dz1/t", 1, Some(2), "1") });
        legal(h);
    }
}

#[test]
fn with_dup_it_is_not_the_first_copy() {
    for v in BOTH {
        let (mut h, s, p) = start(v, &["dz1/#"]);
        publish_all(&mut h, p, 1, &["1", "2"]);
        h.deliver(s, "dz1/t", 1, 1, "2");
        h.down(s, again(1, 2, "1"));
        found(h, &[("dup", "MQTT-3.3.1-3")]);
    }
}
