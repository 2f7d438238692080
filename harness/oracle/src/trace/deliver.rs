//! What the broker sends about messages: PUBLISH and PUBREL.

use deadzone_history::{ConnId, Event, PacketEvent};
use deadzone_wire::{PropertyId, Publish, Text};

use super::{
    Delivered, Matching, Moment, Released, Session, SessionId, Sight, Standing, Trace, connection::Steps,
};

impl Trace {
    /// Whether what is seen on a connection speaks for its session's present.
    pub(super) fn standing(&self, id: ConnId) -> (Option<SessionId>, Standing) {
        let session = self.connections.get(&id).and_then(|c| c.session);
        let current = session.and_then(|s| self.session(s)).and_then(Session::current);
        match (session, current == Some(id)) {
            (None, _) => (None, Standing::NoSession),
            (Some(_), true) => (session, Standing::Current),
            (Some(_), false) => (session, Standing::Stale),
        }
    }

    pub(super) fn publish_seen(&mut self, event: &Event, packet: &PacketEvent, publish: &Publish) {
        let id = packet.conn;
        let (topic, unknown_alias) = self.topic_seen(id, publish);
        let (session, standing) = self.standing(id);
        let ours = !packet.is_marker() && self.of_this_run(&topic);
        let source = if ours { self.messages.source(&publish.payload) } else { None };
        let drained_before = self.drained_before(session);
        if let (Standing::Stale, Some(conn)) = (standing, self.connections.get_mut(&id)) {
            conn.torn_down = true;
        }
        let mut sight = if publish.qos == 0 { Sight::Plain } else { Sight::First };
        let mut matching = Matching::default();
        if let (Standing::Current, Some(s)) = (standing, session.and_then(|s| self.sessions.get_mut(s.0))) {
            if let (Some(packet_id), 1..) = (publish.packet_id, publish.qos) {
                let key = (packet_id, packet.frame.wire_len());
                sight = s.outbound.seen(event.seq, id, key, publish, &topic);
                if let (Sight::First, Some(conn)) = (sight, self.connections.get_mut(&id)) {
                    conn.steps.remove(&packet_id);
                }
            }
            matching = s.subscriptions.matching(&topic, source.map(|s| s.seq));
        }
        let conn = id;
        self.moment = Moment::Delivered(Box::new(Delivered {
            conn,
            session,
            standing,
            topic,
            unknown_alias,
            sight,
            source,
            matching,
            drained_before,
        }));
    }

    /// Whether a topic carries the run's nonce: on others somebody else may have published the same payload.
    fn of_this_run(&self, topic: &Text) -> bool {
        let nonce = self.header.nonce.as_bytes();
        nonce.is_empty() || topic.0.windows(nonce.len()).any(|part| part == nonce)
    }

    /// The Topic Name with its alias resolved, and whether the alias is unknown.
    fn topic_seen(&mut self, id: ConnId, publish: &Publish) -> (Text, bool) {
        let alias = publish.properties.number(PropertyId::TopicAlias).and_then(|a| u16::try_from(a).ok());
        let (Some(alias), Some(conn)) = (alias, self.connections.get_mut(&id)) else {
            return (publish.topic.clone(), false);
        };
        if !publish.topic.is_empty() {
            conn.aliases_down.insert(alias, publish.topic.clone());
            return (publish.topic.clone(), false);
        }
        match conn.aliases_down.get(&alias) {
            Some(topic) => (topic.clone(), false),
            None => (Text::default(), true),
        }
    }

    /// Whether every connection of the session but the current one was read to its end.
    fn drained_before(&mut self, session: Option<SessionId>) -> bool {
        let Some(session) = session.and_then(|s| self.sessions.get_mut(s.0)) else { return false };
        while let Some(last) = session.undrained.last() {
            if self.connections.get(last).is_none_or(|c| c.drained.is_none()) {
                return false;
            }
            session.undrained.pop();
        }
        true
    }

    pub(super) fn pubrel_seen(&mut self, event: &Event, id: ConnId, packet_id: u16) {
        let (session, standing) = self.standing(id);
        let known = match (standing, session.and_then(|s| self.sessions.get_mut(s.0))) {
            (Standing::Current, Some(s)) => s.outbound.released(event.seq, packet_id),
            _ => None,
        };
        let carried = known.as_ref().is_some_and(|e| e.carried);
        let Some(conn) = self.connections.get_mut(&id) else { return };
        let steps = conn.steps.entry(packet_id).or_default();
        let Steps { received, released } = *steps;
        steps.released += u32::from(!carried);
        self.moment = Moment::Released(Released {
            conn: id,
            session,
            standing,
            stage: known.as_ref().map(|e| e.stage),
            last: known.as_ref().map(|e| e.touched),
            received,
            released,
            carried,
        });
    }
}
