//! Packets from the broker are well formed: what decoding found wrong, as far as it binds the server.
//!
//! This includes a Packet Identifier of 0, DUP at QoS 0, Session Present in a refusal, properties and packet types that the
//! version does not have.

use deadzone_history::{ConnId, Direction, End, Event, EventKind, PacketEvent};
use deadzone_spec::{Pair, id};
use deadzone_wire::{VarInt, Version};

use crate::{
    rule::{Fault, Notes, Rule},
    trace::Trace,
};

/// Only for findings that name their clause themselves.
const NONE: Pair = Pair { v311: None, v5: None };

#[derive(Debug)]
pub(crate) struct Malformed;

impl Rule for Malformed {
    fn name(&self) -> &'static str {
        "well-formed"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        match &event.kind {
            EventKind::Packet(p) if p.end == End::Broker && p.direction == Direction::Down => {
                packet(event, p, trace, notes);
            }
            EventKind::Unframed(u) if (u.direction, u.end) == (Direction::Down, End::Broker) => {
                unframed(event, u.conn, &u.bytes, trace, notes);
            }
            _ => {}
        }
    }
}

fn packet(event: &Event, packet: &PacketEvent, trace: &Trace, notes: &mut Notes) {
    for violation in &packet.decoded.violations {
        if !violation.clause.binds_server() {
            continue;
        }
        let got = format!("{}: {}", packet.decoded.packet.summary(), violation.what);
        if trace.version(packet.conn) == Version::V31 {
            notes.grade(event, None, got, Vec::new());
            continue;
        }
        let wanted = violation.clause.clause().text;
        let fault = Fault {
            conn: packet.conn,
            clauses: &NONE,
            wanted: wanted.to_owned(),
            got,
            evidence: Vec::new(),
            could_instead: vec!["send the packet well formed, or close the connection: it did neither"],
        };
        notes.broken_clause(event, trace, violation.clause, fault);
    }
}

/// A frame over the recorder's own bound can't be framed either, and says nothing of the broker.
fn unframed(event: &Event, conn: ConnId, bytes: &[u8], trace: &Trace, notes: &mut Notes) {
    if bytes.len() <= 4 || VarInt::read(&bytes[1..]).is_ok() {
        return;
    }
    let got = "a Remaining Length longer than four bytes".to_owned();
    let clause = match trace.version(conn) {
        Version::V31 => return notes.grade(event, None, got, Vec::new()),
        Version::V311 => id!("3.1.1/DZ-remaining-length"),
        Version::V5 => id!("5.0/DZ-overlong-varint"),
    };
    let wanted = "a Remaining Length of one to four bytes".to_owned();
    let could_instead = vec!["send whole packets, or close the connection: it sent what cannot be framed"];
    let fault = Fault { conn, clauses: &NONE, wanted, got, evidence: Vec::new(), could_instead };
    notes.broken_clause(event, trace, clause, fault);
}
