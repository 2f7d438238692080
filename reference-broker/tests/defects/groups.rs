//! Scripts about who gets a message and for how long: groups, refusals, the client's limits, and the ends of sessions.

use deadzone_reference_broker::Defect as D;
use deadzone_wire::{Ack, AckKind::Puback, Disconnect, Packet, PropertyId as Id};

use crate::{
    Row, SINCE_311, V5_ONLY,
    handed_on::send,
    rig::{Rig, SECOND, add_will, number, short},
    scripts::{resumed, subscriber, watched},
};

pub(crate) const TABLE: &[Row] = &[
    (D::ShareGrantIgnored, V5_ONLY, granted_to_member, "t=m q0", "t=m q2 #1"),
    (D::ShareStartedMoves, V5_ONLY, started_and_lost, "", "t=m q2 #1"),
    (D::ShareStartedMovesAtEnd, V5_ONLY, started_and_ended, "", "t=m q2 #1"),
    (D::ShareRefusedMoves, V5_ONLY, refused_by_member, "", "t=m q1 #1"),
    (D::ShareToEveryMember, V5_ONLY, two_members, "t=m q0 and ", "t=m q0 and t=m q0"),
    (D::ShareGroupsCollapse, V5_ONLY, two_groups, "t=m q0 and t=m q0", "t=m q0 and "),
    (
        D::ShareBringsRetained,
        V5_ONLY,
        retained_and_shared,
        "connack 0 00 | suback [00]",
        "connack 0 00 | suback [00] | t=m q0 retain",
    ),
    (D::ShareMembershipKept, V5_ONLY, member_leaves, "", "t=m q0"),
    (D::ShareNotRestored, V5_ONLY, member_returns, "t=m q1 #1", ""),
    (D::ShareNameAtLastSlash, V5_ONLY, deep_filter, "t/u=m q0", ""),
    (D::RefusedResent, V5_ONLY, refused_and_resumed, "", "t=m q1 #1 dup"),
    (D::RefusalKeepsUnit, V5_ONLY, refused_at_one, "t=a q1 #1 | t=b q1 #2", "t=a q1 #1"),
    (D::StallsAtQuotaZero, V5_ONLY, ping_at_quota_zero, "t=a q1 #1 | pingresp", "t=a q1 #1"),
    (D::LargestReceiveMaximumOverflows, V5_ONLY, largest_receive_maximum, "t=m q1 #1", ""),
    (D::OversizedKeepsUnit, V5_ONLY, oversized_at_one, "t=small q1 #2", ""),
    (D::DisconnectExpiryIgnored, V5_ONLY, lowered_by_disconnect, "connack 0 00", "connack 1 00"),
    (D::ExpiryOfFirstConnect, V5_ONLY, lowered_by_connect, "connack 0 00", "connack 1 00"),
    (D::SessionNeverExpires, V5_ONLY, lowered_by_connect, "connack 0 00", "connack 1 00"),
    (D::SessionLostAtClose, SINCE_311, returns, "connack 1 00", "connack 0 00"),
    (D::LongestSessionOverflows, V5_ONLY, returns, "connack 1 00", "connack 0 00"),
    (D::ZeroExpiryRaised, V5_ONLY, raised_from_zero, "connack 0 00", "connack 1 00"),
    (D::WillLostAtSessionEnd, V5_ONLY, will_of_ended_session, "will=gone q1 #1 then ", " then "),
    (
        D::WillDelayOutlastsSession,
        V5_ONLY,
        will_of_ended_session,
        "will=gone q1 #1 then ",
        " then will=gone q1 #1",
    ),
];
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
    rig.connect_with(1, "c", true, |c| add_will(c, 1, false, 10));
    rig.lose(1, true);
    let at_once = rig.log(9);
    rig.wait(20 * SECOND);
    format!("{at_once} then {}", rig.log(9))
}
