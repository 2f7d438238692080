//! Scripts about what subscribers get: its QoS, its identifiers, what is missing and what nobody has published.

use deadzone_wire::{
    AckKind::{Puback, Pubcomp, Pubrec, Pubrel},
    PropertyId, PropertyValue, VarInt,
};

use crate::{
    rig::{Rig, SECOND, add_will, short},
    scripts::{resumed, subscriber, watched},
};

pub(crate) fn overlap(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "t/#", 2);
    rig.subscribe(1, "t/+", 1);
    rig.subscribe(1, "t/a", 0);
    rig.skip();
    rig.connect(5, "p", true);
    rig.publish(5, 2, 1, "t/a", "m");
    rig.log(1)
}

pub(crate) fn queued(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    rig.lose(1, false);
    rig.publish(5, 2, 1, "t", "two");
    rig.publish(5, 1, 2, "t", "one");
    resumed(rig)
}

pub(crate) fn will(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| add_will(c, 2, false, 0));
    rig.lose(1, true);
    rig.log(9)
}

pub(crate) fn retained(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    rig.publish_with(5, 2, 1, "t", "m", |p| p.retain = true);
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "t", 2);
    rig.log(1)
}

pub(crate) fn others_ids(rig: &mut Rig) -> String {
    rig.connect(1, "one", true);
    rig.subscribe_as(1, "t", 0, 5);
    rig.connect(2, "two", true);
    rig.subscribe_as(2, "#", 0, 6);
    rig.connect(3, "other", true);
    rig.subscribe_as(3, "elsewhere", 0, 7);
    rig.skip();
    rig.publish(3, 0, 0, "t", "m");
    format!("{} and {}", rig.log(1), rig.log(2))
}

pub(crate) fn publisher_id(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", true);
    rig.publish_with(1, 0, 0, "t", "m", |p| {
        p.properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(44)));
    });
    rig.log(9)
}

/// One QoS 2 delivery, with a resume in the middle.
pub(crate) fn qos2_over_two_connections(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    rig.publish(5, 2, 1, "t", "m");
    rig.ack(1, Pubrec, 1);
    let live = rig.log(1);
    format!("{live} then {}", resumed(rig))
}

pub(crate) fn two_received(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    rig.publish(5, 2, 1, "t", "a");
    rig.publish(5, 2, 2, "t", "b");
    rig.ack(1, Pubrec, 1);
    rig.ack(1, Pubrec, 2);
    rig.log(1)
}

pub(crate) fn one_message(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "m");
    rig.log(1)
}

pub(crate) fn two_messages(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "a");
    rig.publish(5, 1, 2, "t", "b");
    rig.log(1)
}

pub(crate) fn connect_after_a_subscription(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "run7/t", 1);
    rig.connect(2, "other", true);
    rig.log(2)
}

pub(crate) fn eight_unacknowledged(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    for id in 1..=8 {
        rig.publish(5, 1, id, "t", "m");
    }
    let log = rig.log(1);
    log.split(" | ")
        .map(|p| p.split(' ').find(|w| w.starts_with('#')).unwrap_or("none"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Receive Maximum 2: "three" and "four" wait.
pub(crate) fn four_through_two(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| short(&mut c.properties.items, PropertyId::ReceiveMaximum, 2));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    for (id, name) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        rig.publish(5, 1, id, "t", name);
    }
    for id in 1..=4 {
        rig.ack(1, Puback, id);
    }
    let log = rig.log(1);
    log.split(" | ").map(|p| p.split(' ').next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

pub(crate) fn resend_unreleased(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "m");
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.skip();
    rig.publish_with(2, 2, 7, "t", "m", |p| p.dup = true);
    rig.ack(2, Pubrel, 7);
    rig.ack(2, Pubcomp, 99);
    rig.wait(SECOND);
    rig.log(2)
}
