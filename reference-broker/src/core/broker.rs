//! The entry: events and `now` in, effects out, and which handler a packet goes to. Knows nothing of sockets.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_wire::{
    Decoded, Disconnect, Frame, Framer, Packet, PacketKind, Properties, Publish, Sender, Text, Version,
    decode,
};

use super::{
    admission::Arrivals,
    bridge,
    connection::{Connection, Stage},
    ending::Ending,
    lapses::{Health, Lapses},
    malformed,
    outbox::{ConnId, Effect, Outbox},
    reported::Reported,
    retained::Retained,
    routing::Job,
    schedule::Schedule,
    session::Session,
};
use crate::{Config, Defect, Variant};

/// Administrative action (5.0 §2.4).
const ADMINISTRATIVE_ACTION: u8 = 0x98;
/// Packet too large (5.0 §2.4).
const PACKET_TOO_LARGE: u8 = 0x95;
/// The least Remaining Length that needs three bytes.
const THREE_BYTES: usize = 16_384;

/// The broker as a pure state machine. Give it events with a `now_us` that never runs backwards, then [`Self::poll`] it
/// until it is silent; call [`Self::tick`] no later than [`Self::next_deadline_us`].
#[derive(Debug)]
pub struct Broker {
    pub(super) config: Config,
    pub(super) now_us: u64,
    pub(super) conns: BTreeMap<ConnId, Connection>,
    pub(super) sessions: BTreeMap<Text, Session>,
    pub(super) retained: Retained,
    /// How many client identifiers were made here.
    pub(super) assigned_ids: u64,
    /// How many nonces were made here.
    pub(super) nonces: u64,
    /// Whose turn it is in groups that share a subscription.
    pub(super) share_turn: u64,
    pub(super) arrivals: Arrivals,
    pub(super) jobs: Schedule<Job>,
    pub(super) lapses: Lapses,
    pub(super) reported: Reported,
    pub(super) outbox: Outbox,
}

impl Broker {
    /// A broker without sessions or retained messages.
    pub fn new(config: Config) -> Self {
        Self {
            outbox: Outbox::new(&config),
            config,
            now_us: 0,
            conns: BTreeMap::new(),
            sessions: BTreeMap::new(),
            retained: Retained::default(),
            assigned_ids: 0,
            nonces: 0,
            share_turn: 0,
            arrivals: Arrivals::default(),
            jobs: Schedule::default(),
            lapses: Lapses::default(),
            reported: Reported::default(),
        }
    }

    /// What it was told at birth.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// A network connection was accepted. The id must be new.
    pub fn opened(&mut self, now_us: u64, conn: ConnId) {
        self.advance(now_us);
        if !self.comes_in_good_time() {
            return self.push(Effect::Close { conn, rst: false });
        }
        if self.lapses.health == Health::Ended || !self.admits_connection() {
            return self.push(Effect::Close { conn, rst: true });
        }
        self.conns.insert(conn, Connection::new(self.now_us, &self.config.limits));
    }

    /// Bytes came from the client. Bytes for a connection that is closed are ignored.
    pub fn received(&mut self, now_us: u64, conn: ConnId, bytes: &[u8]) {
        self.advance(now_us);
        let Some(connection) = self.conns.get_mut(&conn) else { return };
        if self.lapses.health == Health::Hung {
            return;
        }
        connection.framer.push(bytes);
        if self.config.has(Defect::KeepAliveFedByBytes) {
            connection.last_packet_us = connection.last_packet_us.max(self.now_us);
        }
        // Looked up anew for each frame: any of them may end the connection.
        while let Some(next) = self.conns.get_mut(&conn).and_then(|c| c.framer.next()) {
            match next {
                Ok(frame) => self.on_frame(conn, &frame),
                Err(error) => {
                    let reason = match error {
                        deadzone_wire::FramingError::TooLarge { .. } => 0x95,
                        deadzone_wire::FramingError::OverlongLength => malformed::MALFORMED,
                    };
                    self.end(conn, Ending::Offence(reason));
                }
            }
            if self.config.has(Defect::SecondPacketInPieceLost) {
                let lost = |broker: &mut Self| broker.conns.get_mut(&conn)?.framer.next()?.ok();
                while lost(self).is_some() {}
            }
        }
    }

