//! The last packets of the broker: nothing comes after its DISCONNECT or a refusing CONNACK, and no DISCONNECT comes where the
//! version or the moment has none.

use deadzone_history::{ConnId, Event, EventKind, PacketEvent};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, Version};

use super::clauses::{DISCONNECT_IS_LAST, DISCONNECT_TOO_EARLY, REFUSAL_CLOSES};
use crate::{
    breach::{Breach, Found},
    hash::Map,
    rule::{On, Rule},
    state::State,
};

/// A DISCONNECT to a client before 5.0, where only the client sends one.
pub(super) const SERVER_DISCONNECT: Pair = pair!("DZ-server-disconnect", -);

#[derive(Debug, Default)]
pub(crate) struct AfterTheEnd {
    /// The packet after which nothing may come.
    ended: Map<ConnId, (u64, Pair)>,
}

impl Rule for AfterTheEnd {
    fn name(&self) -> &'static str {
        "nothing-after-the-end"
    }

    fn on(&self) -> On {
        On::SEEN
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let EventKind::Packet(packet) = &event.kind else { return };
        if let Some((seq, clause)) = self.ended.get(&packet.conn).copied() {
            let breach = Breach {
                conn: packet.conn,
                clause,
                fact: Fact::WrongPacket,
                wanted: "no further packet, and the end of the connection".to_owned(),
                got: format!("{} after the last packet", packet.packet().summary()),
                evidence: vec![seq],
                could_instead: vec!["close the connection: it went on sending"],
            };
            return found.broken(event, state, breach);
        }
        let last = match packet.packet() {
            Packet::Disconnect(_) => {
                early(event, packet, state, found);
                found.tested(DISCONNECT_IS_LAST.of(state.version(packet.conn)));
                DISCONNECT_IS_LAST
            }
            Packet::Connack(connack) if connack.code != 0 => {
                // It could have refused by DISCONNECT.
                found.tested(DISCONNECT_TOO_EARLY.of(state.version(packet.conn)));
                REFUSAL_CLOSES
            }
            _ => return,
        };
        self.ended.insert(packet.conn, (event.seq, last));
    }
}

/// A DISCONNECT before the CONNACK that accepts, or to a client that knows none from a server.
fn early(event: &Event, packet: &PacketEvent, state: &State, found: &mut Found) {
    let Some(conn) = state.conn(packet.conn) else { return };
    let Some(connect) = conn.handshake.connect.as_ref().filter(|connect| connect.known_level) else {
        let text = format!("{} where no CONNECT had told a version", packet.packet().summary());
        return found.grade(event, None, text, Vec::new());
    };
    let (clause, wanted) = match conn.version {
        Version::V5 if conn.handshake.accepted().is_none() && conn.given.deviant.is_none() => {
            (DISCONNECT_TOO_EARLY, "CONNACK of 0x80 or more, or a close, to refuse a connection")
        }
        Version::V5 => return,
        Version::V31 | Version::V311 => {
            (SERVER_DISCONNECT, "a close without DISCONNECT, which only a client sends")
        }
    };
    let breach = Breach {
        conn: packet.conn,
        clause,
        fact: Fact::WrongPacket,
        wanted: wanted.to_owned(),
        got: packet.packet().summary(),
        evidence: vec![connect.at.seq],
        could_instead: vec!["close the connection without it: it sent it"],
    };
    found.broken(event, state, breach);
}
