//! The broker's first packet is CONNACK, and there is one.
//!
//! A client that did not begin with CONNECT gets no CONNACK, but no other answer either: one that acts on its packet shows that
//! the broker serves a client which has not connected.

use deadzone_history::{Event, EventKind, PacketEvent};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PacketKind};

use super::clauses::{FIRST_CONNACK, ONE_CONNACK};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{Conn, State},
};

pub(crate) const RULE: Stateless = Stateless { name: "connack-first", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Some(conn) = state.conn(packet.conn) else { return };
    let first = conn.handshake.connack.map(|c| c.at.seq);
    match (packet.packet().kind() == PacketKind::Connack, first) {
        (true, Some(first)) if first == event.seq => found.tested(FIRST_CONNACK.of(conn.version)),
        (true, Some(first)) => second(event, (packet, conn), first, state, found),
        (false, Some(_)) => found.tested(ONE_CONNACK.of(conn.version)),
        (true, None) => {}
        (false, None) => before(event, packet, conn, state, found),
    }
}

fn second(
    event: &Event,
    (packet, conn): (&PacketEvent, &Conn),
    first: u64,
    state: &State,
    found: &mut Found,
) {
    let breach = Breach {
        conn: packet.conn,
        clause: ONE_CONNACK,
        fact: Fact::WrongPacket,
        wanted: "one CONNACK on a connection".to_owned(),
        got: format!("another one: {}", packet.packet().summary()),
        evidence: std::iter::once(first).chain(conn.given.second_connect).collect(),
        could_instead: vec!["close the connection, in 5.0 with DISCONNECT: it sent CONNACK again"],
    };
    found.broken(event, state, breach);
}

fn before(event: &Event, packet: &PacketEvent, conn: &Conn, state: &State, found: &mut Found) {
    let evidence = match &conn.handshake.connect {
        // A client that broke the protocol before its CONNECT gets no such promise.
        Some(connect) if conn.given.deviant.is_some_and(|seq| seq < connect.at.seq) => return,
        Some(connect) if packet.packet().kind() == PacketKind::Auth && connect.limits.authenticates => return,
        // A DISCONNECT that comes too early is found as that.
        _ if matches!(packet.packet(), Packet::Disconnect(_)) => return,
        Some(connect) => connect.at.seq,
        None => match conn.given.last {
            Some((given, _)) => given.seq,
            None => conn.opened.seq,
        },
    };
    let breach = Breach {
        conn: packet.conn,
        clause: FIRST_CONNACK,
        fact: Fact::WrongPacket,
        wanted: "CONNACK before any other packet".to_owned(),
        got: format!("{} before CONNACK", packet.packet().summary()),
        evidence: vec![evidence],
        could_instead: vec![
            "refuse by CONNACK: there was none",
            "close without a word: it sent something else first",
            "send AUTH where CONNECT names an Authentication Method: this is no such AUTH",
        ],
    };
    found.broken(event, state, breach);
}
