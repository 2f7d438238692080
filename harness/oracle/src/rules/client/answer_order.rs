//! PUBACKs come in the order of the QoS 1 messages, PUBRECs in that of the QoS 2 messages, PUBRELs in that of the PUBRECs.
//!
//! Each is compared with what was given on the same connection: an answer that overtakes one that was owed is the proof. A
//! message that was given twice counts by its first copy.

use std::collections::{BTreeMap, VecDeque};

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Packet, PacketKind};

use super::{CONNS_KEPT, breach, forget_ended};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{Session, Stage, State},
};

const PUBACKS: Pair = pair!("MQTT-4.6.0-2", "MQTT-4.6.0-2");
const PUBRECS: Pair = pair!("MQTT-4.6.0-3", "MQTT-4.6.0-3");
const PUBRELS: Pair = pair!("MQTT-4.6.0-4", "MQTT-4.6.0-4");

/// So many answers that are owed are told apart on one connection.
const OWED_KEPT: usize = 65_536;

/// What calls for an answer: its id and event, first given first.
type Owed = VecDeque<(u16, u64)>;

#[derive(Debug, Default)]
pub(crate) struct AnswerOrder(BTreeMap<ConnId, BTreeMap<PacketKind, Owed>>);

impl Rule for AnswerOrder {
    fn name(&self) -> &'static str {
        "client-answer-order"
    }

    fn on(&self) -> On {
        On::SEEN.or(On::GIVEN).or(On::CLOSED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        forget_ended(&mut self.0, event, state);
        let EventKind::Packet(packet) = &event.kind else { return };
        let Some(session) = certain(state, packet.conn).filter(|_| packet.end == state.end()) else { return };
        if !state.is_judged(packet.direction) {
            let called = match packet.packet() {
                Packet::Publish(p) if p.qos == 1 => Some(PacketKind::Puback),
                Packet::Publish(p) if p.qos == 2 => Some(PacketKind::Pubrec),
                Packet::Ack(ack) if ack.kind == AckKind::Pubrec && ack.code() < 0x80 => {
                    // Only the first PUBREC of a message of its own surely calls for one.
                    let open = session.outbound.get(ack.packet_id);
                    open.filter(|e| e.stage == Stage::Received).map(|_| PacketKind::Pubrel)
                }
                _ => None,
            };
            if let (Some(kind), Some(id)) = (called, packet.packet().packet_id()) {
                self.owe(packet.conn, kind, (id, event.seq));
            }
            return;
        }
        let (kind, Some(id)) = (packet.packet().kind(), packet.packet().packet_id()) else { return };
        let clause = match kind {
            PacketKind::Puback => PUBACKS,
            PacketKind::Pubrec => PUBRECS,
            PacketKind::Pubrel => PUBRELS,
            _ => return,
        };
        let Some(owed) = self.0.get_mut(&packet.conn).and_then(|owed| owed.get_mut(&kind)) else { return };
        let Some(at) = owed.iter().position(|(owed, _)| *owed == id) else { return };
        found.tested(clause.of(state.version(packet.conn)));
        let answered = owed.remove(at).map(|(_, seq)| seq);
        let Some((overtaken, given)) = owed.front().copied().filter(|_| at > 0) else { return };
        // It is told once.
        owed.drain(..at);
        let got = format!(
            "{}, before the one for id {overtaken}, which was given earlier",
            packet.packet().summary()
        );
        let wanted = "answers in the order in which what calls for them came";
        let evidence = answered.into_iter().chain([given]).collect();
        let breach = Breach {
            could_instead: vec!["answer later: the order stands whenever it does"],
            ..breach(packet.conn, (clause, Fact::OutOfOrder), wanted, got, evidence)
        };
        found.broken(event, state, breach);
    }
}

impl AnswerOrder {
    fn owe(&mut self, conn: ConnId, kind: PacketKind, (id, seq): (u16, u64)) {
        if self.0.len() >= CONNS_KEPT && !self.0.contains_key(&conn) {
            self.0.pop_first();
        }
        let owed = self.0.entry(conn).or_default().entry(kind).or_default();
        if owed.len() < OWED_KEPT && owed.iter().all(|(owed, _)| *owed != id) {
            owed.push_back((id, seq));
        }
    }
}

fn certain(state: &State, conn: ConnId) -> Option<&Session> {
    state.session(state.conn(conn)?.session?).filter(|session| session.deviant.is_none())
}
