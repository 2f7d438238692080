//! Makes steps of a record: all that happened at the broker's end of each connection, in the recorded order, up to the event that
//! decides.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use deadzone_history::{
    By, ClientIx, Close, ConnId, Direction, End, Event, EventKind, History, PacketEvent, Purpose,
};
use deadzone_spec::Node;
use deadzone_wire::{Connect, Packet, PacketKind, PropertyId, Publish, Version};

use super::{
    ids::Ids,
    step::{Given, Piece, Step, Wanted},
};

/// Shorter pauses are the machine's or the network's.
const PAUSE_US: u64 = 250_000;
/// An answer that took longer is waited for longer than others.
const SLOW_US: u64 = 3_000_000;
/// How long a script waits by itself.
const PATIENCE_US: u64 = 10_000_000;
/// So much is kept of what is no packet, bytes: where there is as much, there may have been more.
const KEPT_OF_FRAGMENT: usize = 4096;
const KEPT_OF_UNFRAMED: usize = 64;

/// A record as steps.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) steps: Vec<(u64, Step)>,
    pub(super) ids: Ids,
    /// Whose connections they are.
    pub(super) clients: BTreeMap<ConnId, ClientIx>,
    pub(super) versions: BTreeMap<ConnId, Version>,
    /// Client ids that may leave a session behind, and topics that may leave a message.
    pub(super) client_ids: BTreeSet<Bytes>,
    pub(super) retained: BTreeSet<Bytes>,
    /// Keep-alives that were asked for.
    pub(super) keep_alive_s: BTreeMap<ConnId, u16>,
    /// What the packets ask the broker to do when so long has passed, µs.
    timers_us: BTreeSet<u64>,
    /// Connections to another node than the first.
    pub(super) nodes: BTreeMap<ConnId, Node>,
    /// What can't be played, if anything: then the steps are for reading only.
    pub(super) unplayable: Option<String>,
    finished: BTreeSet<ConnId>,
    last_us: u64,
    nonce: Bytes,
    /// The scenario itself says who its clients are.
    own_credentials: bool,
}

impl Walk {
    /// The steps of all events before this one.
    pub(super) fn before(history: &History, cut: u64) -> Self {
        let mut walk = Self {
            nonce: Bytes::copy_from_slice(history.header.nonce.as_bytes()),
            own_credentials: history.events.iter().any(names_credentials),
            ..Self::default()
        };
        let from = begin_of_round(history, cut);
        let used = used_behind(history, from);
        if history.header.clients.iter().any(|client| client.bridge) {
            walk.unplayable = Some("the link between two brokers has a part in it".to_owned());
        }
        for event in history.events.iter().take_while(|event| event.seq < cut) {
            if matches!(event.kind, EventKind::Teardown) {
                break;
            }
            let plays = |conn: ConnId| event.seq >= from || used.contains(&conn);
            walk.event(history, event, &plays, from);
        }
        walk
    }

    fn event(&mut self, history: &History, event: &Event, plays: &dyn Fn(ConnId) -> bool, from: u64) {
        let steps = self.steps.len();
        match &event.kind {
            EventKind::Opened { conn, client, node } if plays(*conn) => {
                if !node.is_first() {
                    self.nodes.insert(*conn, *node);
                }
                self.clients.insert(*conn, *client);
                self.versions.insert(*conn, history.header.version_of(*client));
                self.act(event, Step::Open { conn: *conn });
            }
            EventKind::Packet(packet) if packet.end == End::Broker && plays(packet.conn) => {
                match packet.direction {
                    Direction::Up => self.sent(event, packet),
                    Direction::Down => self.came(event, packet),
                }
            }
            EventKind::Fragment(part) if part.end == End::Broker && part.direction == Direction::Up => {
                self.bytes(event, part.conn, &part.bytes, KEPT_OF_FRAGMENT);
            }
            EventKind::Unframed(part) if part.end == End::Broker && part.direction == Direction::Up => {
                self.bytes(event, part.conn, &part.bytes, KEPT_OF_UNFRAMED);
            }
            EventKind::Skipped(skipped) if skipped.end == End::Broker => {
                self.unplayable = Some("a packet in it is too large to be kept in a record".to_owned());
            }
            EventKind::Closed { conn, end: End::Broker, by, how } if plays(*conn) => {
                self.closed(event, *conn, *by, *how);
            }
            EventKind::Step(step) if event.seq >= from && step.skipped.is_none() => {
                self.steps.push((event.seq, Step::Note { text: step.text.to_string() }));
            }
            _ => {}
        }
        // A step's own turn comes behind its wait, and is no moment of the wire.
        if self.steps.len() > steps && event.seq >= from && !matches!(event.kind, EventKind::Step(_)) {
            self.last_us = event.at_us;
        }
    }

