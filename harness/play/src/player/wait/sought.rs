//! What a wait looks for, and whether its links could deliver it now.

use bytes::Bytes;
use deadzone_history::{ConnId, End, EventKind, Expected, Purpose};
use deadzone_link::{Direction, PathId};
use deadzone_wire::{Ack, AckKind, Field, Packet, PacketKind, Pattern, Publish, Text, Value};

use crate::{
    client::Client,
    player::{network::Network, stage::Stage},
};

/// How often a ready marker is sent again while it has not arrived, µs.
const READY_EVERY_US: u64 = 50_000;
/// The same once the answer is slow, µs.
const READY_SLOWLY_US: u64 = 1_000_000;

/// What one look shows.
pub(super) enum Look {
    /// It is there.
    Found(Vec<u64>, Option<Box<Packet>>),
    /// Another answer came instead.
    Mismatch(u64, Box<Packet>),
    /// The connection was closed instead.
    Closed(u64),
    /// The client has no connection on which it could come.
    NotConnected,
    /// Nothing yet.
    Nothing,
}

/// What a wait looks for.
pub(in crate::player) enum Sought {
    /// A packet or a close, on one connection.
    Answer(Answer),
    /// A copy of each of these messages.
    Copies(Copies),
    /// Nothing owed either way, and no PINGREQ of the harness unanswered.
    Quiescent(usize),
    /// A message of the harness's own.
    Marker(Marker),
    /// A packet at the broker's end of a link.
    OnLink(OnLink),
}

/// A packet or a close.
pub(in crate::player) struct Answer {
    pub(in crate::player) client: usize,
    pub(in crate::player) conn: ConnId,
    pub(in crate::player) alternatives: Vec<Expected>,
    pub(in crate::player) strict: bool,
}

/// Messages that must be there.
pub(in crate::player) struct Copies {
    client: usize,
    fields: Vec<(Field, Value)>,
    /// Each payload with its first copy; any message where it is `None`.
    wanted: Vec<(Option<Bytes>, Option<u64>)>,
    /// How much of the inbox was looked at.
    looked_at: usize,
}

/// A message of the harness's own.
pub(in crate::player) struct Marker {
    pub(in crate::player) subscriber: usize,
    /// Any of these.
    pub(in crate::player) payloads: Vec<Bytes>,
    pub(in crate::player) looked_at: usize,
    pub(in crate::player) repeats: Repeats,
}

/// What is done for a marker while it is waited for.
pub(in crate::player) enum Repeats {
    /// Nothing.
    Never,
    /// A manual publisher's exchange is released.
    Release { publisher: usize, id: u16 },
    /// It is published again and again by the harness's own client.
    Again { topic: Text, next_us: u64 },
}

/// A packet at the broker's end of a client's newest connection.
pub(in crate::player) struct OnLink {
    pub(in crate::player) client: usize,
    pub(in crate::player) pattern: Pattern,
    pub(in crate::player) direction: Direction,
    /// Events before this one don't count.
    pub(in crate::player) since: usize,
}

impl Answer {
    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.alternatives.iter().filter_map(|e| match e {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        })
    }

    fn look(&self, client: &mut Client, run: &str) -> Look {
        let closed = client.presence.closed_by(self.conn);
        let meant = |packet: &Packet| self.strict || self.patterns().any(|p| is_meant(p, packet));
        let by_topic = self.patterns().any(|p| p.fields.iter().any(|(field, _)| *field == Field::Topic));
        let ours = |packet: &Packet| by_topic || !is_foreign(packet, run);
        let mut waiting = client.inbox.waiting(self.conn);
        if let Some(arrived) = waiting.find(|a| ours(a.packet()) && meant(a.packet())) {
            arrived.taken = true;
            let (seq, packet) = (arrived.seq, Box::new(arrived.packet().clone()));
            return match self.patterns().any(|pattern| pattern.matches(&packet).is_ok()) {
                true => Look::Found(vec![seq], Some(packet)),
                false => Look::Mismatch(seq, packet),
            };
        }
        match closed {
            Some(seq) if self.alternatives.contains(&Expected::Closed) => Look::Found(vec![seq], None),
            Some(seq) => Look::Closed(seq),
            None => Look::Nothing,
        }
    }
}

/// The packet is the one that the pattern speaks of: same type, and equal in the fields that say *which* packet it is.
/// The other fields say what it must be like.
fn is_meant(pattern: &Pattern, packet: &Packet) -> bool {
    pattern.kind == packet.kind()
        && pattern.fields.iter().all(|(field, value)| {
            !matches!(field, Field::Id | Field::Topic | Field::Payload | Field::Filter)
                || field.get(packet).as_ref() == Some(value)
        })
}

