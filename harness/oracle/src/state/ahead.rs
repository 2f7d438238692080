//! What a judged server sends before its CONNACK, and what its client answers to that: both belong to the session that the CONNACK
//! tells of, and are judged with it.

use deadzone_history::{ConnId, Event, EventKind, PacketEvent};
use deadzone_spec::Party;
use deadzone_wire::{AckKind, Packet};

use super::{Connected, Mark, State, Transition};

/// So many packets ahead of one CONNACK wait for it; what is beyond belongs to no session.
const AHEAD_KEPT: usize = 1_024;

impl State {
    /// Keeps a PUBLISH or PUBREL that comes before the CONNACK, and an acknowledgement behind one; `false` where it is none.
    pub(super) fn comes_ahead(&mut self, packet: &PacketEvent) -> bool {
        let (now, seen) = (self.now, self.is_judged(packet.direction));
        let Some(conn) = self.conns.get_mut(packet.conn) else { return false };
        let handshake = &mut conn.handshake;
        let of_session = match packet.packet() {
            Packet::Publish(_) => seen,
            Packet::Ack(ack) if seen => ack.kind == AckKind::Pubrel,
            Packet::Ack(ack) => ack.kind != AckKind::Pubrel && !handshake.ahead.is_empty(),
            _ => false,
        };
        let waits = handshake.connect.is_some() && handshake.connack.is_none();
        if self.judged == Party::Client || !of_session || !waits || handshake.ahead.len() >= AHEAD_KEPT {
            return false;
        }
        let kind = EventKind::Packet(packet.clone());
        handshake.ahead.push(Event { seq: now.seq, at_us: now.at_us, kind });
        true
    }

    /// The packets that came ahead of the CONNACK which was just seen, in their order.
    pub(crate) fn take_ahead(&mut self) -> Vec<Event> {
        match self.transition {
            Transition::Connected(Connected { conn, first: true, .. }) => self.ahead_of(conn),
            _ => Vec::new(),
        }
    }

    pub(super) fn ahead_of(&mut self, conn: ConnId) -> Vec<Event> {
        self.conns.get_mut(conn).map(|c| std::mem::take(&mut c.handshake.ahead)).unwrap_or_default()
    }

    /// One of them takes effect.
    pub(crate) fn came_ahead(&mut self, event: &Event) {
        let EventKind::Packet(packet) = &event.kind else { return };
        let now = std::mem::replace(&mut self.now, Mark { seq: event.seq, at_us: event.at_us });
        self.transition = Transition::None;
        match packet.packet() {
            given if !self.is_judged(packet.direction) => self.take_effect(packet.conn, given, false),
            Packet::Publish(publish) => self.publish_seen(packet, publish),
            Packet::Ack(ack) => self.pubrel_seen(packet.conn, ack.packet_id),
            _ => {}
        }
        self.now = now;
    }
}