    /// An act of the script's, after the time that passed before it.
    fn act(&mut self, event: &Event, step: Step) {
        let gap = event.at_us.saturating_sub(self.last_us);
        if gap >= PAUSE_US && self.steps.iter().any(|(_, step)| !matches!(step, Step::Note { .. })) {
            self.steps.push((event.seq, Step::Pause { us: gap }));
        }
        self.steps.push((event.seq, step));
    }

    fn sent(&mut self, event: &Event, packet: &PacketEvent) {
        let conn = packet.conn;
        self.timers_us.extend(timers_s(packet.packet()).map(|s| u64::from(s) * 1_000_000));
        match packet.packet() {
            Packet::Connect(connect) => {
                self.ids.connect(conn, &connect.client_id.0);
                self.keep_alive_s.insert(conn, connect.keep_alive_s);
                self.versions.insert(conn, Version::from_level(connect.level).unwrap_or(Version::V5));
                if !connect.client_id.0.is_empty() {
                    self.client_ids.insert(Bytes::copy_from_slice(&connect.client_id.0));
                }
                if let Some(will) = connect.will.as_ref().filter(|_| connect.flags & 0x20 != 0) {
                    self.retained.insert(Bytes::copy_from_slice(&will.topic.0));
                }
            }
            Packet::Publish(publish) if publish.retain => {
                self.retained.insert(Bytes::copy_from_slice(&publish.topic.0));
            }
            other if self.ids.is_aside(conn, other) && other.kind() != PacketKind::Pubrel => return,
            _ => {}
        }
        let sound = packet.violations().is_empty() && !self.own_credentials;
        let login = matches!(packet.packet(), Packet::Connect(_)) && sound;
        let data = match packet.packet() {
            Packet::Connect(connect) if login => vec![Piece::Bytes(without_credentials(connect))],
            _ => self.pieces(packet),
        };
        self.act(event, Step::Send { conn, data, text: packet.packet().summary(), login });
    }

    /// The bytes, with the identifiers that the broker gives this time.
    fn pieces(&self, packet: &PacketEvent) -> Vec<Piece> {
        let (frame, kind) = (packet.frame(), packet.frame().kind());
        let whole = frame.to_bytes();
        let answers = matches!(kind, PacketKind::Puback | PacketKind::Pubrec | PacketKind::Pubcomp);
        let origin = packet
            .packet()
            .packet_id()
            .filter(|_| answers && matches!(packet.packet(), Packet::Ack(_)))
            .and_then(|id| self.ids.brought_by(packet.conn, id));
        let Some(seq) = origin else { return vec![Piece::Bytes(whole)] };
        let at = frame.header_len();
        let mut pieces = vec![Piece::Bytes(whole.slice(..at)), Piece::IdOf(seq)];
        if whole.len() > at + 2 {
            pieces.push(Piece::Bytes(whole.slice(at + 2..)));
        }
        pieces
    }

