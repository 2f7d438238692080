//! Nothing comes after the broker's DISCONNECT or after a refusing CONNACK.

use deadzone_spec::Pair;
use std::collections::BTreeMap;

use deadzone_history::{ConnId, Direction, End, Event, EventKind};
use deadzone_wire::{Packet, Version};

use super::clauses::{DISCONNECT_IS_LAST, REFUSAL_CLOSES};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::Trace,
};

#[derive(Debug, Default)]
pub(crate) struct AfterTheEnd {
    /// The packet after which nothing may come.
    ended: BTreeMap<ConnId, (u64, &'static Pair)>,
}

impl Rule for AfterTheEnd {
    fn name(&self) -> &'static str {
        "nothing-after-the-end"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let EventKind::Packet(packet) = &event.kind else { return };
        if packet.end != End::Broker || packet.direction != Direction::Down {
            return;
        }
        if let Some((seq, clauses)) = self.ended.get(&packet.conn) {
            let fault = Fault {
                conn: packet.conn,
                clauses,
                wanted: "no further packet, and the end of the connection".to_owned(),
                got: format!("{} after the last packet", packet.decoded.packet.summary()),
                evidence: vec![*seq],
                could_instead: vec!["close the connection: it went on sending"],
            };
            return notes.broken(event, trace, fault);
        }
        let last = match &packet.decoded.packet {
            Packet::Disconnect(_) if trace.version(packet.conn) == Version::V5 => &DISCONNECT_IS_LAST,
            Packet::Connack(connack) if connack.code != 0 => &REFUSAL_CLOSES,
            _ => return,
        };
        self.ended.insert(packet.conn, (event.seq, last));
    }
}
