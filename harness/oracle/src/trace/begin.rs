//! How sessions begin and end: CONNECT, CONNACK, DISCONNECT, and connections that never got an answer.

use deadzone_history::{ConnId, Event};
use deadzone_wire::{Connack, Connect, Disconnect, PropertyId, Text, Version};

use super::{Begun, Moment, Session, SessionId, Trace, connection::ConnectFacts};

impl Trace {
    pub(super) fn connect_given(&mut self, event: &Event, id: ConnId, connect: &Connect) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        if conn.connect.is_some() {
            self.deviates(id, event.seq);
            return;
        }
        conn.connect_given(event.seq, event.at_us, connect);
        *self.waiting.entry(connect.client_id.clone()).or_default() += 1;
        if let Some(will) = &connect.will {
            self.messages.will(event.seq, &will.payload, connect.will_qos(), connect.will_retain());
        }
    }

    pub(super) fn connack_seen(&mut self, event: &Event, id: ConnId, connack: &Connack) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        let first = conn.connack.is_none();
        conn.connack.get_or_insert(event.seq);
        let Some(facts) = conn.connect.clone() else { return };
        let version = conn.version;
        let client_id = effective_id(&facts, connack);
        let previous = client_id.as_ref().and_then(|name| self.by_client_id.get(name).copied());
        let alone = first && self.answered_connect(&facts.client_id);
        let (owed, gone) = self.outlook(previous, &facts, version);
        let (owed, gone) = (owed && alone, gone && alone);
        self.moment = Moment::Begun(Begun { conn: id, first, previous, owed, gone });
        if !first {
            return;
        }
        if connack.code == 0 {
            self.begin(event.seq, id, &facts, connack, (client_id, previous));
            let session = self.connections.get(&id).and_then(|c| c.session).filter(|_| !alone);
            self.doubt(session, event.seq);
        } else if facts.clean {
            self.doubt(previous, event.seq);
        }
    }

    /// One CONNECT with this client id waits no more; whether no other one does.
    fn answered_connect(&mut self, client_id: &Text) -> bool {
        let Some(waiting) = self.waiting.get_mut(client_id) else { return true };
        *waiting = waiting.saturating_sub(1);
        let alone = *waiting == 0 || client_id.is_empty();
        if *waiting == 0 {
            self.waiting.remove(client_id);
        }
        alone
    }

    /// Whether the previous session must be there, and whether it cannot be.
    fn outlook(&self, previous: Option<SessionId>, facts: &ConnectFacts, version: Version) -> (bool, bool) {
        let Some(session) = previous.and_then(|id| self.session(id)) else { return (false, false) };
        let last = session.current().and_then(|conn| self.connections.get(&conn));
        let ended_us = last.and_then(|c| c.ended_us);
        let owed = session.owed(version, ended_us, facts.at_us);
        let closed_before = last.and_then(|c| c.drained).is_some_and(|seq| seq < facts.seq);
        let gone = session.certain() && session.expiry_s == 0 && session.version == version && closed_before;
        (owed, gone)
    }

    fn begin(
        &mut self,
        seq: u64,
        id: ConnId,
        facts: &ConnectFacts,
        connack: &Connack,
        (client_id, previous): (Option<Text>, Option<SessionId>),
    ) {
        let granted = connack.properties.as_ref().and_then(|p| p.number(PropertyId::SessionExpiryInterval));
        let expiry_s = granted.unwrap_or(facts.expiry_s);
        let version = self.version(id);
        let alive = previous.filter(|p| self.session(*p).is_some_and(|s| s.ended.is_none()));
        let session = match alive {
            Some(known) if connack.session_present() => {
                self.resume(seq, known, id, facts, expiry_s);
                known
            }
            _ => {
                if let Some(old) = alive.and_then(|old| self.sessions.get_mut(old.0)) {
                    old.ended = Some(seq);
                }
                let new = SessionId(self.sessions.len());
                self.sessions.push(Session::new(version, !connack.session_present(), id, expiry_s));
                new
            }
        };
        if let Some(name) = client_id {
            self.by_client_id.insert(name, session);
        }
        let Some(conn) = self.connections.get_mut(&id) else { return };
        conn.session = Some(session);
        let (deviant, early) = (conn.deviant, std::mem::take(&mut conn.early));
        if let (Some(at), Some(session)) = (deviant, self.sessions.get_mut(session.0)) {
            session.deviant.get_or_insert(at);
        }
        for (seq, packet, marker) in early {
            self.take_effect(seq, id, &packet, marker);
        }
    }

    fn resume(&mut self, seq: u64, known: SessionId, id: ConnId, facts: &ConnectFacts, expiry_s: u32) {
        let version = self.version(id);
        let Some(session) = self.sessions.get_mut(known.0) else { return };
        if facts.clean || session.version != version {
            session.doubtful.get_or_insert(seq);
        }
        session.undrained.extend(session.current());
        session.connections.push(id);
        session.expiry_s = expiry_s;
        session.outbound.resumed(facts.maximum_packet);
    }

    fn doubt(&mut self, session: Option<SessionId>, seq: u64) {
        if let Some(session) = session.and_then(|id| self.sessions.get_mut(id.0)) {
            session.doubtful.get_or_insert(seq);
        }
    }

    /// The connection ended with its CONNECT unanswered: the broker may or may not have read it and what followed.
    pub(super) fn never_answered(&mut self, seq: u64, id: ConnId) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        let Some(facts) = conn.connect.clone() else { return };
        conn.connack = Some(seq);
        self.answered_connect(&facts.client_id);
        let Some(conn) = self.connections.get_mut(&id) else { return };
        let early = !std::mem::take(&mut conn.early).is_empty();
        let known = self.by_client_id.get(&facts.client_id).copied();
        let Some(session) = known.and_then(|known| self.sessions.get_mut(known.0)) else {
            return;
        };
        session.connections.insert(session.connections.len().saturating_sub(1), id);
        session.undrained.push(id);
        session.expiry_s = session.expiry_s.min(facts.expiry_s);
        if facts.clean || early {
            session.doubtful.get_or_insert(seq);
        }
    }

    pub(super) fn disconnect_given(&mut self, event: &Event, id: ConnId, disconnect: &Disconnect) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        conn.ended(event.at_us);
        let asked = disconnect.properties.as_ref().and_then(|p| p.number(PropertyId::SessionExpiryInterval));
        if let (Some(expiry_s), Some(session)) =
            (asked, conn.session.and_then(|s| self.sessions.get_mut(s.0)))
        {
            session.expiry_s = session.expiry_s.min(expiry_s);
        }
    }
}

/// The client id that names the session: the broker's, where it assigned one; none where nobody knows it.
fn effective_id(facts: &ConnectFacts, connack: &Connack) -> Option<Text> {
    if !facts.client_id.is_empty() {
        return Some(facts.client_id.clone());
    }
    connack.properties.as_ref().and_then(|p| p.text(PropertyId::AssignedClientIdentifier)).cloned()
}