    fn came(&mut self, event: &Event, packet: &PacketEvent) {
        let (conn, body) = (packet.conn, packet.packet());
        if self.ids.is_aside(conn, body) && body.kind() == PacketKind::Pubrel {
            return;
        }
        if let Packet::Publish(publish) = body
            && !self.is_ours(publish)
        {
            self.ids.leave_aside(conn, publish);
            return;
        }
        let wanted = self.wanted(event.seq, packet);
        let within_us = self.slow(event);
        // What is said before a close may be left out.
        let optional = body.kind() == PacketKind::Disconnect || packet.sender == Purpose::Life;
        self.steps.push((event.seq, Step::Take { seq: event.seq, conn, wanted, optional, within_us }));
    }

    /// How long something may take that was slow.
    fn slow(&self, event: &Event) -> Option<u64> {
        let waited = event.at_us.saturating_sub(self.last_us);
        (waited > SLOW_US).then(|| waited.saturating_mul(2).saturating_add(SLOW_US))
    }

    /// How long what decides may take: so long that no timer makes it right meanwhile, since nothing is done behind it in a script.
    pub(super) fn deciding(&self, event: &Event) -> Option<u64> {
        let waited = event.at_us.saturating_sub(self.last_us);
        let timer = self.timers_us.iter().find(|timer| **timer > waited);
        let half = timer.map(|timer| waited + (timer - waited) / 2);
        half.filter(|us| *us < PATIENCE_US).or_else(|| self.slow(event))
    }

    /// A message of this scenario, and not of another one of the run; one with an alias alone may be.
    fn is_ours(&self, publish: &Publish) -> bool {
        let topic: &[u8] = &publish.topic.0;
        topic.is_empty() || topic.windows(self.nonce.len().max(1)).any(|part| part == self.nonce)
    }

    /// What it must be this time.
    fn wanted(&mut self, seq: u64, packet: &PacketEvent) -> Wanted {
        let mut wanted = recorded(packet);
        let same = match packet.packet() {
            Packet::Publish(publish) => self.ids.publish(packet.conn, seq, publish),
            Packet::Ack(ack) if wanted.kind == PacketKind::Pubrel => {
                self.ids.brought_by(packet.conn, ack.packet_id)
            }
            _ => None,
        };
        wanted.fields.extend(same.map(|seq| ("id", Given::IdOf(seq))));
        wanted
    }

    /// The same for the packet that decides, which is not waited for as one of the steps.
    pub(super) fn wanted_at_last(&mut self, seq: u64, packet: &PacketEvent) -> Wanted {
        self.wanted(seq, packet)
    }

    fn bytes(&mut self, event: &Event, conn: ConnId, bytes: &Bytes, kept: usize) {
        if !self.clients.contains_key(&conn) {
            return;
        }
        if bytes.len() >= kept {
            self.unplayable = Some("the record keeps only the beginning of what was sent in it".to_owned());
        }
        let data = vec![Piece::Bytes(bytes.clone())];
        let text = format!("{} bytes that are no whole packet", bytes.len());
        let send = Step::Send { conn, data, text, login: false };
        // It is recorded when its stream ends, and passed before.
        let ends = |step: &Step| matches!(step, Step::Finish { .. } | Step::Reset { .. } | Step::Gone { .. });
        match self.steps.iter().rposition(|(_, step)| step.conn() == Some(conn) && ends(step)) {
            Some(at) => self.steps.insert(at, (event.seq, send)),
            None => self.act(event, send),
        }
    }

    fn closed(&mut self, event: &Event, conn: ConnId, by: By, how: Close) {
        match (by, how) {
            (By::Broker, _) => {
                let optional = self.finished.contains(&conn);
                let within_us = self.slow(event);
                self.steps.push((event.seq, Step::Gone { conn, optional, within_us }));
            }
            (By::Harness, Close::Fin) => {
                self.finished.insert(conn);
                self.act(event, Step::Finish { conn });
            }
            (By::Harness, Close::Rst) => self.act(event, Step::Reset { conn }),
        }
    }
}

