//! How sessions begin and end: CONNECT, CONNACK, DISCONNECT, and connections that never got an answer.

use deadzone_history::{ConnId, Durability};
use deadzone_spec::Party;
use deadzone_wire::{Connack, Connect, Disconnect, PropertyId, Text, Version};

use super::{
    ConnackFacts, ConnectFacts, Connected, DisconnectFacts, Mark, Outlook, Said, Session, SessionIx, State,
    Transition, phase, session::seconds_us,
};
use crate::hash::Map;

/// Sessions by client id.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The last session of each client id, ended or not.
    by_client_id: Map<Text, SessionIx>,
    /// How many CONNECTs with a client id wait for their CONNACK.
    waiting: Map<Text, u32>,
}

impl Names {
    /// The last session under this client id.
    pub(crate) fn session(&self, client_id: &Text) -> Option<SessionIx> {
        self.by_client_id.get(client_id).copied()
    }

    /// One CONNECT with this client id waits no more; whether no other one does.
    fn answered(&mut self, client_id: &Text) -> bool {
        let Some(waiting) = self.waiting.get_mut(client_id) else { return true };
        *waiting = waiting.saturating_sub(1);
        let alone = *waiting == 0 || client_id.is_empty();
        if *waiting == 0 {
            self.waiting.remove(client_id);
        }
        alone
    }
}