    /// The client closed the connection, or it broke (`rst`).
    pub fn closed(&mut self, now_us: u64, conn: ConnId, rst: bool) {
        self.advance(now_us);
        if !self.works() {
            self.conns.remove(&conn);
            return;
        }
        if let Some(client_id) = self.lapses.departed.remove(&conn) {
            self.tear_down(&client_id);
        }
        self.note_reset(rst);
        self.forward_torn(conn);
        self.end(conn, if rst { Ending::Reset } else { Ending::PeerClosed });
    }

    /// Does everything that is due by now.
    pub fn tick(&mut self, now_us: u64) {
        self.advance(now_us);
        if !self.works() {
            return;
        }
        let config = &self.config;
        let overdue = |c: &Connection| c.deadline_us(config).is_some_and(|d| d <= now_us);
        let silent: Vec<ConnId> = self.conns.iter().filter(|(_, c)| overdue(c)).map(|(id, _)| *id).collect();
        for conn in silent {
            let policy = self.conns.get(&conn).is_some_and(Connection::has_no_keep_alive);
            self.end(conn, if policy { Ending::Policy(ADMINISTRATIVE_ACTION) } else { Ending::KeepAlive });
        }
        self.tick_sessions();
    }

    /// When [`Self::tick`] is wanted next, in the same microseconds; `None` when nothing is pending.
    pub fn next_deadline_us(&self) -> Option<u64> {
        if !self.works() {
            return None;
        }
        let conns = self.conns.values().filter_map(|c| c.deadline_us(&self.config));
        let sessions = self.sessions.values().filter_map(|s| s.next_deadline_us(&self.config));
        conns.chain(sessions).chain(self.outbox.next_deadline_us()).chain(self.jobs.next_due_us()).min()
    }

    /// The next thing to do, oldest first.
    pub fn poll(&mut self) -> Option<Effect> {
        self.outbox.pop()
    }

    pub(super) fn advance(&mut self, now_us: u64) {
        self.now_us = self.now_us.max(now_us);
        self.outbox.release(self.now_us);
        if self.works() {
            self.do_due_jobs();
        }
    }

    /// Adds an effect behind the others.
    pub(super) fn push(&mut self, effect: Effect) {
        self.outbox.push(self.now_us, effect);
    }

    fn on_frame(&mut self, id: ConnId, frame: &Frame) {
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let served = conn.stage == Stage::Opened && self.config.varies(Variant::BridgesServed);
        let plain = if served { bridge::plain(frame) } else { None };
        conn.bridge |= plain.is_some();
        let decoded = decode(plain.as_ref().unwrap_or(frame), conn.peer.version, Sender::Client);
        tracing::trace!(conn = id.0, kind = %frame.kind(), "received");
        if self.config.has(Defect::LargePacketsRefused) && frame.body.len() >= THREE_BYTES {
            return self.end(id, Ending::Offence(PACKET_TOO_LARGE));
        }
        match conn.stage {
            Stage::Opened => self.on_first(id, decoded),
            Stage::Authenticating => self.on_before_connack(id, decoded),
            Stage::Overheard => {}
            Stage::Connected => {
                conn.last_packet_us = conn.last_packet_us.max(self.now_us);
                self.on_next(id, decoded);
            }
        }
    }