/// A message on a topic that is not this performance's: it may be anyone's. A topic left to an alias says nothing.
fn is_foreign(packet: &Packet, run: &str) -> bool {
    let Packet::Publish(publish) = packet else { return false };
    let topic: &[u8] = &publish.topic.0;
    !topic.is_empty() && !topic.windows(run.len()).any(|part| part == run.as_bytes())
}

impl Copies {
    /// A copy of each payload; without any, one message of any payload.
    pub(in crate::player) fn of(client: usize, payloads: &[Bytes], fields: Vec<(Field, Value)>) -> Self {
        let wanted = match payloads {
            [] => vec![(None, None)],
            some => some.iter().map(|payload| (Some(payload.clone()), None)).collect(),
        };
        Self { client, fields, wanted, looked_at: 0 }
    }

    fn look(&mut self, client: &Client, run: &str) -> Look {
        let new = client.inbox.since(self.looked_at);
        self.looked_at += new.len();
        for arrived in new.iter().filter(|a| !a.marker && !is_foreign(a.packet(), run)) {
            let packet = arrived.packet();
            let Packet::Publish(publish) = packet else { continue };
            if self.fields.iter().any(|(f, v)| f.get(packet).as_ref() != Some(v)) {
                continue;
            }
            let means = |payload: &Option<Bytes>| payload.as_ref().is_none_or(|p| *p == publish.payload);
            for (_, copy) in self.wanted.iter_mut().filter(|(payload, _)| means(payload)) {
                copy.get_or_insert(arrived.seq);
            }
        }
        match self.wanted.iter().map(|(_, copy)| *copy).collect::<Option<Vec<u64>>>() {
            Some(by) => Look::Found(by, None),
            None if client.presence.live.is_none() => Look::NotConnected,
            None => Look::Nothing,
        }
    }
}

impl Marker {
    fn look(&mut self, client: &Client) -> Look {
        let new = client.inbox.since(self.looked_at);
        self.looked_at += new.len();
        let sought =
            |packet: &Packet| matches!(packet, Packet::Publish(p) if self.payloads.contains(&p.payload));
        match new.iter().find(|a| a.marker && sought(a.packet())) {
            Some(arrived) => Look::Found(vec![arrived.seq], None),
            None if client.presence.live.is_none() => Look::NotConnected,
            None => Look::Nothing,
        }
    }
}

impl OnLink {
    fn look(&mut self, network: &Network) -> Look {
        let conn = network.clients[self.client].borrow().presence.last_conn;
        let events = network.recorder.events();
        let new = events.get(self.since..).unwrap_or_default();
        let found = new.iter().find(|event| match &event.kind {
            EventKind::Packet(p) => {
                (Some(p.conn), p.direction, p.end) == (conn, self.direction, End::Broker)
                    && p.sender != Purpose::Life
                    && self.pattern.matches(p.packet()).is_ok()
            }
            _ => false,
        });
        self.since = events.len();
        found.map_or(Look::Nothing, |event| Look::Found(vec![event.seq], None))
    }
}

impl Sought {
    /// Whose connection it would come on, or pass.
    pub(super) fn client(&self) -> usize {
        match self {
            Self::Answer(answer) => answer.client,
            Self::Copies(copies) => copies.client,
            Self::Quiescent(client) => *client,
            Self::Marker(marker) => marker.subscriber,
            Self::OnLink(on_link) => on_link.client,
        }
    }

    /// The connection that is silent while it does not come.
    pub(super) fn conn_of(&self, client: &Client) -> Option<ConnId> {
        match self {
            Self::Answer(answer) => Some(answer.conn),
            _ => client.presence.last_conn,
        }
    }

    /// The same, looked up.
    pub(super) fn conn(&self, network: &Network) -> Option<ConnId> {
        self.conn_of(&network.clients[self.client()].borrow())
    }

    /// The broker's close is one of the answers.
    pub(super) fn is_close(&self) -> bool {
        matches!(self, Self::Answer(answer) if answer.alternatives.contains(&Expected::Closed))
    }

    /// A message is waited for: it has to be routed.
    pub(super) fn is_delivery(&self) -> bool {
        match self {
            Self::Answer(answer) => answer.patterns().any(|pattern| pattern.kind == PacketKind::Publish),
            Self::Copies(_) | Self::Marker(_) => true,
            Self::OnLink(on_link) => on_link.pattern.kind == PacketKind::Publish,
            Self::Quiescent(_) => false,
        }
    }

    /// How many packets of what is waited for have come so far.
    pub(super) fn progress(&self, network: &Network) -> u64 {
        let client = network.clients[self.client()].borrow();
        match self {
            Self::Answer(answer) => answer.patterns().map(|pattern| client.inbox.count(pattern.kind)).sum(),
            Self::Copies(_) | Self::Marker(_) => client.inbox.count(PacketKind::Publish),
            Self::Quiescent(_) => {
                use PacketKind::{Puback, Pubcomp, Publish, Pubrec, Pubrel};
                [Publish, Puback, Pubrec, Pubrel, Pubcomp].iter().map(|kind| client.inbox.count(*kind)).sum()
            }
            Self::OnLink(_) => 0,
        }
    }

