//! Scripts about what is handed on and for how long: properties, expiries, aliases, Subscription Identifiers, groups, refusals and
//! session ends.

use deadzone_reference_broker::Defect as D;
use deadzone_wire::{
    Ack,
    AckKind::{Puback, Pubrec, Pubrel},
    Disconnect, Packet, Properties, PropertyId as Id, PropertyValue as Value, Publish, Version,
};

use crate::{
    Row, SINCE_311, V5_ONLY,
    deliveries::one_message,
    rig::{Rig, SECOND, binary, byte, number, short, text},
    scripts::{resumed, subscriber, watched},
};

const V311_ONLY: &[Version] = &[Version::V311];

pub(crate) const TABLE: &[Row] = &[
    (D::FormatDropped, V5_ONLY, live, "", ""),
    (D::ContentTypeDropped, V5_ONLY, live, "", ""),
    (D::ResponseTopicDropped, V5_ONLY, live, "", ""),
    (D::CorrelationCutAtZero, V5_ONLY, live, "", ""),
    (D::UserPropertiesDropped, V5_ONLY, live, "", ""),
    (D::UserPropertiesMerged, V5_ONLY, live, "", ""),
    (D::UserPropertiesSorted, V5_ONLY, live, "", ""),
    (D::EmptyPropertiesDropped, V5_ONLY, live_empty, "", ""),
    (D::PropertiesLostInQueue, V5_ONLY, queued, "", ""),
    (D::PropertiesLostInRetained, V5_ONLY, retained, "", ""),
    (D::PropertiesLostInWill, V5_ONLY, will, "", ""),
    (D::PropertiesLostAtResend, V5_ONLY, resent, "", ""),
    (D::PropertiesToOlderClient, V311_ONLY, one_message, "", ""),
    (D::ResponseTopicUnchecked, V5_ONLY, wildcard_response, "", ""),
    (D::ExpiryNotReduced, V5_ONLY, expiry_left, "", ""),
    (D::ExpiryDropped, V5_ONLY, expiry_left, "", ""),
    (D::ExpiryAdded, V5_ONLY, no_expiry, "", ""),
    (D::ExpiredQueuedDelivered, V5_ONLY, expired_in_queue, "", ""),
    (D::ExpiredHeadBlocks, V5_ONLY, expired_in_queue, "", ""),
    (D::ExpiredRetainedDelivered, V5_ONLY, expired_retained, "", ""),
    (D::ExpiryEndsExchange, V5_ONLY, expired_in_flight, "", ""),
    (D::ExpiredPubrelUnanswered, V5_ONLY, expired_at_pubrel, "", ""),
    (D::LongestExpiryOverflows, V5_ONLY, longest_expiry, "", ""),
    (D::ClientAliasNotRemapped, V5_ONLY, alias_mapped_anew, "", ""),
    (D::ClientAliasUnknownRouted, V5_ONLY, unknown_alias, "", ""),
    (D::ClientAliasZeroRouted, V5_ONLY, alias_zero, "", ""),
    (D::ClientAliasLost, V5_ONLY, alias_mapped_anew, "", ""),
    (D::IdentifiersDropped, V5_ONLY, overlap, "", ""),
    (D::IdentifierKept, V5_ONLY, identifier_replaced, "", ""),
    (D::OneIdentifierOfOverlap, V5_ONLY, overlap, "", ""),
    (D::IdentifiersDroppedAtOverlap, V5_ONLY, overlap, "", ""),
    (D::CopiesWithFirstIdentifier, V5_ONLY, overlap, "", ""),
    (D::IdentifierLostInRetained, V5_ONLY, identifier_of_retained, "", ""),
    (D::IdentifierLostInQueue, V5_ONLY, identifier_of_queued, "", ""),
    (D::IdentifiersLostOnResume, V5_ONLY, identifier_after_resume, "", ""),
    (D::ShareGrantIgnored, V5_ONLY, granted_to_member, "", ""),
    (D::ShareStartedMoves, V5_ONLY, started_and_lost, "", ""),
    (D::ShareStartedMovesAtEnd, V5_ONLY, started_and_ended, "", ""),
    (D::ShareRefusedMoves, V5_ONLY, refused_by_member, "", ""),
    (D::ShareToEveryMember, V5_ONLY, two_members, "", ""),
    (D::ShareGroupsCollapse, V5_ONLY, two_groups, "", ""),
    (D::ShareBringsRetained, V5_ONLY, retained_and_shared, "", ""),
    (D::ShareUnsubscribeIgnored, V5_ONLY, member_leaves, "", ""),
    (D::ShareNotRestored, V5_ONLY, member_returns, "", ""),
    (D::ShareNameAtLastSlash, V5_ONLY, deep_filter, "", ""),
    (D::BadShareAccepted, V5_ONLY, bad_share, "", ""),
    (D::ShareNoLocalAccepted, V5_ONLY, share_no_local, "", ""),
    (D::RefusedResent, V5_ONLY, refused_and_resumed, "", ""),
    (D::RefusalKeepsUnit, V5_ONLY, refused_at_one, "", ""),
    (D::StallsAtQuotaZero, V5_ONLY, ping_at_quota_zero, "", ""),
    (D::LargestReceiveMaximumOverflows, V5_ONLY, largest_receive_maximum, "", ""),
    (D::OversizedKeepsUnit, V5_ONLY, oversized_at_one, "", ""),
    (D::DisconnectExpiryIgnored, V5_ONLY, lowered_by_disconnect, "", ""),
    (D::ExpiryOfFirstConnect, V5_ONLY, lowered_by_connect, "", ""),
    (D::SessionNeverExpires, V5_ONLY, lowered_by_connect, "", ""),
    (D::SessionLostAtClose, SINCE_311, returns, "", ""),
    (D::LongestSessionOverflows, V5_ONLY, returns, "", ""),
    (D::ZeroExpiryRaised, V5_ONLY, raised_from_zero, "", ""),
    (D::WillLostAtSessionEnd, V5_ONLY, will_of_ended_session, "", ""),
    (D::WillDelayOutlastsSession, V5_ONLY, will_of_ended_session, "", ""),
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

fn send(rig: &mut Rig, qos: u8, payload: &str, change: impl FnOnce(&mut Publish)) {
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
        crate::rig::add_will(c, 1, false, 0);
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

/// A member of the group `g` on this connection.
fn member(rig: &mut Rig, conn: u64, clean: bool, qos: u8) {
    rig.connect(conn, &format!("m{conn}"), clean);
    rig.subscribe(conn, "$share/g/t", qos);
}

/// A member that has got a message of this QoS, and then a second one; a publisher on 5.
fn member_with_message(rig: &mut Rig, clean: bool, qos: u8) {
    member(rig, 1, clean, qos);
    rig.connect(5, "p", true);
    send(rig, qos, "m", |_| {});
    member(rig, 2, true, qos);
    rig.skip();
}

fn granted_to_member(rig: &mut Rig) -> String {
    member(rig, 1, true, 0);
    rig.connect(5, "p", true);
    rig.skip();
    send(rig, 2, "m", |_| {});
    rig.log(1)
}

fn started_and_lost(rig: &mut Rig) -> String {
    member_with_message(rig, false, 2);
    rig.lose(1, true);
    rig.log(2)
}

fn started_and_ended(rig: &mut Rig) -> String {
    member_with_message(rig, true, 2);
    rig.lose(1, true);
    rig.log(2)
}

fn refused_by_member(rig: &mut Rig) -> String {
    member_with_message(rig, true, 1);
    rig.send(1, &Packet::Ack(Ack::with_reason(Puback, 1, 0x80)));
    rig.log(2)
}

fn two_members(rig: &mut Rig) -> String {
    member(rig, 1, true, 0);
    member(rig, 2, true, 0);
    rig.connect(5, "p", true);
    rig.skip();
    send(rig, 0, "m", |_| {});
    format!("{} and {}", rig.log(1), rig.log(2))
}

fn two_groups(rig: &mut Rig) -> String {
    member(rig, 1, true, 0);
    rig.connect(2, "other", true);
    rig.subscribe(2, "$share/h/t", 0);
    rig.connect(5, "p", true);
    rig.skip();
    send(rig, 0, "m", |_| {});
    format!("{} and {}", rig.log(1), rig.log(2))
}

fn retained_and_shared(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    send(rig, 1, "m", |p| p.retain = true);
    member(rig, 1, true, 0);
    rig.log(1)
}

fn member_leaves(rig: &mut Rig) -> String {
    member(rig, 1, true, 0);
    rig.connect(5, "p", true);
    rig.unsubscribe(1, "$share/g/t");
    rig.skip();
    send(rig, 0, "m", |_| {});
    rig.log(1)
}

fn member_returns(rig: &mut Rig) -> String {
    member(rig, 1, false, 1);
    rig.lose(1, false);
    rig.connect(2, "m1", false);
    rig.connect(5, "p", true);
    rig.skip();
    send(rig, 1, "m", |_| {});
    rig.log(2)
}

fn deep_filter(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "$share/g/t/u", 0);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t/u", "m");
    rig.log(1)
}

fn bad_share(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "$share//t", 0);
    rig.log(1)
}