    fn on_first(&mut self, id: ConnId, decoded: Decoded) {
        match decoded.packet.kind() {
            PacketKind::Connect if self.overhears_connect() => {
                if let Some(conn) = self.conns.get_mut(&id) {
                    conn.stage = Stage::Overheard;
                }
            }
            PacketKind::Connect => self.on_connect(id, decoded),
            PacketKind::Pingreq if self.config.has(Defect::PingBeforeConnectAnswered) => self.on_pingreq(id),
            PacketKind::Publish if self.config.has(Defect::PublishBeforeConnectAccepted) => {
                if let Packet::Publish(publish) = decoded.packet {
                    self.forward_unchecked(publish, Text::default());
                }
            }
            // The first packet must be CONNECT: closed without an answer, since nobody is there to be answered
            // (3.1.0-1; 5.0/MQTT-3.14.0-1 forbids DISCONNECT before CONNACK).
            _ => self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR)),
        }
    }

    fn on_next(&mut self, id: ConnId, decoded: Decoded) {
        if let Packet::Connect(_) = decoded.packet
            && self.config.has(Defect::SecondConnectAccepted)
        {
            return self.send_connack(id, false, 0, Properties::new());
        }
        if self.is_deaf_to(id, decoded.packet.kind()) {
            return;
        }
        if let Some(violation) = malformed::offence(&decoded, &self.config) {
            tracing::debug!(conn = id.0, clause = %violation.clause, "{}", violation.what);
            if decoded.packet.kind() == PacketKind::Disconnect {
                self.on_refused_disconnect(id);
            }
            return self.end(id, Ending::Offence(malformed::reason(violation)));
        }
        if self.stalls(id, &decoded.packet) {
            return;
        }
        match decoded.packet {
            Packet::Publish(publish) => self.on_publish(id, publish),
            Packet::Ack(ack) => self.on_ack(id, &ack),
            Packet::Subscribe(subscribe) => self.on_subscribe(id, subscribe),
            Packet::Unsubscribe(unsubscribe) => self.on_unsubscribe(id, &unsubscribe),
            Packet::Bare(_) => self.on_pingreq(id),
            Packet::Disconnect(disconnect) => self.on_disconnect(id, &disconnect),
            Packet::Auth(auth) => self.on_auth(id, &auth),
            // What is overlooked can't always be taken for anything.
            Packet::Opaque(_) | Packet::Connack(_) | Packet::Suback(_) | Packet::Unsuback(_)
                if self.config.is_tolerant() => {}
            // A second CONNECT (3.1.0-2), and what a server alone sends.
            _ => self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR)),
        }
    }

    fn on_pingreq(&mut self, id: ConnId) {
        if !self.config.has(Defect::PingrespMissing) {
            self.send(id, &Packet::Bare(deadzone_wire::Bare::pingresp()));
        }
    }

    /// Sends a packet that is no PUBLISH of a session, or closes where the client could not take it
    /// (5.0/MQTT-3.1.2-24): the answer that it waits for would never come.
    pub(super) fn send(&mut self, id: ConnId, packet: &Packet) {
        let Some(conn) = self.conns.get(&id) else { return };
        match conn.peer.encode(packet, &self.config) {
            Some(bytes) => self.transmit(id, bytes),
            None => self.end(id, Ending::Policy(PACKET_TOO_LARGE)),
        }
    }

    /// Sends a PUBLISH that belongs to no session, or drops it where the client could not take it (5.0/MQTT-3.1.2-25).
    pub(super) fn send_aside(&mut self, id: ConnId, publish: Publish) {
        let bytes = self.conns.get(&id).and_then(|c| c.peer.encode(&Packet::Publish(publish), &self.config));
        if let Some(bytes) = bytes {
            self.transmit(id, bytes);
        }
    }

    /// Sends bytes that are known to fit.
    pub(super) fn transmit(&mut self, id: ConnId, bytes: Bytes) {
        if self.config.has(Defect::KeepAliveFedByDownlink)
            && let Some(conn) = self.conns.get_mut(&id)
        {
            conn.last_packet_us = self.now_us;
        }
        let bytes = self.with_flags(bytes);
        self.push(Effect::Send { conn: id, bytes });
    }

    /// Says farewell where the version has a word for it, and asks for the close.
    pub(super) fn hang_up(&mut self, id: ConnId, conn: &Connection, reason: Option<u8>, rst: bool) {
        let wordless = rst || self.config.varies(Variant::NoDisconnectBeforeClose);
        if let Some(reason) = reason
            && (conn.peer.version, conn.stage) == (Version::V5, Stage::Connected)
            && !wordless
        {
            let farewell = Packet::Disconnect(Disconnect::with_reason(reason));
            if let Some(bytes) = conn.peer.encode(&farewell, &self.config) {
                self.transmit(id, bytes);
            }
        }
        self.push(Effect::Close { conn: id, rst: rst || self.config.varies(Variant::RstOnClose) });
    }

    /// The torn-publish defect: takes what came of an incomplete PUBLISH for the whole.
    fn forward_torn(&mut self, id: ConnId) {
        if !self.config.has(Defect::TornPublishForwarded) {
            return;
        }
        let Some(conn) = self.conns.get(&id).filter(|c| c.stage == Stage::Connected) else { return };
        let Some(frame) = torn_frame(&conn.framer) else { return };
        let publisher = conn.client_id.clone();
        if let Packet::Publish(publish) = decode(&frame, conn.peer.version, Sender::Client).packet {
            self.forward_unchecked(publish, publisher);
        }
    }
}

/// What came of an incomplete frame, as if it were complete.
fn torn_frame(framer: &Framer) -> Option<Frame> {
    let (first, rest) = framer.pending().split_first()?;
    let length = deadzone_wire::VarInt::read(rest).ok()??;
    let body = rest.get(usize::from(length.width())..)?;
    Some(Frame::new(*first, Bytes::copy_from_slice(body))).filter(|f| f.kind() == PacketKind::Publish)
}
