//! What the runner asks of a record, beside its verdict: was the run let in, did the broker end it, could it be made at all.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_history::{Abandon, By, ClaimKind, ConnId, Direction, End, EventKind, History};
use deadzone_wire::Packet;

/// A client that was not let in: no connection, or a CONNECT that met a refusal, a close or silence.
pub(crate) fn was_not_let_in(history: &History) -> bool {
    let mut asked: BTreeMap<ConnId, bool> = BTreeMap::new();
    for event in &history.events {
        match &event.kind {
            EventKind::OpenFailed { .. } => return true,
            EventKind::Teardown => break,
            EventKind::Packet(packet) if packet.end == End::Broker => match packet.packet() {
                Packet::Connect(_) => {
                    asked.entry(packet.conn).or_insert(false);
                }
                Packet::Connack(connack) if packet.direction == Direction::Down => {
                    asked.insert(packet.conn, connack.code == 0);
                }
                _ => {}
            },
            _ => {}
        }
    }
    asked.values().any(|accepted| !accepted)
}

/// Whether the broker ended a connection of this run before the harness did.
pub(crate) fn was_closed_by_broker(history: &History) -> bool {
    let mut events = history.events.iter().take_while(|event| !matches!(event.kind, EventKind::Teardown));
    events.any(|event| matches!(event.kind, EventKind::Closed { end: End::Broker, by: By::Broker, .. }))
}

/// Whether the experiment can't be made at all: what must come about before anything is claimed did not. Our own starvation
/// or a deadline that passed says nothing of the kind.
pub(crate) fn is_unreachable(history: &History) -> bool {
    let (mut preconditions, mut unreachable) = (BTreeSet::new(), false);
    for event in &history.events {
        match &event.kind {
            EventKind::Starved { .. } => return false,
            EventKind::Claim(claim) if matches!(claim.kind, ClaimKind::Precondition { .. }) => {
                preconditions.insert(claim.id);
            }
            EventKind::Unmet { claim, .. } => unreachable |= preconditions.contains(claim),
            EventKind::Abandoned { why, .. } => unreachable |= !matches!(why, Abandon::Deadline { .. }),
            _ => {}
        }
    }
    unreachable
}
