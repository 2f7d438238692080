//! The trace itself: takes events in order and keeps what rules ask for.

use std::collections::BTreeMap;

use deadzone_history::{By, Close, ConnId, Direction, End, Event, EventKind, Header, PacketEvent, Place};
use deadzone_wire::{Text, Version};

use super::{
    Connection, Delivered, Message, MessageId, Moment, Session, SessionId, connection::Connections,
    message::Messages,
};

/// The state of the protocol at the broker's end, as far as the record shows it.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(super) header: Header,
    pub(super) connections: Connections,
    pub(super) sessions: Vec<Session>,
    /// The last session of each client id, ended or not.
    pub(super) by_client_id: BTreeMap<Text, SessionId>,
    /// How many CONNECTs with a client id wait for their CONNACK.
    pub(super) waiting: BTreeMap<Text, u32>,
    pub(super) messages: Messages,
    pub(super) moment: Moment,
    place: Option<Place>,
    over: bool,
}

impl Trace {
    /// A trace before the first event.
    pub(crate) fn new(header: &Header) -> Self {
        Self {
            header: header.clone(),
            connections: Connections::new(),
            sessions: Vec::new(),
            by_client_id: BTreeMap::new(),
            waiting: BTreeMap::new(),
            messages: Messages::default(),
            moment: Moment::Quiet,
            place: None,
            over: false,
        }
    }

    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        self.moment = Moment::Quiet;
        if self.over {
            return;
        }
        match &event.kind {
            EventKind::Opened { conn, client } => {
                let version = self.header.version_of(*client);
                self.connections.insert(*conn, Connection::new(version));
            }
            EventKind::Packet(packet) if packet.end == End::Broker => self.packet(event, packet),
            EventKind::Fragment(f) if f.end == End::Broker => {
                if let (Some(c), Direction::Down) = (self.connections.get_mut(&f.conn), f.direction) {
                    c.torn_down = true;
                }
            }
            EventKind::Unframed(u) if u.end == End::Broker => self.unframed(event, u.conn, u.direction),
            EventKind::Closed { conn, end: End::Broker, by, how } => self.closed(event, *conn, *by, *how),
            EventKind::Step(step) => {
                self.place = Some(Place { line: step.line, column: 1, length: 1 });
            }
            EventKind::Teardown => self.over = true,
            _ => {}
        }
    }

    fn packet(&mut self, event: &Event, packet: &PacketEvent) {
        match packet.direction {
            Direction::Up => self.given(event, packet),
            Direction::Down => {
                if let Some(conn) = self.connections.get_mut(&packet.conn) {
                    conn.first_seen.get_or_insert(event.seq);
                }
                self.seen(event, packet);
            }
        }
    }

    fn unframed(&mut self, event: &Event, conn: ConnId, direction: Direction) {
        match (direction, self.connections.get_mut(&conn)) {
            (Direction::Up, Some(_)) => self.deviates(conn, event.seq),
            (Direction::Down, Some(c)) => c.torn_down = true,
            (_, None) => {}
        }
    }

    fn closed(&mut self, event: &Event, id: ConnId, by: By, how: Close) {
        let Some(conn) = self.connections.get_mut(&id) else { return };
        conn.ended(event.at_us);
        if by == By::Broker && how == Close::Fin && !conn.torn_down {
            conn.drained.get_or_insert(event.seq);
        }
        if conn.connect.is_some() && conn.connack.is_none() {
            self.never_answered(event.seq, id);
        }
    }

    /// The client departed from the protocol: its session is no more judged.
    pub(super) fn deviates(&mut self, conn: ConnId, seq: u64) {
        let Some(c) = self.connections.get_mut(&conn) else { return };
        c.deviates(seq);
        if let Some(session) = c.session.and_then(|id| self.sessions.get_mut(id.0)) {
            session.deviant.get_or_insert(seq);
        }
    }

    /// What the current event is.
    pub(crate) fn moment(&self) -> &Moment {
        &self.moment
    }

    /// The current event, if it is a PUBLISH that may be judged against its session's state, with that session.
    pub(crate) fn judged_delivery(&self) -> Option<(&Delivered, &Session)> {
        let Moment::Delivered(delivered) = &self.moment else { return None };
        let current = delivered.standing == super::Standing::Current;
        let session = self.session(delivered.session?)?;
        (current && session.certain()).then_some((delivered, session))
    }

    /// Whether the teardown has begun: nothing is judged any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// The first line of the history.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The version in force on a connection.
    pub(crate) fn version(&self, conn: ConnId) -> Version {
        self.connections.get(&conn).map_or(self.header.version, |c| c.version)
    }

    /// A connection that was opened.
    pub(crate) fn connection(&self, conn: ConnId) -> Option<&Connection> {
        self.connections.get(&conn)
    }

    /// A session that began.
    pub(crate) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id.0)
    }

    /// A message that was given.
    pub(crate) fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(id)
    }

    /// The step during which this happens.
    pub(crate) fn place(&self) -> Option<Place> {
        self.place
    }
}
