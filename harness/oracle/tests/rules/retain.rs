//! RETAIN on deliveries.

use deadzone_history::{ConnId, HandMade, Start};
use deadzone_wire::{Publish, Suback, Subscribe, Version};

use crate::support::{BOTH, by, found, legal, message, puback};

const RULE: &str = "retain-flag";
const AS_PUBLISHED: u8 = 0x08;

fn retained(id: u16, payload: &str) -> Publish {
    Publish { retain: true, ..Publish::new("dz1/t", 1, Some(id), payload.as_bytes().to_vec()) }
}

fn start(v: Version) -> (HandMade, ConnId, ConnId) {
    let mut h = HandMade::new(v);
    let (sub, publisher) = (h.client("sub"), h.client("pub"));
    let s = h.connect(sub, Start::Fresh);
    let p = h.connect(publisher, Start::Fresh);
    (h, s, p)
}

fn subscribe(h: &mut HandMade, conn: ConnId, options: u8) {
    h.up(conn, Subscribe::new(1, "dz1/#", options));
    h.down(conn, Suback::new(1, vec![options & 3]));
}

fn publish_retained(h: &mut HandMade, p: ConnId, payload: &str) {
    h.up(p, retained(1, payload));
    h.down(p, puback(1));
}

#[test]
fn an_established_subscription_gets_retain_0() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        publish_retained(&mut h, p, "m");
        h.down(s, retained(1, "m"));
        found(h, &[(RULE, by(v, "MQTT-3.3.1-9", "MQTT-3.3.1-12"))]);

        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        publish_retained(&mut h, p, "m");
        h.down(s, message(1, 1, "m"));
        legal(h);
    }
}

#[test]
fn so_does_one_that_was_away() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        h.cut_fin(s);
        publish_retained(&mut h, p, "m");
        let s = h.connect(0, Start::Resume);
        h.down(s, retained(1, "m"));
        found(h, &[(RULE, by(v, "MQTT-3.3.1-9", "MQTT-3.3.1-12"))]);
    }
}

#[test]
fn a_new_subscription_gets_retain_1() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        publish_retained(&mut h, p, "m");
        subscribe(&mut h, s, 1);
        h.down(s, retained(1, "m"));
        legal(h);

        // Also before SUBACK.
        let (mut h, s, p) = start(v);
        publish_retained(&mut h, p, "m");
        h.up(s, Subscribe::new(1, "dz1/#", 1));
        h.down(s, retained(1, "m"));
        h.down(s, Suback::new(1, vec![1]));
        legal(h);
    }
}

#[test]
fn around_subscribe_both_copies_are_legal() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        h.up(s, Subscribe::new(1, "dz1/#", 1));
        publish_retained(&mut h, p, "m");
        h.down(s, Suback::new(1, vec![1]));
        h.down(s, retained(1, "m"));
        h.down(s, message(1, 2, "m"));
        legal(h);
    }
}

#[test]
fn a_subscribe_that_is_repeated_calls_for_retained_messages_again() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        publish_retained(&mut h, p, "m");
        h.deliver(s, "dz1/t", 1, 1, "m");
        subscribe(&mut h, s, 1);
        h.down(s, retained(2, "m"));
        legal(h);
    }
}

#[test]
fn a_retained_copy_is_resent_with_retain_1() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        publish_retained(&mut h, p, "m");
        subscribe(&mut h, s, 1);
        h.down(s, retained(1, "m"));
        h.cut_rst(s);
        let s = h.connect(0, Start::Resume);
        h.down(s, Publish { dup: true, ..retained(1, "m") });
        legal(h);
    }
}

#[test]
fn what_was_never_published_retained_is_not_retained() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        h.publish(p, "dz1/t", 1, 1, "m");
        subscribe(&mut h, s, 1);
        h.down(s, retained(1, "m"));
        found(h, &[(RULE, by(v, "MQTT-3.3.1-9", "MQTT-3.3.1-12"))]);
    }
}

#[test]
fn retain_as_published_keeps_the_flag() {
    for (sent, got, right) in
        [(true, true, true), (false, false, true), (true, false, false), (false, true, false)]
    {
        let (mut h, s, p) = start(Version::V5);
        subscribe(&mut h, s, 1 | AS_PUBLISHED);
        if sent {
            publish_retained(&mut h, p, "m");
        } else {
            h.publish(p, "dz1/t", 1, 1, "m");
        }
        h.down(s, Publish { retain: got, ..retained(1, "m") });
        if right { legal(h) } else { found(h, &[(RULE, "MQTT-3.3.1-13")]) }
    }
}

#[test]
fn a_resend_whose_first_copy_went_unseen_is_not_judged() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        publish_retained(&mut h, p, "m");
        h.cut_rst(s);
        let s = h.connect(0, Start::Resume);
        h.down(s, Publish { dup: true, ..retained(1, "m") });
        legal(h);
    }
}

#[test]
fn a_subscribe_that_waits_for_its_suback_may_call_for_it() {
    for v in BOTH {
        let (mut h, s, p) = start(v);
        subscribe(&mut h, s, 1);
        h.up(s, Subscribe::new(2, "dz1/#", 1));
        publish_retained(&mut h, p, "m");
        h.down(s, retained(1, "m"));
        legal(h);
    }
}
