//! What stayed owed when the record ends, though later things were done: a message that a later one of its stream overtook, an
//! answer that never came while the same connection answered what was given later.
//!
//! Silence is no proof by itself: it has to have lasted the long bound.

use std::collections::BTreeMap;

use deadzone_history::Event;
use deadzone_spec::Pair;
use deadzone_verdict::Fact;

use super::clauses::DELIVERY;
use crate::{
    breach::{Breach, Found},
    owed::{Owed, pair},
    rule::{On, Rule},
    state::{Mark, Message, Origin, Session, SessionIx, State, Stream},
};

#[derive(Debug)]
pub(crate) struct Overtaken;

impl Rule for Overtaken {
    fn name(&self) -> &'static str {
        "overtaken"
    }

    fn on(&self) -> On {
        On::END
    }

    fn observe(&mut self, _: &Event, _: &State, _: &mut Found) {}

    fn finish(&mut self, state: &State, found: &mut Found) {
        messages(state, found);
        answers(state, found);
    }
}

/// For each session and stream the message with the highest index that was delivered, and when.
fn delivered(state: &State) -> BTreeMap<(SessionIx, Stream), (u32, Mark)> {
    let mut highest = BTreeMap::new();
    for (_, group) in state.messages.groups() {
        for delivery in &group.deliveries {
            let message = delivery.message.and_then(|id| state.messages.message(id));
            let (Some(session), Some(message)) = (delivery.session, message) else { continue };
            let entry = highest.entry((session, message.stream)).or_insert((message.index, delivery.first));
            if message.index > entry.0 {
                *entry = (message.index, delivery.first);
            }
        }
    }
    highest
}

fn messages(state: &State, found: &mut Found) {
    let highest = delivered(state);
    for (_, group) in state.messages.groups() {
        for message in group.messages.iter().filter(|m| !m.owed_to.is_empty()) {
            for session in &message.owed_to {
                let later =
                    highest.get(&(*session, message.stream)).filter(|(index, _)| *index > message.index);
                if let (Some((_, later)), Some(known)) = (later, state.session(*session)) {
                    lost(state, (message, *later), known, found);
                }
            }
        }
    }
}

fn lost(state: &State, (message, later): (&Message, Mark), session: &Session, found: &mut Found) {
    let waited_us = state.now.at_us.saturating_sub(later.at_us);
    let Some((id, conn)) = session.current().and_then(|id| Some((id, state.conn(id)?))) else { return };
    let expired = message.expiry_s.is_some();
    let too_large = conn.handshake.connect.as_ref().is_some_and(|c| c.limits.maximum_packet.is_some());
    let owed = message.origin == Origin::Publish && message.progress.completed.is_some() && session.certain();
    if !owed || expired || too_large || !conn.ends.lives() || waited_us < state.header.long_bound_us {
        return;
    }
    let breach = Breach {
        conn: id,
        clause: DELIVERY,
        fact: Fact::DeliveryMissing,
        wanted: "the message, before a later one of its publisher, topic and QoS".to_owned(),
        got: format!("a later one, and none of this within {} s", waited_us / 1_000_000),
        evidence: vec![message.first.seq, later.seq],
        could_instead: vec![
            "refuse it, let it expire, or leave it out as too large: none of these holds",
            "deliver it later: the wait went on for the long bound",
        ],
    };
    found.broken_at((state.now.seq, None), state, breach);
}

fn answers(state: &State, found: &mut Found) {
    for (id, conn) in state.conns() {
        if !conn.ends.lives() || conn.given.deviant.is_some() {
            continue;
        }
        for ((kind, packet_id), asked) in conn.debts.judged.sorted() {
            let waited_us = state.now.at_us.saturating_sub(asked.at_us);
            if waited_us < state.header.long_bound_us || conn.answered_up_to <= asked.seq {
                continue;
            }
            let clause: Option<Pair> = pair(Owed::Answer(kind));
            let Some(clause) = clause else { continue };
            let name = if packet_id == 0 { kind.to_string() } else { format!("{kind} id={packet_id}") };
            let breach = Breach {
                conn: id,
                clause,
                fact: Fact::AnswerMissing,
                wanted: name,
                got: format!(
                    "answers to what was given later, and none to this within {} s",
                    waited_us / 1_000_000
                ),
                evidence: vec![asked.seq],
                could_instead: vec!["answer late: the wait went on for the long bound"],
            };
            found.broken_at((state.now.seq, None), state, breach);
        }
    }
}
