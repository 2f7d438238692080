//! What the clients do in each script, and what one of them saw in the end.

use deadzone_wire::{
    AckKind::{Puback, Pubcomp, Pubrec, Pubrel},
    PropertyId, Text,
};

use crate::rig::{Rig, SECOND, add_will, number, short};

/// Connection 9, a watcher with an empty log; it takes everything at QoS 2.
pub(crate) fn watched(rig: &mut Rig) {
    rig.connect(9, "watcher", true);
    rig.subscribe(9, "#", 2);
    rig.skip();
}

pub(crate) fn replay_publish(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "m");
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.publish_with(2, 2, 7, "t", "m", |p| p.dup = true);
    rig.ack(2, Pubrel, 7);
    rig.log(9)
}

pub(crate) fn publish_qos2(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.skip();
    rig.publish(1, 2, 7, "t", "m");
    rig.ack(1, Pubrel, 7);
    rig.log(1)
}

pub(crate) fn replay_pubrel(rig: &mut Rig) -> String {
    publish_qos2(rig);
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.skip();
    rig.ack(2, Pubrel, 7);
    rig.log(2)
}

pub(crate) fn replay_pubrel_watched(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "p", false);
    rig.publish(1, 2, 7, "t", "m");
    rig.ack(1, Pubrel, 7);
    rig.lose(1, true);
    rig.connect(2, "p", false);
    rig.ack(2, Pubrel, 7);
    rig.log(9)
}

pub(crate) fn publish_qos1(rig: &mut Rig) -> String {
    rig.connect(1, "p", false);
    rig.skip();
    rig.publish(1, 1, 7, "t", "m");
    rig.log(1)
}

pub(crate) fn replay_qos1(rig: &mut Rig) -> String {
    publish_qos1(rig);
    rig.lose(1, false);
    rig.connect(2, "p", false);
    rig.skip();
    rig.publish_with(2, 1, 7, "t", "m", |p| p.dup = true);
    rig.log(2)
}

/// A persistent subscriber on connection 1, a publisher on 5.
pub(crate) fn subscriber(rig: &mut Rig, qos: u8) {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", qos);
    rig.connect(5, "p", true);
    rig.skip();
}

pub(crate) fn resumed(rig: &mut Rig) -> String {
    rig.lose(1, true);
    rig.connect(2, "s", false);
    let log = rig.log(2);
    let (_, rest) = log.split_once(" | ").unwrap_or((&log, ""));
    rest.to_owned()
}

pub(crate) fn resume_after_pubrec(rig: &mut Rig) -> String {
    subscriber(rig, 2);
    rig.publish(5, 2, 1, "t", "m");
    rig.ack(1, Pubrec, 1);
    resumed(rig)
}

pub(crate) fn resume_unacked(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "a");
    rig.publish(5, 1, 2, "t", "b");
    rig.lose(1, true);
    rig.publish(5, 1, 3, "t", "c");
    resumed(rig)
}

pub(crate) fn offline_two(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    resumed(rig)
}

pub(crate) fn clean_start(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, false);
    rig.connect(2, "c", true);
    rig.log(2)
}

pub(crate) fn resume(rig: &mut Rig) -> String {
    rig.connect(1, "c", false);
    rig.lose(1, false);
    rig.connect(2, "c", false);
    rig.log(2)
}

pub(crate) fn clean_start_then_publish(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.lose(1, false);
    rig.connect(2, "s", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

pub(crate) fn take_over(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.connect(2, "c", true);
    rig.log(1)
}

pub(crate) fn late_close(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.connect(2, "c", true);
    rig.subscribe(2, "t", 0);
    rig.skip();
    rig.lose(1, false);
    rig.connect(5, "p", true);
    rig.publish(5, 0, 0, "t", "m");
    rig.log(2)
}

pub(crate) fn with_will(rig: &mut Rig, delay_s: u32) {
    watched(rig);
    rig.connect_with(1, "c", false, |c| {
        c.keep_alive_s = 10;
        add_will(c, 1, false, delay_s);
        number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
    });
}

/// The watcher's log without its pings.
pub(crate) fn seen_by_watcher(rig: &mut Rig) -> String {
    rig.log(9)
}

pub(crate) fn will_at_keep_alive(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.wait(15 * SECOND);
    seen_by_watcher(rig)
}

pub(crate) fn will_at_disconnect(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.disconnect(1, None);
    seen_by_watcher(rig)
}

pub(crate) fn will_at_rst(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.lose(1, true);
    seen_by_watcher(rig)
}

pub(crate) fn will_at_takeover(rig: &mut Rig) -> String {
    with_will(rig, 0);
    rig.connect(2, "c", false);
    seen_by_watcher(rig)
}

pub(crate) fn will_return(rig: &mut Rig) -> String {
    with_will(rig, 5);
    rig.lose(1, false);
    rig.wait(2 * SECOND);
    rig.connect(2, "c", false);
    rig.wait(8 * SECOND);
    seen_by_watcher(rig)
}

pub(crate) fn will_early(rig: &mut Rig) -> String {
    with_will(rig, 5);
    rig.lose(1, false);
    rig.wait(4 * SECOND);
    seen_by_watcher(rig)
}

pub(crate) fn retain(rig: &mut Rig, payload: &str) {
    rig.publish_with(5, 1, 1, "t", payload, |p| p.retain = true);
}

pub(crate) fn late_subscriber(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "t", 0);
    let log = rig.log(1);
    log.split(" | ").skip(2).collect::<Vec<_>>().join(" | ")
}

pub(crate) fn retain_twice(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    retain(rig, "1");
    retain(rig, "2");
    late_subscriber(rig)
}

pub(crate) fn retain_and_clear(rig: &mut Rig) -> String {
    rig.connect(5, "p", true);
    retain(rig, "1");
    retain(rig, "");
    late_subscriber(rig)
}

pub(crate) fn retained_resume(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.lose(1, false);
    retain(rig, "1");
    resumed(rig)
}

pub(crate) fn retain_live(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    retain(rig, "1");
    rig.log(1)
}

pub(crate) fn short_keep_alive(rig: &mut Rig) {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 10);
    rig.subscribe(1, "t", 0);
    rig.skip();
}

