//! What a judged client sends before its CONNACK: it takes effect with the session.

use std::sync::Arc;

use deadzone_history::{ConnId, PacketEvent, Recorded};
use deadzone_spec::Party;
use deadzone_wire::{AckKind, Packet};

use super::{SessionIx, State};

impl State {
    /// A client need not wait for its CONNACK.
    pub(super) fn sent_early(&mut self, packet: &PacketEvent) {
        let now = self.now;
        if self.judged != Party::Client || !matches!(packet.packet(), Packet::Publish(_) | Packet::Ack(_)) {
            return;
        }
        if let Some(conn) = self.conns.get_mut(packet.conn).filter(|c| c.handshake.connack.is_none()) {
            conn.handshake.early.push((now, Arc::clone(&packet.body), false));
        }
    }

    /// It belongs to the session that the CONNACK tells of.
    pub(super) fn early_takes_effect(&mut self, id: ConnId, session: SessionIx, body: &Arc<Recorded>) {
        let seq = self.now.seq;
        let Some(session) = self.sessions.get_mut(session.0 as usize) else { return };
        match body.packet() {
            Packet::Publish(publish) if publish.qos > 0 => {
                let Some(packet_id) = publish.packet_id else { return };
                let copy = session.outbound.sort(id, packet_id, publish, &publish.topic);
                let length = body.wire_len();
                session.outbound.seen((seq, id), (packet_id, publish, length), &publish.topic, (copy, None));
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => {
                session.outbound.released(seq, id, ack.packet_id);
            }
            Packet::Ack(ack) => {
                session.inbound.answered((id, seq), ack.packet_id, ack.kind, ack.code() >= 0x80);
            }
            _ => {}
        }
    }
}