    /// Looks for it once.
    pub(super) fn look(&mut self, network: &Network) -> Look {
        let client = &network.clients[self.client()];
        match self {
            Self::Answer(answer) => answer.look(&mut client.borrow_mut(), &network.run),
            Self::Copies(copies) => copies.look(&client.borrow(), &network.run),
            Self::Quiescent(_) => {
                let client = client.borrow();
                match client.session.is_quiescent() && client.inbox.own_pings() == 0 {
                    true => Look::Found(Vec::new(), None),
                    false if client.presence.live.is_none() => Look::NotConnected,
                    false => Look::Nothing,
                }
            }
            Self::Marker(marker) => marker.look(&client.borrow()),
            Self::OnLink(on_link) => on_link.look(network),
        }
    }

    /// Whether a link is down, or still holds a byte of the exchange.
    pub(super) fn is_stalled(&self, network: &Network) -> bool {
        let client = network.clients[self.client()].borrow();
        let link = client.modem.link();
        let path = self.conn_of(&client).map(|conn| PathId(conn.0));
        let holds = |direction| path.is_some_and(|path| link.held_on(path, direction) > 0);
        let (up, down) = (holds(Direction::Up), holds(Direction::Down) || !link.passes(Direction::Down));
        match self {
            Self::OnLink(OnLink { direction: Direction::Down, .. }) => self.is_travelling(network),
            Self::OnLink(_) => up || !link.passes(Direction::Up),
            _ if self.is_close() => down,
            Self::Copies(_) | Self::Marker(_) => up || down || self.is_travelling(network),
            Self::Answer(_) | Self::Quiescent(_) => up || down,
        }
    }

    /// Whether what another client wrote is on its way, and will arrive by itself: it may be the cause of what is waited for.
    fn is_travelling(&self, network: &Network) -> bool {
        let others = network.clients.iter().enumerate().filter(|(index, _)| *index != self.client());
        others.into_iter().any(|(_, other)| {
            let other = other.borrow();
            let link = other.modem.link();
            let held = other.presence.conn().map_or(0, |conn| link.held_on(PathId(conn.0), Direction::Up));
            held > 0 && link.wake_at_us().is_some()
        })
    }

    /// When a stalled link will move by itself, µs.
    pub(super) fn link_wakes_us(&self, network: &Network) -> Option<u64> {
        let wakes = network.clients.iter().filter_map(|client| client.borrow().modem.link().wake_at_us());
        wakes.min()
    }

    /// When it has to be tended to again, µs.
    pub(super) fn tend_us(&self) -> Option<u64> {
        match self {
            Self::Marker(Marker { repeats: Repeats::Again { next_us, .. }, .. }) => Some(*next_us),
            _ => None,
        }
    }

    /// Does what its coming needs: releases a fence, publishes a ready marker again.
    pub(super) async fn tend(&mut self, stage: &mut Stage<'_>, slow: bool) {
        let Self::Marker(marker) = self else { return };
        match &mut marker.repeats {
            Repeats::Never => {}
            Repeats::Release { publisher, id } => release(stage, *publisher, *id).await,
            Repeats::Again { topic, next_us } => {
                let now_us = stage.now_us();
                if now_us >= *next_us {
                    *next_us = now_us + if slow { READY_SLOWLY_US } else { READY_EVERY_US };
                    let payload = stage.marker();
                    marker.payloads.push(payload.clone());
                    let mut publish = Publish::new("", 0, None, payload);
                    publish.topic = topic.clone();
                    let own = stage.network.own();
                    let bytes = Packet::Publish(publish).encode(stage.version(own)).to_bytes();
                    // Without a connection it does not arrive, which the wait finds out.
                    let _ = stage.network.write(own, bytes, Purpose::Marker).await;
                }
            }
        }
    }
}

/// A manual publisher's fence is released by us; a polite one has released it already.
async fn release(stage: &mut Stage<'_>, publisher: usize, id: u16) {
    let version = {
        let mut client = stage.client(publisher).borrow_mut();
        let Some(conn) = client.presence.conn().filter(|_| !client.polite) else { return };
        let is_pubrec = |packet: &Packet| matches!(packet, Packet::Ack(x) if x.packet_id == id && x.kind == AckKind::Pubrec);
        let Some(answered) = client.inbox.waiting(conn).find(|a| is_pubrec(a.packet())) else { return };
        answered.taken = true;
        client.version
    };
    let release = Packet::Ack(Ack::new(AckKind::Pubrel, id)).encode(version).to_bytes();
    let _ = stage.network.write(publisher, release, Purpose::Polite).await;
}