pub(crate) fn silent(rig: &mut Rig) -> String {
    short_keep_alive(rig);
    rig.wait(15 * SECOND);
    rig.log(1)
}

pub(crate) fn silent_but_fed(rig: &mut Rig) -> String {
    short_keep_alive(rig);
    rig.connect(5, "p", true);
    rig.wait(10 * SECOND);
    rig.publish(5, 0, 0, "t", "m");
    rig.wait(10 * SECOND);
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

pub(crate) fn second_connect(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.send(1, &deadzone_wire::Packet::from(deadzone_wire::Connect::new(rig.version, "c")));
    rig.log(1)
}

pub(crate) fn publish_first(rig: &mut Rig) -> String {
    watched(rig);
    rig.open(1);
    rig.publish(1, 0, 0, "t", "m");
    rig.log(9)
}

pub(crate) fn bad_flags(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.publish(1, 2, 7, "t", "m");
    rig.skip();
    rig.raw(1, &[0x60, 2, 0, 7]);
    rig.log(1)
}

pub(crate) fn bad_utf8(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", true);
    rig.publish_with(1, 0, 0, "t", "m", |p| p.topic = Text(b"t/\xff"[..].into()));
    rig.log(9)
}

pub(crate) fn torn(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", true);
    let publish = deadzone_wire::Publish::new("t", 1, Some(7), "torn".as_bytes().to_vec());
    let bytes = deadzone_wire::Packet::Publish(publish).encode(rig.version).to_bytes();
    rig.raw(1, &bytes[..bytes.len() - 2]);
    rig.lose(1, true);
    rig.log(9)
}

pub(crate) fn granted(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.publish(5, 2, 1, "t", "m");
    rig.log(1)
}

pub(crate) fn three_in_flight(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    for id in 1..=3 {
        rig.publish(5, 1, id, "t", "m");
    }
    let log = rig.log(1);
    log.split(' ').filter(|w| w.starts_with('#')).collect::<Vec<_>>().join(" ")
}

pub(crate) fn past_receive_maximum(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| short(&mut c.properties.items, PropertyId::ReceiveMaximum, 1));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 1, 1, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    rig.log(1)
}

pub(crate) fn publisher_dup(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish_with(5, 1, 1, "t", "m", |p| p.dup = true);
    rig.log(1)
}

pub(crate) fn connect_only(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.log(1)
}

pub(crate) fn oversize(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| number(&mut c.properties.items, PropertyId::MaximumPacketSize, 20));
    rig.subscribe(1, "t", 1);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 1, 1, "t", "this-one-is-too-large");
    rig.publish(5, 1, 2, "t", "small");
    rig.log(1)
}

pub(crate) fn hold_puback(rig: &mut Rig) -> String {
    subscriber(rig, 1);
    rig.publish(5, 1, 1, "t", "m");
    rig.wait(3 * SECOND);
    let log = rig.log(1);
    rig.ack(1, Puback, 1);
    rig.ack(1, Pubcomp, 77);
    assert_eq!(rig.log(1), "", "an unknown id is no offence");
    log
}

pub(crate) fn unsubscribe(rig: &mut Rig) -> String {
    subscriber(rig, 0);
    rig.unsubscribe(1, "t");
    assert!(rig.log(1).starts_with("unsuback"));
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

pub(crate) fn no_local(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.subscribe(1, "t", 0x04);
    rig.skip();
    rig.publish(1, 0, 0, "t", "m");
    rig.log(1)
}

pub(crate) fn ping(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.ping(1);
    rig.log(1)
}
