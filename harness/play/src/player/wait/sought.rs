//! What a wait looks for, and whether its links could deliver it now.

use bytes::Bytes;
use deadzone_history::{ConnId, Expected};
use deadzone_link::{Direction, PathId};
use deadzone_wire::{Field, Packet, PacketKind, Value};

use super::{
    answer::Answer,
    copies::Copies,
    marker::{Marker, Repeats},
    on_link::OnLink,
};
use crate::{
    client::Client,
    player::{network::Network, stage::Stage},
};

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

/// A message on a topic that is not this performance's: it may have come from elsewhere. A topic left to an alias says nothing.
pub(super) fn is_foreign(packet: &Packet, run: &str) -> bool {
    let Packet::Publish(publish) = packet else { return false };
    let topic: &[u8] = &publish.topic.0;
    let ours = run.is_empty() || topic.windows(run.len()).any(|part| part == run.as_bytes());
    !topic.is_empty() && !ours
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

    /// A packet of this type is one of the answers.
    pub(super) fn wants(&self, kind: PacketKind) -> bool {
        matches!(self, Self::Answer(answer) if answer.patterns().any(|pattern| pattern.kind == kind))
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

    /// The payloads of the messages that it names.
    pub(super) fn payloads(&self) -> impl Iterator<Item = &Bytes> {
        let (answer, copies) = match self {
            Self::Answer(answer) => (Some(answer), None),
            Self::Copies(copies) => (None, Some(copies)),
            Self::Quiescent(_) | Self::Marker(_) | Self::OnLink(_) => (None, None),
        };
        let fields = answer.into_iter().flat_map(Answer::patterns).flat_map(|pattern| &pattern.fields);
        let named = fields.filter_map(|(field, value)| match value {
            Value::Bytes(payload) if *field == Field::Payload => Some(payload),
            _ => None,
        });
        named.chain(copies.into_iter().flat_map(Copies::payloads))
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

    /// Does what its coming needs.
    pub(super) async fn tend(&mut self, stage: &mut Stage<'_>, slow: bool) {
        if let Self::Marker(marker) = self {
            marker.tend(stage, slow).await;
        }
    }
}