fn share_no_local(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "$share/g/t", 0x05);
    rig.log(1)
}

fn refuse(rig: &mut Rig, conn: u64, id: u16) {
    rig.send(conn, &Packet::Ack(Ack::with_reason(Puback, id, 0x80)));
}

fn refused_and_resumed(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    send(rig, 1, "m", |_| {});
    refuse(rig, 1, 1);
    resumed(rig)
}

/// A subscriber on 1 that takes one message at a time, of this many bytes at most.
fn one_at_a_time(rig: &mut Rig, bytes: u32) {
    rig.connect_with(1, "s", true, |c| {
        short(&mut c.properties.items, Id::ReceiveMaximum, 1);
        number(&mut c.properties.items, Id::MaximumPacketSize, bytes);
    });
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
}

fn refused_at_one(rig: &mut Rig) -> String {
    one_at_a_time(rig, 100);
    send(rig, 1, "a", |_| {});
    rig.publish(5, 1, 2, "t", "b");
    refuse(rig, 1, 1);
    rig.log(1)
}

fn ping_at_quota_zero(rig: &mut Rig) -> String {
    one_at_a_time(rig, 100);
    send(rig, 1, "a", |_| {});
    rig.ping(1);
    rig.log(1)
}

fn largest_receive_maximum(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| short(&mut c.properties.items, Id::ReceiveMaximum, u16::MAX));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    send(rig, 1, "m", |_| {});
    rig.log(1)
}

