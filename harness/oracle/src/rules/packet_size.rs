//! No packet from the broker is over the client's Maximum Packet Size (5.0).

use deadzone_history::{Event, EventKind};
use deadzone_verdict::Fact;

use super::{clauses::PACKET_SIZE, optional};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
};

pub(crate) const RULE: Stateless = Stateless { name: "maximum-packet-size", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Some(connect) = state.conn(packet.conn).and_then(|c| c.handshake.connect.as_ref()) else {
        return;
    };
    let Some(maximum) = connect.limits.maximum_packet else { return };
    found.tested(PACKET_SIZE.of(state.version(packet.conn)));
    for (_, statement) in optional::of(packet.packet().kind()) {
        found.tested(statement.of(state.version(packet.conn)));
    }
    let size = packet.wire_len();
    if size <= maximum {
        return;
    }
    let breach = Breach {
        conn: packet.conn,
        clause: PACKET_SIZE,
        fact: Fact::LimitExceeded,
        wanted: format!("packets of at most {maximum} bytes"),
        got: format!("one of {size} bytes: {}", packet.packet().summary()),
        evidence: vec![connect.at.seq],
        could_instead: vec![
            "discard the message as if it had been sent: it sent it",
            "leave out Reason String and User Property: the packet is still too large",
            "be silent, or close with 0x95, where an answer cannot fit: it sent the answer",
        ],
    };
    found.broken(event, state, breach);
    for (id, statement) in optional::of(packet.packet().kind()) {
        if optional::has(packet.packet(), id) {
            found.beside(event, statement.of(state.version(packet.conn)));
        }
    }
}
