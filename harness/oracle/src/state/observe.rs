//! The one state of the protocol: takes events in order and keeps what rules and claims ask for.

use std::{collections::VecDeque, sync::Arc};

use deadzone_history::{
    By, ClientIx, Close, ConnId, Direction, End, Event, EventKind, Header, Origin, PacketEvent,
};
use deadzone_spec::{ClauseId, Node, Party};
use deadzone_wire::Version;

use super::{
    Closing, Conn, Delivered, Mark, Messages, Session, SessionIx, Transition, around::Around, recent::Recent,
    routes::Routes, table::Table,
};

/// Connections that are over, of which something is still known.
const ENDED_KEPT: usize = 4_096;
/// So many earlier sessions of a client id are looked through.
const EARLIER_KEPT: usize = 8;

/// The state of the protocol as the judged party's end has it, as far as the record shows it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) header: Arc<Header>,
    /// Whose packets are judged: they are *seen*, the other party's are *given*.
    pub(crate) judged: Party,
    pub(super) conns: Table<ConnId, Box<Conn>>,
    /// The connections of each client in the order of opening; over all clients, ended ones by age.
    pub(super) of_client: Vec<Vec<ConnId>>,
    ended: VecDeque<ConnId>,
    pub(super) sessions: Vec<Session>,
    pub(super) names: super::begin::Names,
    pub(super) routes: Routes,
    pub(crate) messages: Messages,
    pub(crate) around: Around,
    pub(crate) recent: Recent,
    pub(super) transition: Transition,
    /// Some client departed from the protocol.
    deviation: bool,
    pub(crate) now: Mark,
}

impl State {
    /// The state before the first event.
    pub(crate) fn new(header: &Arc<Header>, judged: Party) -> Self {
        Self {
            header: Arc::clone(header),
            judged,
            conns: Table::default(),
            of_client: vec![Vec::new(); header.clients.len() + 1],
            ended: VecDeque::new(),
            sessions: Vec::new(),
            names: super::begin::Names::default(),
            routes: Routes::default(),
            messages: Messages::new(header.origin),
            around: Around::default(),
            recent: Recent::new(header.origin),
            transition: Transition::None,
            deviation: false,
            now: Mark::default(),
        }
    }

    /// The end at which this party's packets are judged.
    pub(crate) fn end(&self) -> End {
        if self.judged == Party::Client { End::Client } else { End::Broker }
    }

    /// Whether packets that go this way are the judged party's.
    pub(crate) fn is_judged(&self, direction: Direction) -> bool {
        (direction == Direction::Down) == (self.judged != Party::Client)
    }

