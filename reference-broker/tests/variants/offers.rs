//! Scripts for the variants that offer less than most brokers and say so, and for those that choose otherwise where a choice is free.

use deadzone_reference_broker::Variant as V;
use deadzone_wire::{
    AckKind::{Puback, Pubrec, Pubrel},
    Connect,
    PropertyId::{self, *},
    Version,
    Version::V5,
};

use crate::{
    Row,
    rig::{ALL, Rig, SECOND, add_will, byte, number, short},
};

const V5_ONLY: &[Version] = &[V5];
const V311_ONLY: &[Version] = &[Version::V311];

pub(crate) const TABLE: &[Row] = &[
    (V::ReasonStringEverywhere, V5_ONLY, said_everywhere, "1 of 8", "8 of 8"),
    (V::ReasonStringEverywhere, V5_ONLY, said_where_asked_not_to, "1 of 8", "2 of 8"),
    (V::ReasonStringEverywhere, V5_ONLY, said_in_little_room, "0 of 8", "5 of 8"),
    (V::ReasonStringEverywhere, V311_ONLY, said_everywhere, "0 of 7", "0 of 7"),
    (V::NoAliasesToClient, V5_ONLY, two_to_one_that_takes_aliases, "t=m q0 a1 | =m q0 a1", "t=m q0 | t=m q0"),
    (
        V::MaximumQos1,
        V5_ONLY,
        up_to_qos2,
        "none: suback [02], puback #1, pubrec #2, connack 0 00",
        "1: suback [01], puback #1, disconnect 9b | closed, connack 0 9b | closed",
    ),
    (
        V::MaximumQos1,
        V311_ONLY,
        up_to_qos2,
        "none: suback [02], puback #1, pubrec #2, connack 0 00",
        "none: suback [01], puback #1, closed, connack 0 05 | closed",
    ),
    (
        V::RetainUnavailable,
        V5_ONLY,
        retained,
        "none: puback #1, connack 0 00, suback [00] | t=m q0 retain",
        "0: disconnect 9a | closed, connack 0 9a | closed, suback [00]",
    ),
    (
        V::RetainUnavailable,
        V311_ONLY,
        retained,
        "none: puback #1, connack 0 00, suback [00] | t=m q0 retain",
        "none: puback #1, connack 0 00, suback [00] | t=m q0 retain",
    ),
    (
        V::WildcardsUnavailable,
        V5_ONLY,
        wildcards,
        "none: suback [00], suback [00], suback [00], suback [00]",
        "0: suback [00], disconnect a2 | closed, disconnect a2 | closed, disconnect a2 | closed",
    ),
    (
        V::WildcardsUnavailable,
        V311_ONLY,
        wildcards,
        "none: suback [00], suback [00], suback [00], suback [80]",
        "none: suback [00], suback [80], suback [80], suback [80]",
    ),
    (
        V::SubscriptionIdsUnavailable,
        V5_ONLY,
        identified,
        "none: suback [00], suback [00]",
        "0: suback [00], disconnect a1 | closed",
    ),
    (
        V::SharingUnavailable,
        V5_ONLY,
        shared,
        "none: suback [00], suback [00]",
        "0: suback [00], disconnect 9e | closed",
    ),
    (V::ServerKeepAlive30s, V5_ONLY, keep_alives, "none: , none: ", "none: , 30: disconnect 8d | closed"),
    (V::ServerKeepAlive30s, V311_ONLY, keep_alives, "none: , none: ", "none: , none: "),
    (
        V::SessionExpiryCapped,
        V5_ONLY,
        session_after_700s,
        "none, connack 1 00; none, connack 1 00",
        "none, connack 1 00; 600, connack 0 00",
    ),
    (
        V::LongIdsRefused,
        V5_ONLY,
        ids,
        "connack 0 00, connack 0 00, connack 0 00, connack 0 00",
        "connack 0 00, connack 0 00, connack 0 85 | closed, connack 0 85 | closed",
    ),
    (
        V::LongIdsRefused,
        V311_ONLY,
        ids,
        "connack 0 00, connack 0 00, connack 0 00, connack 0 00",
        "connack 0 00, connack 0 00, connack 0 02 | closed, connack 0 02 | closed",
    ),
    (
        V::EmptyIdsRefused,
        V5_ONLY,
        ids,
        "connack 0 00, connack 0 00, connack 0 00, connack 0 00",
        "connack 0 85 | closed, connack 0 00, connack 0 00, connack 0 00",
    ),
    (
        V::EmptyIdsRefused,
        V311_ONLY,
        ids,
        "connack 0 00, connack 0 00, connack 0 00, connack 0 00",
        "connack 0 02 | closed, connack 0 00, connack 0 00, connack 0 00",
    ),
    (V::LowestFreePacketId, &ALL, two_acknowledged, "#1 #2", "#1 #1"),
    (V::LowestFreePacketId, &ALL, two_unacknowledged, "#1 #2", "#1 #2"),
    (V::SharesWithFirstMember, V5_ONLY, four_shared, "2 and 2", "4 and 0"),
    (V::ReceiveMaximumNotEnforced, V5_ONLY, third_exchange_where_told, "1000: pubrec #3", "2: pubrec #3"),
    (V::Wills2sLate, &ALL, will_in_time, "0 s", "2 s"),
    (V::KeepAlive3sLate, V311_ONLY, silence_in_time, "15 s", "18 s"),
    (V::LiveResendBefore5, V311_ONLY, unacknowledged_for_3s, "t=m q1 #1", "t=m q1 #1 | t=m q1 #1 dup"),
    (V::LiveResendBefore5, V5_ONLY, unacknowledged_for_3s, "t=m q1 #1", "t=m q1 #1"),
    (V::BridgesServed, V311_ONLY, bridges, "01, 01, 01", "00 t=m q0 retain, 00 t=m q0 retain, 01"),
    (V::DelayedWillLostAtCleanStart, V5_ONLY, delayed_will_at_clean_start, "will=gone q1 #1", ""),
];

