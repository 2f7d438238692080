//! Scripts for the variants that answer later, refuse more or send more than most brokers do.

use deadzone_wire::{
    AckKind::{Puback, Pubrec, Pubrel},
    Connect, PropertyId,
};

use crate::rig::{Rig, SECOND, byte, number};

const MILLISECOND: u64 = 1_000;

/// The first word of each packet.
fn kinds(log: &str) -> String {
    log.split(" | ").map(|p| p.split(' ').next().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

/// A subscriber at 1, a publisher at 5, both with empty logs.
fn pair(rig: &mut Rig, qos: u8) {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", qos);
    rig.connect(5, "p", true);
    rig.wait(SECOND);
    rig.skip();
}

pub(crate) fn grant(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "t", 2);
    rig.connect(5, "p", true);
    rig.publish(5, 2, 1, "t", "m");
    rig.log(1)
}

pub(crate) fn resume_and_wait(rig: &mut Rig) -> String {
    pair(rig, 2);
    rig.publish(5, 2, 1, "t", "a");
    rig.publish(5, 2, 2, "t", "b");
    rig.ack(1, Pubrec, 1);
    rig.lose(1, true);
    rig.connect(2, "s", false);
    let at_once = rig.log(2).split(" | ").skip(1).map(str::to_owned).collect::<Vec<_>>();
    rig.publish(5, 2, 3, "t", "new");
    rig.wait(29 * SECOND);
    let soon = rig.log(2);
    rig.ping(5);
    rig.wait(SECOND);
    format!(
        "{} then {soon} then {}",
        sorted(at_once),
        sorted(rig.log(2).split(" | ").map(str::to_owned).collect())
    )
}

/// PUBRELs and PUBLISHes have no order between them.
fn sorted(mut packets: Vec<String>) -> String {
    packets.sort();
    packets.join(" | ")
}

/// A mark for CONNACK, SUBACK, PUBACK, PUBREC, PUBCOMP, PUBLISH, UNSUBACK and, in 5.0, the DISCONNECT of a takeover.
fn all_types(rig: &mut Rig, change: impl Fn(&mut Connect)) -> String {
    rig.shows_user_property = true;
    rig.connect_with(1, "c", true, &change);
    rig.subscribe(1, "t", 2);
    rig.publish(1, 1, 1, "other", "m");
    rig.publish(1, 2, 2, "other", "m");
    rig.ack(1, Pubrel, 2);
    rig.publish(1, 0, 0, "t", "m");
    rig.unsubscribe(1, "t");
    rig.connect(2, "c", true);
    rig.log(1).replace("closed", "").replace(" | ", "")
}

pub(crate) fn annotated(rig: &mut Rig) -> String {
    all_types(rig, |_| {})
}

pub(crate) fn annotated_where_asked_not_to(rig: &mut Rig) -> String {
    all_types(rig, |c| byte(&mut c.properties.items, PropertyId::RequestProblemInformation, 0))
}

/// The property takes 22 bytes, so that even a DISCONNECT has 26.
pub(crate) fn annotated_in_little_room(rig: &mut Rig) -> String {
    all_types(rig, |c| number(&mut c.properties.items, PropertyId::MaximumPacketSize, 25))
}

pub(crate) fn connect_and_resume(rig: &mut Rig) -> String {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", 1);
    let first = rig.log(1).replace(" | suback [01]", "");
    rig.lose(1, false);
    rig.connect(5, "p", true);
    rig.publish(5, 1, 1, "t", "m");
    rig.connect(2, "s", false);
    let second = rig.log(2);
    format!("{first}, {second}").replace(" 0 00", "").replace(" 1 00", "")
}

pub(crate) fn keep_alive_zero(rig: &mut Rig) -> String {
    rig.connect(2, "other", true);
    assert_eq!(rig.log(2), "connack 0 00", "any other keep-alive is accepted");
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 0);
    rig.log(1)
}

pub(crate) fn silent_for_33s(rig: &mut Rig) -> String {
    rig.open(1);
    rig.wait(31 * SECOND);
    assert_eq!(rig.log(1), "");
    rig.wait(2 * SECOND);
    rig.log(1)
}

pub(crate) fn idle(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 0);
    rig.skip();
    rig.wait(59 * SECOND);
    rig.ping(1);
    rig.wait(59 * SECOND);
    assert_eq!(rig.log(1), "pingresp");
    rig.ping(1);
    rig.wait(61 * SECOND);
    rig.log(1)
}

/// After how many seconds each answer comes.
pub(crate) fn answers_in_time(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    rig.open(1);
    rig.send(1, &deadzone_wire::Packet::from(Connect::new(rig.version, "c")));
    seen.push(first_answer(rig));
    rig.subscribe(1, "t", 2);
    seen.push(first_answer(rig));
    rig.publish(1, 1, 1, "other", "m");
    seen.push(first_answer(rig));
    rig.publish(1, 2, 2, "other", "m");
    seen.push(first_answer(rig));
    rig.ack(1, Pubrel, 2);
    seen.push(first_answer(rig));
    rig.ping(1);
    seen.push(first_answer(rig));
    seen.join(", ")
}