    /// Whether a statement binds the judged party.
    pub(crate) fn binds(&self, clause: ClauseId) -> bool {
        if self.judged == Party::Client { clause.binds_client() } else { clause.binds_server() }
    }

    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        self.now = Mark { seq: event.seq, at_us: event.at_us };
        self.transition = Transition::None;
        match &event.kind {
            EventKind::Opened { conn, client, node } => self.opened(*conn, *client, *node),
            EventKind::Packet(packet) => {
                let judged = packet.end == self.end();
                if judged || self.header.origin != Origin::Link {
                    self.recent.keep(self.now.seq, packet);
                }
                if judged {
                    self.packet(packet);
                } else {
                    self.crossed(packet);
                }
            }
            EventKind::Fragment(fragment) if fragment.end == self.end() => {
                self.scraps(fragment.conn, fragment.direction, false);
            }
            EventKind::Unframed(unframed) if unframed.end == self.end() => {
                self.scraps(unframed.conn, unframed.direction, true);
            }
            EventKind::Skipped(skipped) if skipped.end == self.end() => {
                self.scraps(skipped.conn, skipped.direction, false);
            }
            EventKind::Closed { conn, end, by, how } => self.closed(*conn, *end, *by, *how),
            other => {
                self.around.observe(self.now, other);
                if self.around.outage_since(self.now.seq.saturating_sub(1)).is_some() {
                    self.target_ended();
                }
            }
        }
    }

    fn opened(&mut self, conn: ConnId, client: ClientIx, node: Node) {
        let version = self.header.version_of(client);
        self.conns.insert(conn, Box::new(Conn::new(client, node, version, self.now)));
        if let Some(list) = self.of_client.get_mut(client.0 as usize) {
            list.push(conn);
        }
    }

    fn packet(&mut self, packet: &PacketEvent) {
        let id = packet.conn;
        let (now, judged) = (self.now, self.is_judged(packet.direction));
        let Some(conn) = self.conns.get_mut(id) else { return };
        if judged {
            conn.packet_seen(now, &packet.body);
            self.around.last_seen = Some(now);
            self.seen(packet);
        } else {
            conn.packet_given(now, packet.packet().kind());
            conn.debts.given(now, packet.packet());
            self.given(packet);
        }
    }

    /// A packet at the other end: what the judged party sent has arrived there.
    fn crossed(&mut self, packet: &PacketEvent) {
        if !self.is_judged(packet.direction) {
            return;
        }
        let Some(seen) = packet.of else { return };
        let Some(conn) = self.conns.get_mut(packet.conn) else { return };
        conn.arrived(seen.get());
    }

    fn scraps(&mut self, conn: ConnId, direction: Direction, unframed: bool) {
        let (seq, judged) = (self.now.seq, self.is_judged(direction));
        let Some(c) = self.conns.get_mut(conn) else { return };
        if judged {
            c.ends.torn_down = true;
            return;
        }
        c.given.scraps.get_or_insert(seq);
        if unframed {
            self.deviates(conn, seq);
        }
    }

    fn closed(&mut self, id: ConnId, end: End, by: By, how: Close) {
        let now = self.now;
        let own_end = self.end();
        let Some(conn) = self.conns.get_mut(id) else { return };
        let closing = Closing { at: now, by, how };
        match (end, by) {
            (End::Client, _) => conn.ends.here.get_or_insert(closing),
            (End::Broker, By::Broker) => conn.ends.by_broker.get_or_insert(closing),
            (End::Broker, By::Harness) => conn.ends.for_broker.get_or_insert(closing),
        };
        if end == own_end {
            conn.ends.note(now.at_us);
            let unanswered = conn.handshake.connect.is_some() && conn.handshake.connack.is_none();
            if unanswered {
                self.never_answered(id);
            }
        }
        let over = self.conns.get(id).is_some_and(|c| c.ends.here.is_some());
        if over && end == End::Client {
            self.retire(id);
        }
    }

    /// A connection that its client has left is remembered for a while.
    fn retire(&mut self, id: ConnId) {
        if let Some(conn) = self.conns.get_mut(id).filter(|c| c.ends.by_broker.is_some()) {
            conn.slim();
        }
        self.ended.push_back(id);
        if self.ended.len() <= ENDED_KEPT {
            return;
        }
        let Some(oldest) = self.ended.pop_front() else { return };
        let Some(conn) = self.conns.remove(oldest) else { return };
        if let Some(list) = self.of_client.get_mut(conn.client.0 as usize) {
            list.retain(|kept| *kept != oldest);
        }
    }

    /// The client departed from the protocol: its session is no more judged.
    pub(super) fn deviates(&mut self, conn: ConnId, seq: u64) {
        let Some(c) = self.conns.get_mut(conn) else { return };
        self.deviation = true;
        c.deviates(seq);
        if let Some(session) = c.session {
            self.session_deviates(session, seq);
        }
    }

    pub(super) fn session_deviates(&mut self, session: SessionIx, seq: u64) {
        if let Some(session) = self.sessions.get_mut(session.0 as usize) {
            session.deviant.get_or_insert(seq);
        }
    }

    /// Whether a packet with the id 0 was given on a connection, so that an echo of it is no invention.
    pub(crate) fn answers_zero(&self, conn: ConnId) -> bool {
        self.conn(conn).is_some_and(|c| c.given.zero_id)
    }

    /// Whether some client departed from the protocol, so that what the judged party took from it is open.
    pub(crate) fn someone_deviates(&self) -> bool {
        self.deviation
    }

    /// What the current event is.
    pub(crate) fn transition(&self) -> &Transition {
        &self.transition
    }

    /// The current event, if it is a PUBLISH that may be judged against its session's state, with that session.
    pub(crate) fn judged_delivery(&self) -> Option<(&Delivered, &Session)> {
        let Transition::Delivered(delivered) = &self.transition else { return None };
        let session = self.session(delivered.session?)?;
        (delivered.currency == super::Currency::Current && session.certain()).then_some((delivered, session))
    }

    /// The version in force on a connection.
    pub(crate) fn version(&self, conn: ConnId) -> Version {
        self.conn(conn).map_or(self.header.version, |c| c.version)
    }

    /// A connection that was opened and is remembered.
    pub(crate) fn conn(&self, conn: ConnId) -> Option<&Conn> {
        self.conns.get(conn).map(|conn| &**conn)
    }

    /// Whose connection it is; one that nobody opened is nobody's.
    pub(super) fn client_of(&self, conn: ConnId) -> ClientIx {
        self.conn(conn).map_or(ClientIx(u32::MAX), |c| c.client)
    }

    /// The client's connections in the order of opening.
    pub(crate) fn conns_of(&self, client: ClientIx) -> impl DoubleEndedIterator<Item = (ConnId, &Conn)> {
        let ids = self.of_client.get(client.0 as usize).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| Some((*id, self.conn(*id)?)))
    }

    /// Every connection that is remembered, in the order of opening.
    pub(crate) fn conns(&self) -> Vec<(ConnId, &Conn)> {
        let mut ids: Vec<ConnId> = self.of_client.iter().flatten().copied().collect();
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| Some((id, self.conn(id)?))).collect()
    }

    /// A session that began.
    pub(crate) fn session(&self, id: SessionIx) -> Option<&Session> {
        self.sessions.get(id.0 as usize)
    }

    /// Every session, in the order in which they began.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (SessionIx, &Session)> {
        self.sessions.iter().enumerate().map(|(ix, session)| (SessionIx(ix as u32), session))
    }

    /// The last earlier sessions of the same client id, the latest first.
    pub(crate) fn earlier_sessions(&self, session: SessionIx) -> impl Iterator<Item = &Session> {
        let next = |ix: &SessionIx| self.session(*ix).and_then(|session| session.previous);
        let chain = std::iter::successors(Some(session), next).skip(1).take(EARLIER_KEPT);
        chain.filter_map(|ix| self.session(ix))
    }

    /// The session that a client's latest accepted connection belongs to.
    pub(crate) fn session_of(&self, client: ClientIx) -> Option<(SessionIx, &Session)> {
        let ix = self.conns_of(client).rev().find_map(|(_, conn)| conn.session)?;
        Some((ix, self.session(ix)?))
    }

    /// A client's name, for people.
    pub(crate) fn name(&self, client: ClientIx) -> &str {
        self.header.clients.get(client.0 as usize).map_or("the harness", |info| info.name.as_str())
    }
}