/// Of the packets that the broker sends of its own and that may carry a Reason String, how many do.
fn said(rig: &mut Rig, change: impl Fn(&mut Connect)) -> String {
    rig.shows_reason_string = true;
    rig.connect_with(1, "c", true, &change);
    rig.subscribe(1, "t", 2);
    rig.publish(1, 1, 1, "other", "m");
    rig.publish(1, 2, 2, "t", "m");
    rig.ack(1, Pubrel, 2);
    rig.ack(1, Pubrec, 1);
    rig.unsubscribe(1, "t");
    rig.connect(2, "c", true);
    let log = rig.log(1).replace("closed", "");
    let packets: Vec<&str> = log.split(" | ").filter(|p| !p.is_empty() && !p.starts_with("t=")).collect();
    format!("{} of {}", packets.iter().filter(|p| p.contains('(')).count(), packets.len())
}

fn said_everywhere(rig: &mut Rig) -> String {
    said(rig, |_| {})
}

fn said_where_asked_not_to(rig: &mut Rig) -> String {
    said(rig, |c| byte(&mut c.properties.items, RequestProblemInformation, 0))
}

/// `Success` in a PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK makes just 16 bytes; the rest has no room for its text.
fn said_in_little_room(rig: &mut Rig) -> String {
    let said = said(rig, |c| number(&mut c.properties.items, MaximumPacketSize, 16));
    assert!(rig.sizes.iter().all(|(conn, _, size)| *conn != 1 || *size <= 16));
    said
}

fn two_to_one_that_takes_aliases(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| short(&mut c.properties.items, TopicAliasMaximum, 9));
    rig.subscribe(1, "t", 0);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

