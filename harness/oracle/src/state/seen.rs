//! What the judged party sends: answers, and what they do to sessions and exchanges.

use deadzone_history::{ConnId, PacketEvent};
use deadzone_spec::Party;
use deadzone_wire::{Ack, AckKind, Packet, PacketKind};

use super::{AckMatch, Answered, Currency, Released, Session, SessionIx, State, Transition, conn::Steps};

impl State {
    /// Whether what is seen on a connection speaks for its session's present.
    pub(super) fn currency(&self, id: ConnId) -> (Option<SessionIx>, Currency) {
        let session = self.conn(id).and_then(|c| c.session);
        let current = session.and_then(|s| self.session(s)).and_then(Session::current);
        match (session, current == Some(id)) {
            (None, _) => (None, Currency::NoSession),
            (Some(_), true) => (session, Currency::Current),
            (Some(_), false) => (session, Currency::Stale),
        }
    }

    /// A packet was seen.
    pub(super) fn seen(&mut self, packet: &PacketEvent) {
        let id = packet.conn;
        self.sent_early(packet);
        if self.comes_ahead(packet) {
            return;
        }
        match packet.packet() {
            Packet::Connack(connack) => self.connack_seen(id, connack),
            Packet::Connect(connect) => {
                self.connect_given(id, connect, packet.wire_len());
            }
            Packet::Disconnect(disconnect) if self.judged == Party::Client => {
                self.disconnect_given(id, disconnect, packet.violations().is_empty());
            }
            Packet::Publish(publish) => self.publish_seen(packet, publish),
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => self.pubrel_seen(id, ack.packet_id),
            Packet::Ack(ack) => self.ack_seen(id, ack),
            Packet::Suback(p) => {
                let (fit, filters) = self.request_answered(id, p.packet_id, true);
                self.codes_seen(id, p.packet_id, Some(&p.codes));
                self.answered(id, self.currency(id), fit, filters);
            }
            Packet::Unsuback(p) => {
                let (fit, filters) = self.request_answered(id, p.packet_id, false);
                self.codes_seen(id, p.packet_id, None);
                self.answered(id, self.currency(id), fit, filters);
            }
            Packet::Bare(bare) if bare.kind == PacketKind::Pingresp => {
                let ping = self.conns.get_mut(id).and_then(|c| c.exchange.pings.pop_front());
                let fit = ping.map_or(AckMatch::Nothing, AckMatch::Open);
                self.answered(id, self.currency(id), fit, None);
            }
            Packet::Disconnect(disconnect) => {
                let now = self.now;
                if let Some(conn) = self.conns.get_mut(id) {
                    conn.ends.note(now.at_us);
                    conn.handshake.last_word.get_or_insert_with(|| (now.seq, disconnect.code()));
                }
            }
            _ => {}
        }
    }

    fn answered(
        &mut self,
        conn: ConnId,
        (session, currency): (Option<SessionIx>, Currency),
        fit: AckMatch,
        filters: Option<usize>,
    ) {
        if let (AckMatch::Open(given), Some(c)) = (fit, self.conns.get_mut(conn)) {
            c.answered(given);
        }
        self.transition = Transition::Answered(Answered { conn, session, currency, fit, filters });
    }

    fn ack_seen(&mut self, id: ConnId, ack: &Ack) {
        let (session, currency) = self.currency(id);
        let seq = self.now.seq;
        let refused = ack.code() >= 0x80;
        if let Some(conn) = self.conns.get_mut(id) {
            conn.gives_back(ack.kind, ack.packet_id, refused);
        }
        let known = session.and_then(|s| self.sessions.get_mut(s.0 as usize));
        let (fit, message) = match (currency, known) {
            (Currency::Current, Some(s)) => s.inbound.answered((id, seq), ack.packet_id, ack.kind, refused),
            _ => (AckMatch::Nothing, None),
        };
        let now = self.now;
        if let Some(message) = message.and_then(|m| self.messages.message_mut(m)) {
            let progress = &mut message.progress;
            match ack.kind {
                AckKind::Puback | AckKind::Pubrec if refused => {
                    progress.refused = Some(now.seq);
                    message.owed_to.clear();
                }
                AckKind::Puback => {
                    progress.accepted.get_or_insert(now);
                    progress.completed.get_or_insert(now);
                }
                AckKind::Pubrec => {
                    progress.accepted.get_or_insert(now);
                }
                AckKind::Pubcomp => {
                    progress.completed.get_or_insert(now);
                }
                AckKind::Pubrel => {}
            }
        }
        self.answered(id, (session, currency), fit, None);
    }

    /// What a SUBACK or UNSUBACK answers: a request of this connection, or one that an earlier connection left open.
    fn request_answered(&mut self, id: ConnId, packet_id: u16, subscribe: bool) -> (AckMatch, Option<usize>) {
        let Some(conn) = self.conns.get_mut(id) else { return (AckMatch::Nothing, None) };
        match conn.exchange.requests.get(&packet_id).copied() {
            Some(r) if r.subscribe == subscribe => {
                conn.exchange.requests.remove(&packet_id);
                return (AckMatch::Open(r.seq), Some(r.filters));
            }
            Some(r) => return (AckMatch::OtherKind(r.seq), None),
            None => {}
        }
        let session = conn.session.and_then(|s| self.session(s));
        let Some(session) = session else { return (AckMatch::Nothing, None) };
        let earlier = session.connections.latest.iter().filter(|c| **c != id);
        let open = earlier.filter_map(|c| self.conn(*c)?.exchange.requests.get(&packet_id));
        let late = open.filter(|r| r.subscribe == subscribe).map(|r| r.seq).next();
        (late.map_or(AckMatch::Nothing, AckMatch::Late), None)
    }

    fn codes_seen(&mut self, id: ConnId, packet_id: u16, codes: Option<&[u8]>) {
        let (Some(session), Currency::Current) = self.currency(id) else { return };
        let now = self.now;
        let Some(session) = self.sessions.get_mut(session.0 as usize) else { return };
        match codes {
            Some(codes) => session.subscriptions.granted(now, packet_id, codes),
            None => session.subscriptions.left(now.seq, packet_id),
        }
        self.routes.changed();
    }

    pub(super) fn pubrel_seen(&mut self, id: ConnId, packet_id: u16) {
        let (session, currency) = self.currency(id);
        let seq = self.now.seq;
        let known = match (currency, session.and_then(|s| self.sessions.get_mut(s.0 as usize))) {
            (Currency::Current, Some(s)) => s.outbound.released(seq, id, packet_id),
            _ => None,
        };
        let carried = known.is_some_and(|e| e.carried);
        let Some(conn) = self.conns.get_mut(id) else { return };
        let steps = conn.exchange.steps.entry(packet_id).or_default();
        let Steps { received, released } = *steps;
        steps.released += u32::from(!carried);
        self.transition = Transition::Released(Released {
            conn: id,
            session,
            currency,
            stage: known.map(|e| e.stage),
            last: known.map(|e| e.touched),
            received,
            released,
            carried,
        });
    }
}