fn oversized_at_one(rig: &mut Rig) -> String {
    one_at_a_time(rig, 20);
    send(rig, 1, "this one is too large", |_| {});
    rig.publish(5, 1, 2, "t", "small");
    rig.log(1)
}

/// A client `c` whose session is kept for so long.
fn kept(rig: &mut Rig, conn: u64, clean: bool, seconds: u32) {
    rig.connect_with(conn, "c", clean, |c| {
        number(&mut c.properties.items, Id::SessionExpiryInterval, seconds);
    });
}

fn lowered_by_disconnect(rig: &mut Rig) -> String {
    kept(rig, 1, true, 100);
    leave(rig, 1, 0);
    kept(rig, 2, false, 100);
    rig.log(2)
}

fn leave(rig: &mut Rig, conn: u64, seconds: u32) {
    let mut disconnect = Disconnect::with_reason(0);
    number(&mut disconnect.properties.get_or_insert_default().items, Id::SessionExpiryInterval, seconds);
    rig.send(conn, &Packet::Disconnect(disconnect));
    rig.lose(conn, false);
}

fn lowered_by_connect(rig: &mut Rig) -> String {
    kept(rig, 1, true, 100);
    rig.lose(1, true);
    kept(rig, 2, false, 1);
    rig.lose(2, true);
    rig.wait(3 * SECOND);
    kept(rig, 3, false, 1);
    rig.log(3)
}

fn returns(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, true);
    rig.connect(2, "c", false);
    rig.log(2)
}

fn raised_from_zero(rig: &mut Rig) -> String {
    kept(rig, 1, true, 0);
    leave(rig, 1, 100);
    kept(rig, 2, false, 100);
    rig.log(2)
}

/// The delay is 10 s, and the session ends at once.
fn will_of_ended_session(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect_with(1, "c", true, |c| crate::rig::add_will(c, 1, false, 10));
    rig.lose(1, true);
    let at_once = rig.log(9);
    rig.wait(20 * SECOND);
    format!("{at_once} then {}", rig.log(9))
}