/// What CONNACK tells, a SUBSCRIBE at QoS 2, PUBLISHes at QoS 1 and 2, and a will at QoS 2.
fn up_to_qos2(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    let told = rig.told(MaximumQos);
    rig.skip();
    rig.subscribe(1, "s", 2);
    let suback = rig.log(1);
    rig.publish(1, 1, 1, "t", "m");
    let puback = rig.log(1);
    rig.publish(1, 2, 2, "t", "m");
    let pubrec = rig.log(1);
    rig.connect_with(2, "d", true, |c| add_will(c, 1, false, 0));
    assert_eq!(rig.log(2), "connack 0 00");
    rig.connect_with(3, "e", true, |c| add_will(c, 2, false, 0));
    format!("{told}: {suback}, {puback}, {pubrec}, {}", rig.log(3))
}

fn retained(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    let told = rig.told(RetainAvailable);
    rig.skip();
    rig.publish_with(1, 1, 1, "t", "m", |p| p.retain = true);
    let answer = rig.log(1);
    rig.connect_with(2, "d", true, |c| add_will(c, 1, true, 0));
    let will = rig.log(2);
    rig.connect(3, "s", true);
    rig.skip();
    rig.subscribe(3, "t", 0);
    format!("{told}: {answer}, {will}, {}", rig.log(3))
}

/// A filter without wildcards and three with, each on a connection of its own; the last is shared.
fn wildcards(rig: &mut Rig) -> String {
    each_filter(rig, WildcardSubscriptionAvailable, &["t", "t/#", "+/t", "$share/g/#"])
}

fn shared(rig: &mut Rig) -> String {
    each_filter(rig, SharedSubscriptionAvailable, &["t", "$share/g/t"])
}

fn each_filter(rig: &mut Rig, told: PropertyId, filters: &[&str]) -> String {
    let mut seen = Vec::new();
    for (conn, filter) in (1..).zip(filters) {
        rig.connect(conn, &format!("c{conn}"), true);
        rig.skip();
        rig.subscribe(conn, filter, 0);
        seen.push(rig.log(conn));
    }
    format!("{}: {}", rig.told(told), seen.join(", "))
}

fn identified(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.subscribe(1, "t", 0);
    let without = rig.log(1);
    rig.subscribe_as(1, "u", 0, 7);
    format!("{}: {without}, {}", rig.told(SubscriptionIdentifierAvailable), rig.log(1))
}

/// Clients that ask for 30 s and for 60 s are silent for 46 s; one that asks for none is let be.
fn keep_alives(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    for (conn, keep_alive_s) in [(1, 30), (2, 60)] {
        rig.connect_with(conn, &format!("c{conn}"), true, |c| c.keep_alive_s = keep_alive_s);
        let told = rig.told(ServerKeepAlive);
        rig.skip();
        rig.wait(if keep_alive_s == 30 { 44 } else { 46 } * SECOND);
        seen.push(format!("{told}: {}", rig.log(conn)));
    }
    seen.join(", ")
}

/// Sessions of an hour and of ten minutes, each after eleven minutes without connection.
fn session_after_700s(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    for (conn, expiry_s, away_s) in [(1, 600, 599), (3, 3_600, 700)] {
        let connect = |rig: &mut Rig, conn: u64| {
            rig.connect_with(conn, &format!("c{expiry_s}"), false, |c| {
                number(&mut c.properties.items, SessionExpiryInterval, expiry_s);
            });
        };
        connect(rig, conn);
        let told = rig.told(SessionExpiryInterval);
        rig.lose(conn, true);
        rig.wait(away_s * SECOND);
        connect(rig, conn + 1);
        seen.push(format!("{told}, {}", rig.log(conn + 1)));
    }
    seen.join("; ")
}

/// An empty identifier, one of 23 letters and digits, one that is longer, and one with another character.
fn ids(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    for (conn, id) in (1..).zip(["", "0123456789ABCDEFGHIabcd", "0123456789ABCDEFGHIabcde", "a-b"]) {
        rig.connect(conn, id, true);
        seen.push(rig.log(conn));
    }
    seen.join(", ")
}

fn ids_of(log: &str) -> String {
    log.split(' ').filter(|w| w.starts_with('#')).collect::<Vec<_>>().join(" ")
}