/// The times that a client's packet sets, s.
fn timers_s(packet: &Packet) -> impl Iterator<Item = u32> {
    let (own, will) = match packet {
        Packet::Connect(connect) => {
            (Some(&connect.properties), connect.will.as_ref().map(|will| &will.properties))
        }
        Packet::Publish(publish) => (Some(&publish.properties), None),
        Packet::Disconnect(disconnect) => (disconnect.properties.as_ref(), None),
        _ => (None, None),
    };
    let keep_alive = match packet {
        Packet::Connect(connect) => Some(u32::from(connect.keep_alive_s)),
        _ => None,
    };
    let ids =
        [PropertyId::WillDelayInterval, PropertyId::MessageExpiryInterval, PropertyId::SessionExpiryInterval];
    let told = [own, will].into_iter().flatten();
    let told: Vec<u32> = told.flat_map(|list| ids.iter().filter_map(|id| list.number(*id))).collect();
    told.into_iter().chain(keep_alive).filter(|s| *s > 0)
}

/// Whether a step says who its client is: then this belongs to the experiment.
fn names_credentials(event: &Event) -> bool {
    match &event.kind {
        EventKind::Step(step) => step.text.contains(" user=") || step.text.contains(" pass="),
        _ => false,
    }
}

/// A CONNECT without what let its client in: whoever plays it has a name and a password of his own.
fn without_credentials(connect: &Connect) -> Bytes {
    let flags = connect.flags & 0x3f;
    let bare = Connect { username: None, password: None, flags, ..connect.clone() };
    let version = Version::from_level(connect.level).unwrap_or(Version::V5);
    Packet::Connect(Box::new(bare)).encode(version).to_bytes()
}

/// All that a packet of the broker's said, but for identifiers that it chose.
pub(super) fn recorded(packet: &PacketEvent) -> Wanted {
    let number = |name, value: u32| (name, Given::Number(value));
    let fields = match packet.packet() {
        Packet::Connack(p) => vec![
            number("session_present", u32::from(p.session_present())),
            number("reason", u32::from(p.code)),
        ],
        Packet::Publish(p) => vec![
            ("topic", Given::Bytes(Bytes::copy_from_slice(&p.topic.0))),
            ("payload", Given::Bytes(p.payload.clone())),
            number("qos", u32::from(p.qos)),
            number("dup", u32::from(p.dup)),
            number("retain", u32::from(p.retain)),
        ],
        Packet::Ack(p) => {
            let id = (p.kind.packet_kind() != PacketKind::Pubrel).then(|| number("id", p.packet_id.into()));
            id.into_iter().chain([number("reason", p.code().into())]).collect()
        }
        Packet::Suback(p) => {
            vec![number("id", p.packet_id.into()), ("codes", Given::Codes(p.codes.clone().into()))]
        }
        Packet::Unsuback(p) => {
            vec![number("id", p.packet_id.into()), ("codes", Given::Codes(p.codes.clone().into()))]
        }
        Packet::Disconnect(p) => vec![number("reason", u32::from(p.reason.unwrap_or(0)))],
        Packet::Opaque(_) => vec![("raw", Given::Bytes(packet.frame().to_bytes()))],
        _ => Vec::new(),
    };
    Wanted { kind: packet.frame().kind(), fields }
}

/// Where the round begins in which an event happened: rounds share nothing.
fn begin_of_round(history: &History, cut: u64) -> u64 {
    let steps = || {
        history.events.iter().filter_map(|event| match &event.kind {
            EventKind::Step(step) if event.seq < cut => Some((event.seq, step.round)),
            _ => None,
        })
    };
    let Some((_, round)) = steps().next_back().filter(|(_, round)| *round > 0) else { return 0 };
    steps().find(|(_, of)| *of == round).map_or(0, |(seq, _)| seq)
}

/// Connections on which something happens from there on.
fn used_behind(history: &History, from: u64) -> BTreeSet<ConnId> {
    let events = history.events.iter().filter(|event| event.seq >= from);
    events
        .filter_map(|event| match &event.kind {
            EventKind::Packet(packet) if packet.end == End::Broker => Some(packet.conn),
            _ => None,
        })
        .collect()
}
