//! One network connection as the judged party's end has it.

use std::collections::VecDeque;
use std::sync::Arc;

use deadzone_history::{By, ClientIx, Close, Recorded};
use deadzone_spec::{ClauseId, Node};
use deadzone_verdict::Standing;
use deadzone_wire::{PacketKind, Text, Version};

use super::{Closing, Handshake, Mark, Outlook, Said, SessionIx, debts::Debts};
use crate::hash::{Map, Set};

/// Most PINGREQs of a connection that are told apart.
const PINGS_KEPT: usize = 1_024;
/// Most packets on their way that are told apart.
const UNDELIVERED_KEPT: usize = 65_536;

/// A connection.
#[derive(Clone, Debug)]
pub(crate) struct Conn {
    pub(crate) client: ClientIx,
    /// At which of the target's nodes.
    pub(crate) node: Node,
    /// The version in force: what CONNECT says, before it the client's.
    pub(crate) version: Version,
    pub(crate) opened: Mark,
    pub(crate) handshake: Handshake,
    /// What its CONNACK says that the server takes.
    pub(super) said: Option<Said>,
    pub(crate) session: Option<SessionIx>,
    /// How it came to its session.
    pub(crate) standing: Standing,
    /// The last connection of its client id still stood when CONNECT was given.
    pub(super) takes_over: bool,
    /// Whether the session that it asked for could be there.
    pub(crate) outlook: Outlook,
    pub(crate) ends: Ends,
    pub(crate) given: Given,
    pub(crate) debts: Debts,
    pub(crate) exchange: Exchange,
    /// What the judged party sent and the other end has not had yet.
    pub(crate) undelivered: VecDeque<(u64, Arc<Recorded>)>,
    /// How many packets were seen.
    pub(crate) seen: u64,
    /// The last packet that was seen, and the one before it.
    last_seen: Option<Mark>,
    pub(crate) before_last_seen: Option<Mark>,
    /// The latest packet given that has been answered.
    pub(crate) answered_up_to: u64,
}

/// How a connection ended, at each end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    /// The client's end.
    pub(crate) here: Option<Closing>,
    /// The broker closed its end.
    pub(crate) by_broker: Option<Closing>,
    /// The end of the stream that was given to the broker.
    pub(crate) for_broker: Option<Closing>,
    /// An incomplete packet of the broker's was seen at the end, or one that came when the session had gone on.
    pub(crate) torn_down: bool,
    /// The earliest sign that the broker may take it for closed, µs.
    pub(crate) first_us: Option<u64>,
}

impl Ends {
    pub(super) fn note(&mut self, at_us: u64) {
        self.first_us.get_or_insert(at_us);
    }

    /// The broker closed in an orderly way and everything that it sent was read, the last packet whole.
    pub(crate) fn drained(&self) -> Option<Mark> {
        let whole = |c: &Closing| c.how == Close::Fin && !self.torn_down;
        self.by_broker.filter(whole).map(|c| c.at)
    }

    /// Neither side has ended it.
    pub(crate) fn lives(&self) -> bool {
        self.here.is_none() && self.by_broker.is_none() && self.for_broker.is_none()
    }

    /// The harness ended it before this event, or before the broker did.
    pub(crate) fn by_harness_before(&self, seq: u64) -> bool {
        let ours = [self.for_broker, self.here.filter(|c| c.by == By::Harness)];
        ours.into_iter().flatten().any(|closing| closing.at.seq < seq)
    }
}

/// What the other party gave on it, and how far it kept to the protocol.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Given {
    /// The last complete packet.
    pub(crate) last: Option<(Mark, PacketKind)>,
    /// The longest time between two complete packets, µs.
    pub(crate) longest_gap_us: u64,
    /// Bytes that form no whole packet were given: the event.
    pub(crate) scraps: Option<u64>,
    /// The first departure from the protocol.
    pub(crate) deviant: Option<u64>,
    /// The first violation by itself: the clause that was broken, and the packet that broke it.
    pub(crate) violation: Option<(ClauseId, PacketKind)>,
    /// The second CONNECT: the event.
    pub(crate) second_connect: Option<u64>,
    /// The last packet that is more than the CONNACK says that the server takes, while nothing shows that the server went on
    /// behind it: the event.
    pub(crate) overrun: Option<u64>,
    /// An UNSUBSCRIBE.
    pub(crate) unsubscribes: bool,
    /// A packet with the id 0.
    pub(crate) zero_id: bool,
    /// A packet with a text on which its receiver may close.
    pub(crate) discouraged: bool,
    /// The last packet with a topic of more levels or bytes than services of today take: the event.
    pub(crate) outsized: Option<u64>,
}

