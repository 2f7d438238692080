//! The growing record: clients, connections, packets, closes.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_link::{Direction, Note};
use deadzone_spec::Node;
use deadzone_wire::{Frame, Packet, Version};

use crate::{
    By, ClientInfo, ClientIx, Close, ConnId, End, EventKind, Fragment, Header, History, Origin, PacketEvent,
    Purpose, Recorded, Recorder, RecorderLimits, SCHEMA, Seq, TargetEvent, TargetFacts, packet,
    twins::{Lane, What},
};

/// A hand-made record is as large as its maker wants.
const LIMITS: RecorderLimits =
    RecorderLimits { events_at_one_instant: u64::MAX, events: u64::MAX, bytes: u64::MAX };

/// A growing history. Every method that appends returns a sequence number or an id, for the test to name.
#[derive(Debug)]
pub struct HandMade {
    pub(super) recorder: Recorder,
    pub(super) header: Header,
    pub(super) owners: Vec<ClientIx>,
    lanes: BTreeMap<(ConnId, Direction), Lane>,
    pub(super) now_us: u64,
    pub(super) claims: u32,
    pub(super) step: u32,
    pub(super) step_us: u64,
    node: Node,
}

impl HandMade {
    /// A history in this version, with nonce `dz1` in a run whose names begin with `dz`, without clients. Each event comes 1 ms after the one before.
    pub fn new(version: Version) -> Self {
        let header = Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: "hand/made/history".to_owned(),
            file: "hand/made.mqt".to_owned(),
            version,
            seed: "0".to_owned(),
            origin: Origin::Scenario,
            run_prefix: "dz".to_owned(),
            nonce: "dz1".to_owned(),
            clauses: Vec::new(),
            clients: Vec::new(),
            patience_us: 10_000_000,
            long_bound_us: 60_000_000,
            target: TargetFacts::default(),
            real_time: false,
            quick: false,
            cut_short: None,
            continues: None,
        };
        let recorder = Recorder::new(LIMITS);
        let (owners, lanes) = (Vec::new(), BTreeMap::new());
        Self {
            recorder,
            header,
            owners,
            lanes,
            now_us: 0,
            claims: 0,
            step: 0,
            step_us: 1_000,
            node: Node::FIRST,
        }
    }

    /// A polite, impaired client of the history's version; its index. Its Client Identifier will be its name.
    pub fn client(&mut self, name: &str) -> ClientIx {
        let version = self.header.version;
        self.client_with(ClientInfo {
            name: name.to_owned(),
            manual: false,
            direct: false,
            version,
            bridge: false,
        })
    }

    /// A client with all that is known of it; its index.
    pub fn client_with(&mut self, client: ClientInfo) -> ClientIx {
        self.header.clients.push(client);
        ClientIx::from(self.header.clients.len() - 1)
    }

    /// The harness's own client; the script's must all be there.
    pub fn harness(&self) -> ClientIx {
        ClientIx::from(self.header.clients.len())
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

    /// At which node the next connections are made.
    pub fn at(&mut self, node: Node) -> &mut Self {
        self.node = node;
        self
    }

    /// Any event, where no method fits.
    pub fn event(&mut self, kind: EventKind) -> u64 {
        self.now_us += self.step_us;
        self.recorder.append(self.now_us, kind)
    }

    /// A transport connection of a client.
    pub fn open(&mut self, client: impl Into<ClientIx>) -> ConnId {
        let (conn, client) = (ConnId(self.owners.len() as u32), client.into());
        self.owners.push(client);
        self.event(EventKind::Opened { conn, client, node: self.node });
        conn
    }

    /// A client's packet at both ends; the broker's end's number.
    pub fn up(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        self.up_for(Purpose::Script, conn, packet)
    }

    /// The same, on this behalf.
    pub fn up_for(&mut self, sender: Purpose, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        self.both_ends(conn, Direction::Up, packet, sender).1
    }

    /// A client's packet that never reached the broker's end: swallowed or discarded by the link.
    pub fn up_lost(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        self.frame(conn, Direction::Up, End::Client, &frame, Purpose::Script)
    }

    /// The broker's packet at both ends; the broker's end's number.
    pub fn down(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        self.both_ends(conn, Direction::Down, packet, Purpose::Script).0
    }

    /// The broker's packet that never reached the client: seen at the broker's end only.
    pub fn down_lost(&mut self, conn: ConnId, packet: impl Into<Packet>) -> u64 {
        let frame = self.encode(conn, &packet.into());
        self.frame(conn, Direction::Down, End::Broker, &frame, Purpose::Script)
    }

    /// The harness's own packet at both ends: a fence, a ready probe, the routing pair. The broker's end's number.
    pub fn marker(&mut self, conn: ConnId, direction: Direction, packet: impl Into<Packet>) -> u64 {
        let (entered, came_out) = self.both_ends(conn, direction, packet, Purpose::Marker);
        if direction == Direction::Up { came_out } else { entered }
    }

    /// A packet where it enters and where it comes out; both numbers.
    pub(super) fn both_ends(
        &mut self,
        conn: ConnId,
        direction: Direction,
        packet: impl Into<Packet>,
        sender: Purpose,
    ) -> (u64, u64) {
        let frame = self.encode(conn, &packet.into());
        let near = packet::near(direction);
        let far = if near == End::Client { End::Broker } else { End::Client };
        let entered = self.frame(conn, direction, near, &frame, sender);
        (entered, self.frame(conn, direction, far, &frame, sender))
    }

    /// Any bytes that frame, right or wrong, at one end. Where they come out they are the twin of what entered so.
    pub fn frame(
        &mut self,
        conn: ConnId,
        direction: Direction,
        end: End,
        frame: &Frame,
        sender: Purpose,
    ) -> u64 {
        let mut body = Arc::new(Recorded::of(frame.clone(), self.version_on(conn), direction));
        let entering = end == packet::near(direction);
        let lane = self.lanes.entry((conn, direction)).or_default();
        let twin = (!entering).then(|| lane.frame_came_out(frame)).flatten();
        let of = twin.as_ref().map(|twin| Seq::from(twin.seq));
        if let Some(What::Kept(kept)) = twin.map(|twin| twin.what) {
            body = kept;
        }
        let packet = PacketEvent { conn, direction, end, sender, of, body: Arc::clone(&body) };
        let seq = self.event(EventKind::Packet(packet));
        if entering {
            self.lanes.entry((conn, direction)).or_default().entered(seq, sender, What::Kept(body));
        }
        seq
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
        let bytes = whole.slice(..length.min(whole.len()));
        let lane = self.lanes.entry((conn, direction)).or_default();
        let torn = (end != packet::near(direction)).then(|| lane.torn(&bytes)).flatten();
        let of = torn.map(|(seq, _)| Seq::from(seq));
        let fragment = Fragment { conn, direction, end, of, length: bytes.len() as u64, bytes };
        self.event(EventKind::Fragment(Box::new(fragment)))
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
    pub fn link(&mut self, client: impl Into<ClientIx>, conn: Option<ConnId>, note: Note) -> u64 {
        self.event(EventKind::Link { client: client.into(), conn, note: Box::new(note) })
    }

    /// Something became of the target.
    pub fn target(&mut self, what: TargetEvent) -> u64 {
        self.event(EventKind::Target { what })
    }

    /// From here on nothing is judged.
    pub fn teardown(&mut self) -> u64 {
        self.event(EventKind::Teardown)
    }

    /// The finished history.
    pub fn finish(self) -> History {
        self.recorder.finish(self.header)
    }

    /// The client that owns a connection; the harness's own where none was opened.
    pub(crate) fn owner(&self, conn: ConnId) -> ClientIx {
        self.owners.get(conn.0 as usize).copied().unwrap_or_else(|| self.harness())
    }

    pub(crate) fn version_on(&self, conn: ConnId) -> Version {
        self.header.version_of(self.owner(conn))
    }

    pub(super) fn encode(&self, conn: ConnId, packet: &Packet) -> Frame {
        packet.encode(self.version_on(conn))
    }
}
