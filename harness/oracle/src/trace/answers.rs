//! What clients give, and what the broker answers.

use deadzone_history::{ConnId, Event, PacketEvent};
use deadzone_wire::{Ack, AckKind, Packet, PacketKind, PropertyId, Publish, Text, Version};

use super::{Answered, Fit, Moment, SessionId, Standing, Trace, connection::Request, inbound::Given};

impl Trace {
    /// A packet was given to the broker.
    pub(super) fn given(&mut self, event: &Event, packet: &PacketEvent) {
        let id = packet.conn;
        let wrong = !packet.decoded.violations.is_empty();
        let Some(conn) = self.connections.get_mut(&id) else { return };
        if wrong || (conn.connect.is_none() && packet.decoded.packet.kind() != PacketKind::Connect) {
            self.deviates(id, event.seq);
        }
        match &packet.decoded.packet {
            Packet::Connect(connect) => self.connect_given(event, id, connect),
            Packet::Disconnect(disconnect) => self.disconnect_given(event, id, disconnect),
            other => self.given_otherwise(event.seq, id, other, packet.is_marker()),
        }
    }

    fn given_otherwise(&mut self, seq: u64, id: ConnId, packet: &Packet, marker: bool) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        match (packet, conn.session) {
            (Packet::Bare(bare), _) if bare.kind == PacketKind::Pingreq => conn.pings.push_back(seq),
            (_, None) if conn.connack.is_none() => conn.early.push((seq, packet.clone(), marker)),
            (_, None) => {}
            (_, Some(_)) => self.take_effect(seq, id, packet, marker),
        }
    }

    /// Gives a packet to the session of its connection.
    pub(super) fn take_effect(&mut self, seq: u64, id: ConnId, packet: &Packet, marker: bool) {
        let (Some(session), Standing::Current) = self.standing(id) else { return };
        match packet {
            Packet::Publish(publish) => self.publish_given(seq, id, session, publish, marker),
            Packet::Ack(ack) => self.ack_given(seq, id, session, ack),
            Packet::Subscribe(p) => {
                self.request_given(seq, id, p.packet_id, true, p.filters.len());
                if let Some(session) = self.sessions.get_mut(session.0) {
                    session.subscriptions.asked(seq, p);
                }
            }
            Packet::Unsubscribe(p) => {
                self.request_given(seq, id, p.packet_id, false, p.filters.len());
                if let Some(session) = self.sessions.get_mut(session.0) {
                    session.subscriptions.leaving(p);
                }
            }
            _ => {}
        }
    }

    fn request_given(&mut self, seq: u64, id: ConnId, packet_id: u16, subscribe: bool, filters: usize) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        if conn.requests.insert(packet_id, Request { seq, subscribe, filters }).is_some() {
            self.deviates(id, seq);
        }
    }

    fn publish_given(&mut self, seq: u64, id: ConnId, session: SessionId, publish: &Publish, marker: bool) {
        let topic = self.topic_given(id, publish);
        let version = self.version(id);
        let (Some(packet_id), 1..) = (publish.packet_id, publish.qos) else {
            if !marker {
                self.messages.published(seq, id, publish, &topic);
            }
            return;
        };
        let Some(known) = self.sessions.get_mut(session.0) else { return };
        match known.inbound.sort(id, packet_id, publish) {
            Given::Copy { live } => {
                known.inbound.copied(seq, id, packet_id);
                if live && version == Version::V5 {
                    self.deviates(id, seq);
                }
            }
            sort => {
                let message = (!marker).then(|| self.messages.published(seq, id, publish, &topic));
                known.inbound.given(seq, id, packet_id, publish, message);
                if sort == Given::Clash {
                    self.deviates(id, seq);
                }
            }
        }
    }

    fn topic_given(&mut self, id: ConnId, publish: &Publish) -> Text {
        let alias = publish.properties.number(PropertyId::TopicAlias).and_then(|a| u16::try_from(a).ok());
        let (Some(alias), Some(conn)) = (alias, self.connections.get_mut(&id)) else {
            return publish.topic.clone();
        };
        if publish.topic.is_empty() {
            return conn.aliases_up.get(&alias).cloned().unwrap_or_default();
        }
        conn.aliases_up.insert(alias, publish.topic.clone());
        publish.topic.clone()
    }

    fn ack_given(&mut self, seq: u64, id: ConnId, session: SessionId, ack: &Ack) {
        let (Some(known), Some(conn)) = (self.sessions.get_mut(session.0), self.connections.get_mut(&id))
        else {
            return;
        };
        if ack.kind == AckKind::Pubrel {
            if let Some(message) = known.inbound.released(seq, id, ack.packet_id) {
                self.messages.released(message, seq, id);
            }
            return;
        }
        if ack.kind == AckKind::Pubrec && ack.code() < 0x80 {
            conn.steps.entry(ack.packet_id).or_default().received += 1;
        }
        let fits = known.outbound.acknowledged(seq, ack);
        if !fits {
            self.deviates(id, seq);
        }
    }

    /// A packet was seen from the broker.
    pub(super) fn seen(&mut self, event: &Event, packet: &PacketEvent) {
        let id = packet.conn;
        match &packet.decoded.packet {
            Packet::Connack(connack) => self.connack_seen(event, id, connack),
            Packet::Publish(publish) => self.publish_seen(event, packet, publish),
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => self.pubrel_seen(event, id, ack.packet_id),
            Packet::Ack(ack) => self.ack_seen(id, ack),
            Packet::Suback(p) => {
                let (fit, filters) = self.request_answered(id, p.packet_id, true);
                self.codes_seen(event.seq, id, p.packet_id, Some(&p.codes));
                self.answered(id, fit, filters);
            }
            Packet::Unsuback(p) => {
                let (fit, filters) = self.request_answered(id, p.packet_id, false);
                self.codes_seen(event.seq, id, p.packet_id, None);
                self.answered(id, fit, filters);
            }
            Packet::Bare(bare) if bare.kind == PacketKind::Pingresp => {
                let ping = self.connections.get_mut(&id).and_then(|c| c.pings.pop_front());
                self.answered(id, ping.map_or(Fit::Nothing, Fit::Open), None);
            }
            Packet::Disconnect(_) => {
                if let Some(conn) = self.connections.get_mut(&id) {
                    conn.ended(event.at_us);
                }
            }
            _ => {}
        }
    }

    fn answered(&mut self, conn: ConnId, fit: Fit, filters: Option<usize>) {
        let (session, standing) = self.standing(conn);
        self.moment = Moment::Answered(Answered { conn, session, standing, fit, filters });
    }

    fn ack_seen(&mut self, id: ConnId, ack: &Ack) {
        let (session, standing) = self.standing(id);
        let known = session.and_then(|s| self.sessions.get_mut(s.0));
        let fit = match (standing, known) {
            (Standing::Current, Some(s)) => {
                s.inbound.answered(id, ack.packet_id, ack.kind, ack.code() >= 0x80)
            }
            _ => Fit::Nothing,
        };
        self.answered(id, fit, None);
    }

    /// What a SUBACK or UNSUBACK answers: a request of this connection, or one that an earlier connection left open.
    fn request_answered(&mut self, id: ConnId, packet_id: u16, subscribe: bool) -> (Fit, Option<usize>) {
        let Some(conn) = self.connections.get_mut(&id) else { return (Fit::Nothing, None) };
        match conn.requests.get(&packet_id).map(|r| (r.subscribe, r.seq, r.filters)) {
            Some((kind, seq, filters)) if kind == subscribe => {
                conn.requests.remove(&packet_id);
                return (Fit::Open(seq), Some(filters));
            }
            Some((_, seq, _)) => return (Fit::OtherKind(seq), None),
            None => {}
        }
        let session = self.connections.get(&id).and_then(|c| c.session).and_then(|s| self.session(s));
        let Some(session) = session else { return (Fit::Nothing, None) };
        let earlier = session.connections.iter().filter(|c| **c != id);
        let open = earlier.filter_map(|c| self.connections.get(c)?.requests.get(&packet_id));
        let late = open.filter(|r| r.subscribe == subscribe).map(|r| r.seq).next();
        (late.map_or(Fit::Nothing, Fit::Late), None)
    }

    fn codes_seen(&mut self, seq: u64, id: ConnId, packet_id: u16, codes: Option<&[u8]>) {
        let (Some(session), Standing::Current) = self.standing(id) else { return };
        let Some(session) = self.sessions.get_mut(session.0) else { return };
        match codes {
            Some(codes) => session.subscriptions.granted(seq, packet_id, codes),
            None => session.subscriptions.left(seq, packet_id),
        }
    }
}