/// Numbers that live with the connection: aliases, open requests, steps of QoS 2, streams of messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(super) requests: Map<u16, Request>,
    pub(super) steps: Map<u16, Steps>,
    pub(super) aliases_down: Map<u16, Text>,
    pub(super) aliases_up: Map<u16, Text>,
    /// By topic, there by QoS: the stream's number and its next index.
    pub(super) streams: Map<Text, [Option<(u16, u32)>; 4]>,
    /// How many streams there are.
    pub(super) stream_count: u16,
    /// Ids of the PUBLISHes given that count against the server's Receive Maximum.
    pub(super) unfinished: Set<u16>,
    /// PINGREQs given that have no PINGRESP yet.
    pub(super) pings: VecDeque<u64>,
}

/// A SUBSCRIBE or UNSUBSCRIBE that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) seq: u64,
    pub(crate) subscribe: bool,
    pub(crate) filters: usize,
}

/// QoS 2 steps with one id on this connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) received: u32,
    pub(crate) released: u32,
}

impl Conn {
    pub(super) fn new(client: ClientIx, node: Node, version: Version, opened: Mark) -> Self {
        Self {
            client,
            node,
            version,
            opened,
            handshake: Handshake::default(),
            said: None,
            session: None,
            standing: Standing::default(),
            takes_over: false,
            outlook: Outlook::Open,
            ends: Ends::default(),
            given: Given::default(),
            debts: Debts::default(),
            exchange: Exchange::default(),
            undelivered: VecDeque::new(),
            seen: 0,
            last_seen: None,
            before_last_seen: None,
            answered_up_to: 0,
        }
    }

    pub(super) fn packet_given(&mut self, at: Mark, kind: PacketKind) {
        if let Some((last, _)) = self.given.last {
            let gap_us = at.at_us.saturating_sub(last.at_us);
            self.given.longest_gap_us = self.given.longest_gap_us.max(gap_us);
        }
        self.given.last = Some((at, kind));
    }

    pub(super) fn ping_given(&mut self, seq: u64) {
        if self.exchange.pings.len() < PINGS_KEPT {
            self.exchange.pings.push_back(seq);
        }
    }

    /// The judged party sent a packet.
    pub(super) fn packet_seen(&mut self, at: Mark, body: &Arc<Recorded>) {
        self.seen += 1;
        self.before_last_seen = self.last_seen.replace(at);
        self.handshake.first_seen.get_or_insert(at.seq);
        self.debts.seen(at, &body.decoded.packet);
        if self.undelivered.len() >= UNDELIVERED_KEPT {
            self.undelivered.pop_front();
        }
        self.undelivered.push_back((at.seq, Arc::clone(body)));
    }

    /// What was sent up to this event has arrived at the other end.
    pub(super) fn arrived(&mut self, seen: u64) {
        while self.undelivered.front().is_some_and(|(seq, _)| *seq <= seen) {
            self.undelivered.pop_front();
        }
    }

    /// Whether this packet of the judged party's had not reached the other end.
    pub(crate) fn is_undelivered(&self, seq: u64) -> bool {
        self.undelivered.iter().any(|(kept, _)| *kept == seq)
    }

    pub(super) fn deviates(&mut self, seq: u64) {
        self.given.deviant.get_or_insert(seq);
    }

    /// The least and the greatest Session Expiry Interval that may be in force, seconds.
    pub(crate) fn expiry_s(&self) -> (u32, u32) {
        let goodbye = self.handshake.goodbye;
        let read = goodbye.is_some_and(|g| self.ends.drained().is_some_and(|end| end.seq > g.at.seq));
        self.handshake.expiry_s(read)
    }

    /// The numbers of a connection that is over for both sides are of no use any more.
    pub(super) fn slim(&mut self) {
        self.exchange.steps = Map::default();
        self.exchange.aliases_down = Map::default();
        self.exchange.aliases_up = Map::default();
        self.exchange.streams = Map::default();
        self.exchange.unfinished = Set::default();
    }
}