fn first_answer(rig: &mut Rig) -> String {
    let from_us = rig.now_us;
    loop {
        let log = rig.log(1);
        if !log.is_empty() {
            let tenths = (rig.now_us - from_us) / (100 * MILLISECOND);
            return format!("{}.{} {}", tenths / 10, tenths % 10, kinds(&log));
        }
        assert!(rig.now_us - from_us < 20 * SECOND, "no answer");
        rig.wait(100 * MILLISECOND);
    }
}

/// A refusal is not lost behind the close that follows it.
pub(crate) fn refusal_in_time(rig: &mut Rig) -> String {
    rig.open(1);
    rig.raw(1, &[0x10, 13, 0, 4, b'M', b'Q', b'T', b'T', 9, 2, 0, 60, 0, 1, b'c']);
    first_answer(rig)
}

pub(crate) fn five_connections(rig: &mut Rig) -> String {
    let mut seen = Vec::new();
    for conn in 1..=5 {
        rig.wait(100 * MILLISECOND);
        rig.connect(conn, &format!("c{conn}"), true);
        seen.push(kinds(&rig.log(conn)));
    }
    rig.wait(SECOND);
    rig.connect(6, "c6", true);
    format!("{}; {}", seen.join(" "), kinds(&rig.log(6)))
}

/// The second takes the first one's identifier; the first comes back at once, and once more after a pause.
pub(crate) fn fight_for_an_id(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.connect(2, "c", true);
    rig.connect(3, "c", true);
    let seen = [kinds(&rig.log(2)), kinds(&rig.log(3))];
    rig.wait(2 * SECOND);
    rig.connect(4, "c", true);
    format!(
        "{}, {}, {}",
        seen[0].replace(" disconnect closed", "").replace(" closed", ""),
        seen[1].replace(" disconnect closed", ""),
        kinds(&rig.log(4))
    )
}

pub(crate) fn publish_then_subscribe(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 1, 7, "t", "m");
    assert_eq!(rig.log(5), "puback #7", "at once");
    rig.subscribe(1, "t", 1);
    rig.skip();
    rig.wait(SECOND);
    rig.log(1)
}

pub(crate) fn retain_then_subscribe_twice(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.connect(5, "p", true);
    rig.publish_with(5, 1, 7, "t", "m", |p| p.retain = true);
    let mut seen = Vec::new();
    for _ in 0..2 {
        rig.skip();
        rig.subscribe(1, "t", 1);
        rig.wait(SECOND);
        let log = rig.log(1);
        seen.push(log.split(" | ").nth(1).unwrap_or("none").to_owned());
    }
    seen.join(", ")
}

pub(crate) fn subscribe_then_retain(rig: &mut Rig) -> String {
    pair(rig, 1);
    rig.subscribe(1, "t", 1);
    rig.skip();
    rig.publish_with(5, 1, 7, "t", "m", |p| p.retain = true);
    rig.wait(SECOND);
    rig.log(1)
}

/// The look-up is over when its subscription is.
pub(crate) fn subscribe_then_unsubscribe(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    rig.publish_with(5, 1, 7, "t", "m", |p| p.retain = true);
    rig.connect(1, "s", true);
    rig.skip();
    rig.subscribe(1, "t", 1);
    rig.unsubscribe(1, "t");
    rig.wait(SECOND);
    rig.log(1).split(" | ").filter(|p| p.starts_with("t=")).collect::<Vec<_>>().join(" | ")
}

/// At QoS 1, 1, 0 and 2; the first is acknowledged in the middle.
pub(crate) fn four_messages(rig: &mut Rig) -> String {
    pair(rig, 2);
    rig.publish(5, 1, 1, "t", "a");
    rig.publish(5, 1, 2, "t", "b");
    rig.publish(5, 0, 0, "t", "c");
    rig.publish(5, 2, 3, "t", "d");
    let before = rig.log(1);
    rig.ack(1, Puback, 1);
    rig.ack(1, Puback, 2);
    let after = rig.log(1);
    let qos = |log: &str| log.split(' ').filter(|w| w.starts_with('q')).collect::<Vec<_>>().join(" ");
    format!("{} then {}", qos(&before), qos(&after))
}

/// The broker takes a message for a client and closes that client's connection 10 ms later.
pub(crate) fn publish_at_the_close(rig: &mut Rig) -> String {
    pair(rig, 1);
    rig.publish(5, 1, 7, "t", "m");
    rig.wait(10 * MILLISECOND);
    rig.connect(2, "s", false);
    rig.wait(SECOND);
    let old = rig
        .log(1)
        .replace(" | disconnect 8e", "")
        .replace("disconnect 8e", "")
        .replace(" | closed", "")
        .replace("closed", "");
    format!(
        "{} then {}",
        old.trim_start_matches(" | "),
        rig.log(2).replace("connack 1 00 | ", "").replace("connack 0 00 | ", "")
    )
}

pub(crate) fn publish_after_the_close(rig: &mut Rig) -> String {
    pair(rig, 1);
    rig.lose(1, true);
    rig.publish(5, 1, 7, "t", "m");
    rig.connect(2, "s", false);
    rig.wait(SECOND);
    format!(
        "{} then {}",
        rig.log(1),
        rig.log(2).replace("connack 1 00 | ", "").replace("connack 0 00 | ", "")
    )
}

/// What this one does is done where the sockets are: see `serve`.
pub(crate) fn nothing_in_the_core(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    kinds(&rig.log(1))
}