impl State {
    pub(super) fn connect_given(&mut self, id: ConnId, connect: &Connect, length: u32) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        if conn.handshake.connect.is_some() {
            conn.given.second_connect.get_or_insert(now.seq);
            self.deviates(id, now.seq);
            return;
        }
        conn.version = connect.layout(conn.version);
        let version = conn.version;
        if let Some(will) = &connect.will {
            let seen = super::publish::Seen { id, session: None, topic: &will.topic, length };
            self.add_will(seen, will, connect.will_qos(), connect.will_retain());
        }
        let last = self.names.session(&connect.client_id).and_then(|known| self.session(known)?.current());
        let stands = last.and_then(|c| self.conn(c)).is_some_and(|c| c.ends.first_us.is_none());
        if let Some(conn) = self.conns.get_mut(id) {
            conn.handshake.connect = Some(ConnectFacts::new(now, connect, version));
            conn.takes_over = stands;
        }
        *self.names.waiting.entry(connect.client_id.clone()).or_default() += 1;
    }

    pub(super) fn connack_seen(&mut self, id: ConnId, connack: &Connack) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        let first = conn.handshake.connack.is_none();
        conn.handshake.connack.get_or_insert_with(|| ConnackFacts::new(now, connack));
        conn.said.get_or_insert_with(|| Said::new(connack));
        let Some(facts) = conn.handshake.connect.clone() else { return };
        let version = conn.version;
        let client_id = effective_id(&facts, connack);
        let previous = client_id.as_ref().and_then(|name| self.names.session(name));
        let alone = first && self.names.answered(&facts.client_id);
        let outlook = if alone { self.outlook(previous, &facts, version) } else { Outlook::Open };
        self.transition = Transition::Connected(Connected { conn: id, first, previous, outlook });
        if !first {
            return;
        }
        if let Some(conn) = self.conns.get_mut(id) {
            conn.outlook = outlook;
            conn.standing = phase::standing(connack.session_present(), conn.takes_over);
        }
        if connack.code == 0 {
            self.begin(id, &facts, connack, (client_id, previous));
            let session = self.conn(id).and_then(|c| c.session).filter(|_| !alone);
            self.doubt(session);
        } else if facts.clean {
            self.doubt(previous);
        }
    }

    /// Whether the previous session can be there.
    pub(crate) fn outlook(
        &self,
        previous: Option<SessionIx>,
        facts: &ConnectFacts,
        version: Version,
    ) -> Outlook {
        let Some(session) = previous.and_then(|id| self.session(id)) else { return Outlook::Open };
        let Some(last) = session.current().and_then(|conn| self.conn(conn)) else { return Outlook::Open };
        let (mut least_s, mut greatest_s) = last.expiry_s();
        if let Some((least, greatest)) = session.maybe_expiry_s {
            (least_s, greatest_s) = (least_s.min(least), greatest_s.max(greatest));
        }
        if version != Version::V5
            && least_s > 0
            && let Some(ttl_s) = self.header.target.session_ttl_s
        {
            least_s = least_s.min(ttl_s);
        }
        let closed_us =
            last.ends.by_broker.map(|c| c.at).filter(|at| at.seq < facts.at.seq).map(|at| at.at_us);
        let noticed_us = || {
            let keep_alive_s = u64::from(last.handshake.keep_alive_s());
            let (at, _) = last.given.last?;
            (keep_alive_s > 0).then(|| at.at_us + keep_alive_s * 1_500_000 + seconds_us(5))
        };
        // Its own close shows that the broker noticed; without it 1.5 times the keep-alive bounds how long it may not.
        let gone_us = closed_us.or_else(noticed_us);
        // A close that was read to its end leaves nothing open; any other only bounds the time.
        let drained = last.ends.drained().is_some_and(|at| at.seq < facts.at.seq);
        let gone_us = if greatest_s == 0 && !drained { None } else { gone_us };
        if self.around.outage_since(last.opened.seq).is_some() && !self.outlives(last.handshake.accepted()) {
            return Outlook::Open;
        }
        let ends = (last.ends.first_us, gone_us);
        let ended = last.given.last.map_or(last.opened.seq, |(at, _)| at.seq);
        match session.outlook(facts, version, (least_s, greatest_s), ends.0, ends.1) {
            // Its clock may have stood still while the session ran out. One that ends with its connection needs no clock.
            Outlook::Gone | Outlook::Ending if greatest_s > 0 && self.around.frozen_since(ended) => {
                Outlook::Open
            }
            outlook => outlook,
        }
    }

    /// Whether what the target acknowledged there outlives the last end of its process.
    pub(crate) fn outlives(&self, acknowledged: Option<Mark>) -> bool {
        let before = |end: Mark| acknowledged.is_some_and(|at| at.seq < end.seq);
        let emptied = self.around.emptied.is_some_and(before);
        let keeps = self.header.target.durable == Durability::Ack && !emptied;
        self.around.outage_since(0).is_none_or(|(end, _)| keeps && before(end))
    }

    /// The target's process ended: whatever it had not stored is lost, and nothing shows what that was.
    pub(super) fn target_ended(&mut self) {
        let (seq, keeps) = (self.now.seq, self.header.target.durable == Durability::Ack);
        for session in self.sessions.iter_mut().filter(|session| session.ended.is_none()) {
            // How far a delivery had come is no acknowledged fact in any case.
            session.outbound.lost();
            if !keeps {
                session.doubtful.get_or_insert(seq);
            }
        }
    }

    fn begin(
        &mut self,
        id: ConnId,
        facts: &ConnectFacts,
        connack: &Connack,
        (client_id, previous): (Option<Text>, Option<SessionIx>),
    ) {
        let version = self.version(id);
        let alive = previous.filter(|p| self.session(*p).is_some_and(|s| s.ended.is_none()));
        let session = match alive {
            Some(known) if connack.session_present() => {
                self.resume(known, id, facts);
                known
            }
            _ => {
                if let Some(old) = alive {
                    self.end_session(old);
                }
                let new = SessionIx(self.sessions.len() as u32);
                let name = client_id.clone().unwrap_or_default();
                let mut session = Session::new(name, version, !connack.session_present(), id);
                // It says that it lost what it had to keep: what it does next may show that it did not.
                let kept = self.conn(id).is_some_and(|c| c.outlook == Outlook::Owed) && !facts.clean;
                let lost = kept && !connack.session_present() && self.judged != Party::Client;
                session.doubtful = lost.then_some(self.now.seq);
                session.previous = previous;
                self.sessions.push(session);
                new
            }
        };
        if let Some(name) = client_id {
            self.names.by_client_id.insert(name, session);
        }
        let Some(conn) = self.conns.get_mut(id) else { return };
        conn.session = Some(session);
        let (deviant, early) = (conn.given.deviant, std::mem::take(&mut conn.handshake.early));
        if let Some(at) = deviant {
            self.session_deviates(session, at);
        }
        let now = self.now;
        for (at, body, marker) in early {
            self.now = at;
            if let Some(conn) = self.conns.get_mut(id) {
                conn.weighed(at, body.frame(), body.packet());
            }
            if self.judged == Party::Client {
                self.early_takes_effect(id, session, &body);
            } else {
                self.take_effect(id, body.packet(), marker);
            }
        }
        self.now = now;
    }

    fn end_session(&mut self, old: SessionIx) {
        let seq = self.now.seq;
        if let Some(old) = self.sessions.get_mut(old.0 as usize) {
            old.ended = Some(seq);
            if self.judged == Party::Client {
                // What a client goes on with is told from what it had.
                return;
            }
            old.inbound = Default::default();
            old.outbound = Default::default();
        }
        self.routes.changed();
    }

    fn resume(&mut self, known: SessionIx, id: ConnId, facts: &ConnectFacts) {
        let version = self.version(id);
        let last = self.session(known).and_then(Session::current);
        let closed_us = last.and_then(|c| self.conn(c)).and_then(|c| c.ends.by_broker).map(|c| c.at.at_us);
        let seq = self.now.seq;
        let Some(session) = self.sessions.get_mut(known.0 as usize) else { return };
        if facts.clean || session.version != version {
            session.doubtful.get_or_insert(seq);
        }
        match closed_us {
            Some(us) => session.connections.last_close_us = session.connections.last_close_us.max(us),
            None => session.connections.unclosed = true,
        }
        session.connections.push(id);
        session.maybe_expiry_s = None;
        session.outbound.resumed(facts.limits.maximum_packet);
    }

    fn doubt(&mut self, session: Option<SessionIx>) {
        let seq = self.now.seq;
        if let Some(session) = session.and_then(|id| self.sessions.get_mut(id.0 as usize)) {
            session.doubtful.get_or_insert(seq);
        }
    }

    /// The connection ended with its CONNECT unanswered: the broker may or may not have read it and what followed.
    pub(super) fn never_answered(&mut self, id: ConnId) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        let Some(facts) = conn.handshake.connect.clone() else { return };
        if conn.handshake.connack.is_some() {
            return;
        }
        for event in self.ahead_of(id) {
            self.came_ahead(&event);
        }
        self.transition = Transition::None;
        self.names.answered(&facts.client_id);
        let Some(conn) = self.conns.get_mut(id) else { return };
        let early = !std::mem::take(&mut conn.handshake.early).is_empty();
        let known = self.names.session(&facts.client_id);
        let Some(session) = known.and_then(|known| self.sessions.get_mut(known.0 as usize)) else {
            return;
        };
        session.connections.insert_earlier(id);
        session.connections.unclosed = true;
        let (least_s, greatest_s) = session.maybe_expiry_s.unwrap_or((facts.expiry_s, facts.expiry_s));
        session.maybe_expiry_s = Some((least_s.min(facts.expiry_s), greatest_s.max(facts.expiry_s)));
        if facts.clean || early {
            session.doubtful.get_or_insert(now.seq);
        }
    }

    pub(super) fn disconnect_given(&mut self, id: ConnId, disconnect: &Disconnect, well_formed: bool) {
        let now = self.now;
        let Some(conn) = self.conns.get_mut(id) else { return };
        conn.ends.note(now.at_us);
        conn.handshake.goodbye = Some(DisconnectFacts::new(now, disconnect, well_formed));
    }
}

/// The client id that names the session: the broker's, where it assigned one; none where nobody knows it.
fn effective_id(facts: &ConnectFacts, connack: &Connack) -> Option<Text> {
    if !facts.client_id.is_empty() {
        return Some(facts.client_id.clone());
    }
    connack.properties.as_ref().and_then(|p| p.text(PropertyId::AssignedClientIdentifier)).cloned()
}
