//! The growing record: clients, connections, packets, closes.

use bytes::Bytes;
use deadzone_link::{Direction, Note};
use deadzone_wire::{Frame, Packet, Sender, Version, decode};

use crate::{
    By, ClientInfo, Close, ConnId, End, EventKind, Header, History, PacketEvent, Recorder, RecorderLimits,
    RunKind, SCHEMA, TargetFacts,
};

/// A hand-made record is as large as its maker wants.
const LIMITS: RecorderLimits =
    RecorderLimits { events_at_one_instant: u64::MAX, events: u64::MAX, bytes: u64::MAX };

/// A growing history. Every method that appends returns a sequence number or an id, for the test to name.
#[derive(Debug)]
pub struct HandMade {
    pub(super) recorder: Recorder,
    pub(super) header: Header,
    pub(super) owners: Vec<usize>,
    pub(super) now_us: u64,
    pub(super) claims: u32,
    pub(super) step: u32,
    pub(super) step_us: u64,
}

impl HandMade {
    /// A history in this version, with nonce `dz1`, without clients. Each event comes 1 ms after the one before.
    pub fn new(version: Version) -> Self {
        let header = Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: "hand/made/history".to_owned(),
            file: "hand/made.mqt".to_owned(),
            version,
            seed: "0".to_owned(),
            run: RunKind::Main,
            nonce: "dz1".to_owned(),
            clauses: Vec::new(),
            clients: Vec::new(),
            target: TargetFacts::default(),
        };
        let recorder = Recorder::new(header.clone(), RecorderLimits { bytes: u64::MAX, ..LIMITS });
        Self { recorder, header, owners: Vec::new(), now_us: 0, claims: 0, step: 0, step_us: 1_000 }
    }

    /// A polite, impaired client of the history's version; its index. Its Client Identifier will be its name.
    pub fn client(&mut self, name: &str) -> usize {
        let version = self.header.version;
        self.client_with(ClientInfo { name: name.to_owned(), manual: false, direct: false, version })
    }

    /// A client with all that is known of it; its index.
    pub fn client_with(&mut self, client: ClientInfo) -> usize {
        self.header.clients.push(client);
        self.header.clients.len() - 1
    }

    /// The header, to change it; clients must be there before their connections.
    pub fn header(&mut self) -> &mut Header {
        &mut self.header
    }

    /// Lets time pass, µs.
    pub fn pass_us(&mut self, us: u64) -> &mut Self {
        self.now_us += us;
        self
    }

    /// How much time passes before each event, µs; 0 makes all simultaneous.
    pub fn every_us(&mut self, us: u64) -> &mut Self {
        self.step_us = us;
        self
    }

    /// Any event, where no method fits.
    pub fn event(&mut self, kind: EventKind) -> u64 {
        self.now_us += self.step_us;
        self.recorder.append(self.now_us, kind)
    }

    /// A transport connection of a client.
    pub fn open(&mut self, client: usize) -> ConnId {
        let conn = ConnId(self.owners.len() as u32);
        self.owners.push(client);
        self.event(EventKind::Opened { conn, client });
        conn
    }

    /// A client's packet at both ends; the broker's end's number.
    pub fn up(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        self.frame(conn, Direction::Up, End::Client, &frame, false);
        self.frame(conn, Direction::Up, End::Broker, &frame, false)
    }

    /// A client's packet that never reached the broker's end: swallowed or discarded by the link.
    pub fn up_lost(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        self.frame(conn, Direction::Up, End::Client, &frame, false)
    }

    /// The broker's packet at both ends; the broker's end's number.
    pub fn down(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        let seen = self.frame(conn, Direction::Down, End::Broker, &frame, false);
        self.frame(conn, Direction::Down, End::Client, &frame, false);
        seen
    }

    /// The broker's packet that never reached the client: seen at the broker's end only.
    pub fn down_lost(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        self.frame(conn, Direction::Down, End::Broker, &frame, false)
    }

    /// The harness's own packet at both ends: a fence, a ready probe.
    pub fn marker(&mut self, conn: ConnId, direction: Direction, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        let (first, second) = match direction {
            Direction::Up => (End::Client, End::Broker),
            Direction::Down => (End::Broker, End::Client),
        };
        let a = self.frame(conn, direction, first, &frame, true);
        let b = self.frame(conn, direction, second, &frame, true);
        if first == End::Broker { a } else { b }
    }

    /// Any bytes that frame, right or wrong, at one end.
    pub fn frame(
        &mut self,
        conn: ConnId,
        direction: Direction,
        end: End,
        frame: &Frame,
        marker: bool,
    ) -> u64 {
        let sender = match direction {
            Direction::Up => Sender::Client,
            Direction::Down => Sender::Server,
        };
        let decoded = decode(frame, self.version_on(conn), sender);
        let packet = PacketEvent { conn, direction, end, frame: frame.clone(), decoded, marker };
        self.event(EventKind::Packet(Box::new(packet)))
    }

    /// The beginning of a packet at the end of a stream: `length` bytes of it passed.
    pub fn torn(
        &mut self,
        conn: ConnId,
        direction: Direction,
        end: End,
        packet: impl Into<Packet>,
        length: usize,
    ) -> u64 {
        let whole = self.encode(conn, &packet.into()).to_bytes();
        let bytes: Bytes = whole.slice(..length.min(whole.len()));
        self.event(EventKind::Fragment { conn, direction, end, length: bytes.len() as u64, bytes })
    }

    /// One end of a connection closed.
    pub fn closed(&mut self, conn: ConnId, end: End, by: By, how: Close) -> u64 {
        self.event(EventKind::Closed { conn, end, by, how })
    }

    /// The link resets the broker's end: what was given last may never be read. The client notices.
    pub fn cut_rst(&mut self, conn: ConnId) -> u64 {
        self.closed(conn, End::Client, By::Harness, Close::Rst);
        self.closed(conn, End::Broker, By::Harness, Close::Rst)
    }

    /// The link shuts down writing and reads to the end: the broker closes, everything that it sent was seen.
    pub fn cut_fin(&mut self, conn: ConnId) -> u64 {
        self.closed(conn, End::Client, By::Harness, Close::Rst);
        self.closed(conn, End::Broker, By::Harness, Close::Fin);
        self.broker_closes(conn)
    }

    /// Radio gone: the client's end is down, the broker's end stays open and is read.
    pub fn cut_silent(&mut self, conn: ConnId) -> u64 {
        self.closed(conn, End::Client, By::Harness, Close::Rst)
    }

    /// The broker closes in an orderly way: its end is drained.
    pub fn broker_closes(&mut self, conn: ConnId) -> u64 {
        self.closed(conn, End::Broker, By::Broker, Close::Fin)
    }

    /// Something happened to a link.
    pub fn link(&mut self, client: usize, conn: Option<ConnId>, note: Note) -> u64 {
        self.event(EventKind::Link { client, conn, note })
    }

    /// From here on nothing is judged.
    pub fn teardown(&mut self) -> u64 {
        self.event(EventKind::Teardown)
    }

    /// The finished history.
    pub fn finish(self) -> History {
        let mut history = self.recorder.finish();
        history.header = self.header;
        history
    }

    /// The client that owns a connection; the harness's own where none was opened.
    pub(crate) fn owner(&self, conn: ConnId) -> usize {
        self.owners.get(conn.0 as usize).copied().unwrap_or(self.header.clients.len())
    }

    pub(crate) fn version_on(&self, conn: ConnId) -> Version {
        self.header.version_of(self.owner(conn))
    }

    pub(super) fn encode(&self, conn: ConnId, packet: &Packet) -> Frame {
        packet.encode(self.version_on(conn))
    }
}
