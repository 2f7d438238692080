//! Scripts about what is handed on from a publisher to subscribers: properties, expiries, aliases and Subscription Identifiers.

use deadzone_reference_broker::Defect as D;
use deadzone_wire::{
    AckKind::{Pubrec, Pubrel},
    Properties, PropertyId as Id, PropertyValue as Value, Publish, Version,
};

use crate::{
    Row, V5_ONLY,
    deliveries::one_message,
    rig::{Rig, SECOND, add_will, binary, byte, number, short, text},
    scripts::{resumed, subscriber, watched},
};

const V311_ONLY: &[Version] = &[Version::V311];

pub(crate) const TABLE: &[Row] = &[
    (D::FormatDropped, V5_ONLY, live, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", "tc tr dx\\x00y ub=1 ua=2 ub=3"),
    (
        D::ContentTypeDropped,
        V5_ONLY,
        live,
        "f1 tc tr dx\\x00y ub=1 ua=2 ub=3",
        "f1 tr dx\\x00y ub=1 ua=2 ub=3",
    ),
    (
        D::ResponseTopicDropped,
        V5_ONLY,
        live,
        "f1 tc tr dx\\x00y ub=1 ua=2 ub=3",
        "f1 tc dx\\x00y ub=1 ua=2 ub=3",
    ),
    (
        D::CorrelationCutAtZero,
        V5_ONLY,
        live,
        "f1 tc tr dx\\x00y ub=1 ua=2 ub=3",
        "f1 tc tr dx ub=1 ua=2 ub=3",
    ),
    (D::UserPropertiesDropped, V5_ONLY, live, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", "f1 tc tr dx\\x00y"),
    (
        D::UserPropertiesMerged,
        V5_ONLY,
        live,
        "f1 tc tr dx\\x00y ub=1 ua=2 ub=3",
        "f1 tc tr dx\\x00y ua=2 ub=3",
    ),
    (
        D::UserPropertiesSorted,
        V5_ONLY,
        live,
        "f1 tc tr dx\\x00y ub=1 ua=2 ub=3",
        "f1 tc tr dx\\x00y ua=2 ub=1 ub=3",
    ),
    (D::EmptyPropertiesDropped, V5_ONLY, live_empty, "t d u=v", ""),
    (D::PropertiesLostInQueue, V5_ONLY, queued, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", ""),
    (D::PropertiesLostInRetained, V5_ONLY, retained, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", ""),
    (D::PropertiesLostInWill, V5_ONLY, will, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", ""),
    (D::PropertiesLostAtResend, V5_ONLY, resent, "f1 tc tr dx\\x00y ub=1 ua=2 ub=3", ""),
    (D::PropertiesToOlderClient, V311_ONLY, one_message, "t=m q1 #1", "t=\0m q1 #1"),
    (D::ResponseTopicUnchecked, V5_ONLY, wildcard_response, "", "t=m q0"),
    (D::ExpiryNotReduced, V5_ONLY, expiry_left, "e7", "e10"),
    (D::ExpiryDropped, V5_ONLY, expiry_left, "e7", ""),
    (D::ExpiryAdded, V5_ONLY, no_expiry, "", "e86400"),
    (
        D::ExpiredQueuedDelivered,
        V5_ONLY,
        expired_in_queue,
        "t=stays q1 #1",
        "t=expires q1 #1 | t=stays q1 #2",
    ),
    (D::ExpiredHeadBlocks, V5_ONLY, expired_in_queue, "t=stays q1 #1", ""),
    (D::ExpiredRetainedDelivered, V5_ONLY, expired_retained, "suback [01]", "suback [01] | t=m q1 #1 retain"),
    (D::ExpiryEndsExchange, V5_ONLY, expired_in_flight, "pubrel #1", ""),
    (D::ExpiredPubrelUnanswered, V5_ONLY, expired_at_pubrel, "pubcomp #1", ""),
    (D::LongestExpiryOverflows, V5_ONLY, longest_expiry, "t=m q1 #1", ""),
    (
        D::ClientAliasNotRemapped,
        V5_ONLY,
        alias_mapped_anew,
        "a=1 q0 | b=2 q0 | b=3 q0",
        "a=1 q0 | b=2 q0 | a=3 q0",
    ),
    (D::ClientAliasUnknownRouted, V5_ONLY, unknown_alias, "a=1 q0", "a=1 q0 | a=2 q0"),
    (D::ClientAliasZeroRouted, V5_ONLY, alias_zero, "", "a=1 q0"),
    (D::ClientAliasLost, V5_ONLY, alias_mapped_anew, "a=1 q0 | b=2 q0 | b=3 q0", "a=1 q0 | b=2 q0"),
    (D::IdentifiersDropped, V5_ONLY, overlap, "t=m q0 s6 s5", "t=m q0"),
    (D::IdentifierKept, V5_ONLY, identifier_replaced, "t=m q0 s6", "t=m q0 s5"),
    (D::OneIdentifierOfOverlap, V5_ONLY, overlap, "t=m q0 s6 s5", "t=m q0 s6"),
    (D::IdentifiersDroppedAtOverlap, V5_ONLY, overlap, "t=m q0 s6 s5", "t=m q0"),
    (D::CopiesWithFirstIdentifier, V5_ONLY, overlap, "t=m q0 s6 s5", "t=m q0 s6 | t=m q0 s6"),
    (
        D::IdentifierLostInRetained,
        V5_ONLY,
        identifier_of_retained,
        "suback [01] | t=m q1 #1 retain s5",
        "suback [01] | t=m q1 #1 retain",
    ),
    (D::IdentifierLostInQueue, V5_ONLY, identifier_of_queued, "t=m q1 #1 s5", "t=m q1 #1"),
    (D::IdentifiersLostOnResume, V5_ONLY, identifier_after_resume, "t=m q1 #1 s5", "t=m q1 #1"),
];

/// Everything that goes on unaltered.
fn add_all(properties: &mut Properties) {
    let items = &mut properties.items;
    byte(items, Id::PayloadFormatIndicator, 1);
    text(items, Id::ContentType, "c");
    text(items, Id::ResponseTopic, "r");
    binary(items, Id::CorrelationData, b"x\0y");
    for (name, value) in [("b", "1"), ("a", "2"), ("b", "3")] {
        properties.push(Id::UserProperty, Value::Pair(name.into(), value.into()));
    }
}

/// The properties of the latest PUBLISH, each by the first letter of its name.
fn properties(rig: &Rig) -> String {
    let Some(publish) = rig.publishes.last() else { return "nothing".into() };
    let shown = publish.properties.items.iter().map(|property| match &property.value {
        Value::Byte(n) => format!("f{n}"),
        Value::U32(n) => format!("e{n}"),
        Value::Text(text) => format!("t{}", text.lossy()),
        Value::Binary(bytes) => format!("d{}", bytes.escape_ascii()),
        Value::Pair(name, value) => format!("u{}={}", name.lossy(), value.lossy()),
        other => format!("{other:?}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

pub(crate) fn send(rig: &mut Rig, qos: u8, payload: &str, change: impl FnOnce(&mut Publish)) {
    rig.publish_with(5, qos, 1, "t", payload, change);
}

fn expiring(seconds: u32) -> impl FnOnce(&mut Publish) {
    move |publish| number(&mut publish.properties.items, Id::MessageExpiryInterval, seconds)
}

fn live(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", |p| add_all(&mut p.properties));
    properties(rig)
}

fn live_empty(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", |p| {
        text(&mut p.properties.items, Id::ContentType, "");
        binary(&mut p.properties.items, Id::CorrelationData, b"");
        p.properties.push(Id::UserProperty, Value::Pair("".into(), "v".into()));
    });
    properties(rig)
}

fn queued(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    send(rig, 1, "m", |p| add_all(&mut p.properties));
    resumed(rig);
    properties(rig)
}

fn retained(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    send(rig, 1, "m", |p| {
        p.retain = true;
        add_all(&mut p.properties);
    });
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 1);
    properties(rig)
}

fn will(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| {
        add_will(c, 1, false, 0);
        c.will.iter_mut().for_each(|will| add_all(&mut will.properties));
    });
    rig.lose(1, true);
    properties(rig)
}

fn resent(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", |p| add_all(&mut p.properties));
    resumed(rig);
    properties(rig)
}

fn wildcard_response(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(5, "p", true);
    send(rig, 0, "m", |p| text(&mut p.properties.items, Id::ResponseTopic, "r/#"));
    rig.log(9)
}

fn expiry_left(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    send(rig, 1, "m", expiring(10));
    rig.wait(3 * SECOND);
    resumed(rig);
    properties(rig)
}

fn no_expiry(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", |_| {});
    properties(rig)
}

fn expired_in_queue(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    send(rig, 1, "expires", expiring(1));
    rig.publish(5, 1, 2, "t", "stays");
    rig.wait(3 * SECOND);
    resumed(rig)
}

fn expired_retained(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    send(rig, 1, "m", |p| {
        p.retain = true;
        expiring(1)(p);
    });
    rig.wait(3 * SECOND);
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "t", 1);
    rig.log(1)
}

fn expired_in_flight(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    send(rig, 2, "m", expiring(1));
    rig.ack(1, Pubrec, 1);
    rig.wait(3 * SECOND);
    resumed(rig)
}

fn expired_at_pubrel(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    send(rig, 2, "m", expiring(1));
    rig.wait(3 * SECOND);
    rig.skip();
    rig.ack(5, Pubrel, 1);
    rig.log(5)
}

fn longest_expiry(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", expiring(u32::MAX));
    rig.log(1)
}

fn aliased(alias: u16) -> impl FnOnce(&mut Publish) {
    move |publish| short(&mut publish.properties.items, Id::TopicAlias, alias)
}

fn alias_mapped_anew(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(5, "p", true);
    rig.publish_with(5, 0, 0, "a", "1", aliased(1));
    rig.publish_with(5, 0, 0, "b", "2", aliased(1));
    rig.publish_with(5, 0, 0, "", "3", aliased(1));
    rig.log(9)
}

fn unknown_alias(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(5, "p", true);
    rig.publish_with(5, 0, 0, "a", "1", aliased(2));
    rig.publish_with(5, 0, 0, "", "2", aliased(1));
    rig.log(9)
}

fn alias_zero(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(5, "p", true);
    rig.publish_with(5, 0, 0, "a", "1", aliased(0));
    rig.log(9)
}

fn overlap(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe_as(1, "t", 0, 5);
    rig.subscribe_as(1, "#", 0, 6);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

fn identifier_replaced(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe_as(1, "t", 0, 5);
    rig.subscribe_as(1, "t", 0, 6);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

fn identifier_of_retained(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    send(rig, 1, "m", |p| p.retain = true);
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe_as(1, "t", 1, 5);
    rig.log(1)
}

fn identified(rig: &mut Rig) {
    rig.connect(1, "s", false);
    rig.subscribe_as(1, "t", 1, 5);
    rig.connect(5, "p", true);
    rig.skip();
    rig.lose(1, false);
}

fn identifier_of_queued(rig: &mut Rig) -> String {
    identified(rig);
    send(rig, 1, "m", |_| {});
    resumed(rig)
}

fn identifier_after_resume(rig: &mut Rig) -> String {
    identified(rig);
    resumed(rig);
    send(rig, 1, "m", |_| {});
    rig.log(2)
}
