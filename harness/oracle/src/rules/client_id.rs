//! A client identifier of 1 to 23 of the letters and digits is accepted (3.1.1 §3.1.3.1, 5.0 §3.1.3.1).
//!
//! Only the code for a rejected identifier breaks it: who has no right, or finds no room, may be refused with any identifier, and a
//! close without a word says nothing of it.

use deadzone_history::{Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, Version};

use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
};

pub(super) const TAKEN: Pair = pair!("MQTT-3.1.3-5", "MQTT-3.1.3-5");
/// The most bytes of an identifier that every server takes.
const MOST: usize = 23;

pub(crate) const RULE: Stateless = Stateless { name: "client-id-taken", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Packet::Connack(connack) = packet.packet() else { return };
    let Some(conn) = state.conn(packet.conn).filter(|conn| conn.version != Version::V31) else { return };
    let Some(connect) = &conn.handshake.connect else { return };
    let id = &connect.client_id.0;
    let promised = (1..=MOST).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric);
    let first = conn.handshake.connack.is_some_and(|c| c.at.seq == event.seq);
    let deviates = conn.given.deviant.is_some() || state.around.deviates();
    if !promised || !first || !connect.known_level || deviates {
        return;
    }
    found.tested(TAKEN.of(conn.version));
    let rejected = if conn.version == Version::V5 { 0x85 } else { 0x02 };
    if connack.code == rejected {
        let breach = Breach {
            conn: packet.conn,
            clause: TAKEN,
            fact: Fact::WrongField,
            wanted: format!("no rejection of the client identifier {id:?}"),
            got: packet.packet().summary(),
            evidence: vec![connect.at.seq],
            could_instead: vec![
                "refuse a client that has no right, or for which there is no room, by the code for that: it rejected the \
                 identifier",
                "reject an identifier that is longer, or has other characters: this one has 1 to 23 letters and digits",
            ],
        };
        found.broken(event, state, breach);
    }
}
