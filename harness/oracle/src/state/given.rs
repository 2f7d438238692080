//! What the other party gives: its packets and what they do to sessions and exchanges.

use std::sync::Arc;

use deadzone_history::{ConnId, PacketEvent, Purpose};
use deadzone_spec::{Party, pair};
use deadzone_wire::{Ack, AckKind, Packet, PacketKind, Text};

use super::{Currency, SessionIx, State, conn::Request};

impl State {
    /// A packet was given.
    pub(super) fn given(&mut self, packet: &PacketEvent) {
        let id = packet.conn;
        let seq = self.now.seq;
        let kind = packet.packet().kind();
        let own = packet.violations().first().map(|v| v.clause);
        let Some(conn) = self.conns.get_mut(id) else { return };
        let early = conn.handshake.connect.is_none() && kind != PacketKind::Connect;
        let violation =
            own.or_else(|| pair!("MQTT-3.1.0-1", "MQTT-3.1.0-1").of(conn.version).filter(|_| early));
        if let Some(clause) = violation {
            conn.given.violation.get_or_insert((clause, kind));
        }
        conn.weighed(self.now, packet.frame(), packet.packet());
        conn.given.unsubscribes |= kind == PacketKind::Unsubscribe;
        conn.given.zero_id |= packet.packet().packet_id() == Some(0);
        conn.given.discouraged |= is_discouraged(packet.packet());
        if is_outsized(packet.packet()) {
            conn.given.outsized = Some(seq);
        }
        if violation.is_some() {
            self.deviates(id, seq);
        }
        match packet.packet() {
            Packet::Connect(connect) => self.connect_given(id, connect, packet.wire_len()),
            Packet::Connack(connack) if self.judged == Party::Client => self.connack_seen(id, connack),
            Packet::Disconnect(_) if self.judged == Party::Client => {}
            Packet::Disconnect(disconnect) => self.disconnect_given(id, disconnect, violation.is_none()),
            _ => self.given_otherwise(packet),
        }
    }

    fn given_otherwise(&mut self, event: &PacketEvent) {
        if self.comes_ahead(event) {
            return;
        }
        let (id, packet, now) = (event.conn, event.packet(), self.now);
        let marker = event.sender == Purpose::Marker;
        let current = self.currency(id).1 == Currency::Current;
        let Some(conn) = self.conns.get_mut(id) else { return };
        match conn.session {
            _ if packet.kind() == PacketKind::Pingreq => conn.ping_given(now.seq),
            None if conn.handshake.connack.is_none() => {
                conn.handshake.early.push((now, Arc::clone(&event.body), marker));
                self.messages.maybe_given(packet);
            }
            Some(_) if current => self.take_effect(id, packet, marker),
            _ => self.messages.maybe_given(packet),
        }
    }

    /// Gives a packet to the session of its connection.
    pub(super) fn take_effect(&mut self, id: ConnId, packet: &Packet, marker: bool) {
        let (Some(session), Currency::Current) = self.currency(id) else { return };
        let now = self.now;
        match packet {
            Packet::Publish(publish) => {
                let length =
                    u32::try_from(publish.payload.len() + publish.topic.0.len() + 16).unwrap_or(u32::MAX);
                self.publish_given(id, session, publish, (marker, length));
            }
            Packet::Ack(ack) => self.ack_given(id, session, ack),
            Packet::Subscribe(p) => {
                self.request_given(id, p.packet_id, true, p.filters.len());
                if let Some(session) = self.sessions.get_mut(session.0 as usize) {
                    session.subscriptions.asked(now, p);
                }
                self.routes.changed();
            }
            Packet::Unsubscribe(p) => {
                self.request_given(id, p.packet_id, false, p.filters.len());
                if let Some(session) = self.sessions.get_mut(session.0 as usize) {
                    session.subscriptions.leaving(now.seq, p);
                }
                self.routes.changed();
            }
            _ => {}
        }
    }

    fn request_given(&mut self, id: ConnId, packet_id: u16, subscribe: bool, filters: usize) {
        let seq = self.now.seq;
        let Some(conn) = self.conns.get_mut(id) else { return };
        if conn.exchange.requests.insert(packet_id, Request { seq, subscribe, filters }).is_some() {
            self.deviates(id, seq);
        }
    }

    fn ack_given(&mut self, id: ConnId, session: SessionIx, ack: &Ack) {
        if ack.kind == AckKind::Pubrel {
            return self.release_given(id, session, ack.packet_id);
        }
        let seq = self.now.seq;
        let (Some(known), Some(conn)) = (self.sessions.get_mut(session.0 as usize), self.conns.get_mut(id))
        else {
            return;
        };
        if ack.kind == AckKind::Pubrec && ack.code() < 0x80 {
            conn.exchange.steps.entry(ack.packet_id).or_default().received += 1;
        }
        if !known.outbound.acknowledged((seq, id), ack) {
            self.deviates(id, seq);
        }
    }
}

/// Separators in a topic that services of today refuse: seven are the most that the strictest well-known one takes.
const DEEP: usize = 8;

/// Bytes of a topic beside which nothing has room in a packet of 16 KiB, a bound that brokers are given.
const LONG: usize = 16 * 1024;

/// Whether one of its topics has more levels or bytes than a service of today may take. No standard gives a number.
pub(crate) fn is_outsized(packet: &Packet) -> bool {
    let is = |topic: &Text| topic.0.len() >= LONG || topic.0.iter().filter(|b| **b == b'/').count() >= DEEP;
    match packet {
        Packet::Publish(p) => is(&p.topic),
        Packet::Subscribe(p) => p.filters.iter().any(|(filter, _)| is(filter)),
        _ => false,
    }
}

/// Whether one of its texts is such that its receiver may close.
fn is_discouraged(packet: &Packet) -> bool {
    match packet {
        Packet::Publish(p) => p.topic.is_discouraged(),
        Packet::Subscribe(p) => p.filters.iter().any(|(filter, _)| filter.is_discouraged()),
        Packet::Unsubscribe(p) => p.filters.iter().any(Text::is_discouraged),
        Packet::Connect(p) => {
            let will = p.will.as_ref().map(|will| &will.topic);
            [Some(&p.client_id), p.username.as_ref(), will].into_iter().flatten().any(Text::is_discouraged)
        }
        _ => false,
    }
}
