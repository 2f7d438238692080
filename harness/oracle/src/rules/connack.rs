//! The broker's first packet is CONNACK, and there is one.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Direction, End, Event, EventKind, PacketEvent};
use deadzone_wire::PacketKind;

use super::clauses::{FIRST_CONNACK, ONE_CONNACK};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Connection, Trace},
};

#[derive(Debug, Default)]
pub(crate) struct FirstIsConnack {
    /// The first CONNACK of each connection.
    connacks: BTreeMap<ConnId, u64>,
}

impl Rule for FirstIsConnack {
    fn name(&self) -> &'static str {
        "connack-first"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let EventKind::Packet(packet) = &event.kind else { return };
        if packet.end != End::Broker || packet.direction != Direction::Down {
            return;
        }
        let connack = packet.frame.kind() == PacketKind::Connack;
        let known = self.connacks.get(&packet.conn).copied();
        match (connack, known) {
            (false, Some(_)) => {}
            (true, None) => {
                self.connacks.insert(packet.conn, event.seq);
            }
            (true, Some(first)) => second(event, packet, first, trace, notes),
            (false, None) => {
                if let Some(conn) = trace.connection(packet.conn) {
                    before(event, packet, conn, trace, notes);
                }
            }
        }
    }
}

fn second(event: &Event, packet: &PacketEvent, first: u64, trace: &Trace, notes: &mut Notes) {
    let fault = Fault {
        conn: packet.conn,
        clauses: &ONE_CONNACK,
        wanted: "one CONNACK on a connection".to_owned(),
        got: format!("another one: {}", packet.decoded.packet.summary()),
        evidence: vec![first],
        could_instead: vec!["close the connection, in 5.0 with DISCONNECT: it sent CONNACK again"],
    };
    notes.broken(event, trace, fault);
}

/// A client that did not begin with CONNECT gets no such promise.
fn before(event: &Event, packet: &PacketEvent, conn: &Connection, trace: &Trace, notes: &mut Notes) {
    let Some(connect) = &conn.connect else { return };
    if conn.deviant.is_some_and(|seq| seq < connect.seq) {
        return;
    }
    if packet.frame.kind() == PacketKind::Auth && connect.authenticates {
        return;
    }
    let fault = Fault {
        conn: packet.conn,
        clauses: &FIRST_CONNACK,
        wanted: "CONNACK before any other packet".to_owned(),
        got: format!("{} before CONNACK", packet.decoded.packet.summary()),
        evidence: vec![connect.seq],
        could_instead: vec![
            "refuse by CONNACK: there was none",
            "close without a word: it sent something else first",
            "send AUTH where CONNECT names an Authentication Method: this is no such AUTH",
        ],
    };
    notes.broken(event, trace, fault);
}