/// A subscriber at 1, a publisher at 5, both with empty logs.
fn pair(rig: &mut Rig) {
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
}

fn two_acknowledged(rig: &mut Rig) -> String {
    pair(rig);
    for id in 1..=2 {
        rig.publish(5, 1, id, "t", "m");
        rig.ack(1, Puback, 1);
    }
    ids_of(&rig.log(1))
}

fn two_unacknowledged(rig: &mut Rig) -> String {
    pair(rig);
    for id in 1..=2 {
        rig.publish(5, 1, id, "t", "m");
    }
    ids_of(&rig.log(1))
}

fn four_shared(rig: &mut Rig) -> String {
    for conn in 1..=2 {
        rig.connect(conn, &format!("m{conn}"), true);
        rig.subscribe(conn, "$share/g/t", 0);
    }
    rig.connect(5, "p", true);
    rig.skip();
    for _ in 0..4 {
        rig.publish(5, 0, 0, "t", "m");
    }
    let [first, second] = [1, 2].map(|conn| rig.log(conn).matches("t=m").count());
    format!("{first} and {second}")
}

fn third_exchange_where_told(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    for id in 1..=3 {
        rig.skip();
        rig.publish(1, 2, id, "t", "m");
    }
    format!("{}: {}", rig.told(ReceiveMaximum), rig.log(1))
}

/// After how many seconds something comes on this connection.
fn seconds_until(rig: &mut Rig, conn: u64, wanted: &str) -> String {
    for seconds in 0..60 {
        if rig.log(conn).contains(wanted) {
            return format!("{seconds} s");
        }
        rig.wait(SECOND);
    }
    "never".into()
}

fn will_in_time(rig: &mut Rig) -> String {
    rig.connect(9, "w", true);
    rig.subscribe(9, "will", 1);
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 0));
    rig.skip();
    rig.lose(1, true);
    seconds_until(rig, 9, "will=gone")
}

fn silence_in_time(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 10);
    rig.skip();
    seconds_until(rig, 1, "closed")
}

fn unacknowledged_for_3s(rig: &mut Rig) -> String {
    pair(rig);
    rig.publish(5, 1, 7, "t", "m");
    rig.wait(3 * SECOND);
    rig.log(1)
}

fn delayed_will_at_clean_start(rig: &mut Rig) -> String {
    rig.connect(9, "w", true);
    rig.subscribe(9, "will", 1);
    rig.connect_with(1, "c", true, |c| {
        add_will(c, 1, false, 50);
        number(&mut c.properties.items, SessionExpiryInterval, 100);
    });
    rig.skip();
    rig.lose(1, false);
    rig.connect(2, "c", true);
    rig.log(9)
}

/// Bridges of 3.1 and 3.1.1 and one of no level subscribe to what they and another send: the code of each CONNACK, and what came.
fn bridges(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    for (conn, name, level) in [(1, "MQIsdp", 0x83), (2, "MQTT", 0x84), (3, "MQTT", 0x83)] {
        let mut body = vec![0, name.len() as u8];
        body.extend(name.bytes());
        body.extend([level, 2, 0, 60, 0, 1, b'b']);
        rig.open(conn);
        rig.raw(conn, &[&[0x10, body.len() as u8], &body[..]].concat());
        let code = rig.log(conn).split(' ').nth(2).unwrap_or_default().to_owned();
        rig.subscribe(conn, "t", 0);
        rig.publish(conn, 0, 0, "t", "own");
        rig.connect(conn + 10, "p", true);
        rig.skip();
        rig.publish_with(conn + 10, 0, 0, "t", "m", |p| p.retain = true);
        rig.publish_with(conn + 10, 0, 0, "t", "", |p| p.retain = true);
        let log = rig.log(conn);
        seen.push(format!("{code} {}", log.split(" | ").next().unwrap_or_default()).trim().to_owned());
    }
    seen.join(", ")
}
