//! What the runner asks of a record, beside its verdict: was the run let in, did the broker end it, could it be made at all.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_history::{Abandon, By, ClaimKind, ConnId, Direction, End, EventKind, History};
use deadzone_wire::{Packet, Version};

/// A client that was not let in: no connection, or a CONNECT that met a refusal, a close or silence.
pub(crate) fn was_not_let_in(history: &History) -> bool {
    let script = history.events.iter().take_while(|event| !matches!(event.kind, EventKind::Teardown));
    let unopened = script.clone().any(|event| matches!(event.kind, EventKind::OpenFailed { .. }));
    unopened || !unserved(history).is_empty()
}

/// Connections of the script whose sound CONNECT was not accepted, each with whether it was refused by a CONNACK.
fn unserved(history: &History) -> Vec<(ConnId, bool)> {
    let mut asked: BTreeMap<ConnId, Option<u8>> = BTreeMap::new();
    for event in &history.events {
        match &event.kind {
            EventKind::Teardown => break,
            EventKind::Packet(packet) if packet.end == End::Broker => match packet.packet() {
                // A broken one may be refused.
                Packet::Connect(connect)
                    if !packet.violations().is_empty() || Version::from_level(connect.level).is_none() => {}
                Packet::Connect(_) => {
                    asked.entry(packet.conn).or_insert(None);
                }
                Packet::Connack(connack) if packet.direction == Direction::Down => {
                    asked.insert(packet.conn, Some(connack.code));
                }
                _ => {}
            },
            _ => {}
        }
    }
    let unserved = asked.into_iter().filter(|(_, code)| *code != Some(0));
    unserved.map(|(conn, code)| (conn, code.is_some())).collect()
}

/// Whether whoever was not let in was told so by a CONNACK.
pub(crate) fn was_told_why(history: &History) -> bool {
    unserved(history).into_iter().all(|(_, refused)| refused)
}

/// Whether a sound CONNECT was answered by a close of the broker's, or by a refusal.
pub(crate) fn was_turned_away(history: &History) -> bool {
    let ended = |conn: ConnId| {
        history.events.iter().any(|event| {
            matches!(event.kind, EventKind::Closed { conn: c, end: End::Broker, by: By::Broker, .. } if c == conn)
        })
    };
    let mut unserved = unserved(history).into_iter();
    unserved.any(|(conn, refused)| refused || ended(conn))
}

/// Whether a repeat is none: its clients were turned away where the first run's were let in, all of them or the first ones.
pub(crate) fn is_no_repeat(first: Option<&History>, repeat: &History) -> bool {
    let let_in = |first: &History| !was_not_let_in(first) || served(first) && !served(repeat);
    was_turned_away(repeat) && first.is_some_and(let_in)
}

/// Whether any client of the script was let in. Those of the harness itself are let in beside clients that are turned away, and
/// say nothing of them.
fn served(history: &History) -> bool {
    let script = history.events.iter().take_while(|event| !matches!(event.kind, EventKind::Teardown));
    let mut own = BTreeSet::new();
    for event in script {
        match &event.kind {
            EventKind::Opened { conn, client, .. } if client.index() >= history.header.clients.len() => {
                own.insert(*conn);
            }
            EventKind::Packet(packet) if packet.end == End::Broker && !own.contains(&packet.conn) => {
                if matches!(packet.packet(), Packet::Connack(connack) if connack.code == 0) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
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
