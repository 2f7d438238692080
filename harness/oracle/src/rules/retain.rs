//! RETAIN on deliveries: 0 to an established subscription, unless it asked for Retain As Published (5.0).
//!
//! A copy with RETAIN 1 may be a retained one that a SUBSCRIBE called for. It can't be if every matching subscription had its
//! SUBACK before the message was published, or if nobody published it with RETAIN 1; but a look-up may go on behind SUBACK, so
//! that one copy for each SUBSCRIBE and filter is right as long as the live copy comes too. Only payloads that name their
//! messages are judged; wills, resends and shared subscriptions are not.

use deadzone_history::Event;
use deadzone_spec::Pair;
use deadzone_verdict::Fact;

use super::{
    clauses::{RETAIN_AS_PUBLISHED, RETAIN_TO_ESTABLISHED},
    delivery::{Delivery, Later},
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{CopyKind, Source, State},
};

/// A SUBACK may be so much older than the message for its look-up to be still going on, µs.
const LOOK_UP_US: u64 = 1_000_000;
/// So many retained copies around a SUBACK are looked at again when the record ends.
const AROUND_KEPT: usize = 4_096;

#[derive(Debug, Default)]
pub(crate) struct Retain {
    /// Copies with RETAIN 1 soon behind a SUBACK: right if the live copy comes as well, or came. With the SUBACK.
    around: Vec<(Later, u64)>,
}

impl Rule for Retain {
    fn name(&self) -> &'static str {
        "retain-flag"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let Some(source) = delivery.seen.source.filter(|s| !s.will) else { return };
        let matching = delivery.seen.matching;
        let judged = matches!(delivery.seen.copy, CopyKind::First | CopyKind::Plain) && !delivery.publish.dup;
        if !judged || matching.shared || matching.filters == 0 || matching.qos.is_none() {
            return;
        }
        let as_published = matching.as_published;
        if matching.established {
            let clause = if matching.all_as_published { RETAIN_AS_PUBLISHED } else { RETAIN_TO_ESTABLISHED };
            found.tested(clause.of(delivery.seen.version));
        }
        let breach = if delivery.publish.retain {
            let live = matching.established && !as_published;
            match (source.some_retained, as_published) {
                (false, true) => {
                    say(&delivery, &source, RETAIN_AS_PUBLISHED, "RETAIN 0, as it was published")
                }
                (false, false) => {
                    say(&delivery, &source, RETAIN_TO_ESTABLISHED, "RETAIN 0: it was not published retained")
                }
                (true, _) if live && self.may_be_looked_up(state, &delivery, &source) => return,
                (true, _) if live => {
                    say(&delivery, &source, RETAIN_TO_ESTABLISHED, "RETAIN 0 to an established subscription")
                }
                _ => return,
            }
        } else if matching.established && matching.all_as_published && source.all_retained {
            say(&delivery, &source, RETAIN_AS_PUBLISHED, "RETAIN 1, as it was published")
        } else {
            return;
        };
        found.broken(event, state, breach);
    }

    fn finish(&mut self, state: &State, found: &mut Found) {
        for (Later { session, id, body, place }, answered) in std::mem::take(&mut self.around) {
            let Some(group) = state.messages.group(id.group) else { continue };
            let mut live = group.deliveries.iter().filter(|d| d.session == Some(session));
            if live.any(|d| !d.retain) {
                continue;
            }
            let Some(delivery) = state.messages.delivery(id) else { continue };
            let breach = Breach {
                conn: delivery.conn,
                clause: RETAIN_TO_ESTABLISHED,
                fact: Fact::WrongField,
                wanted: "a copy with RETAIN 0 to an established subscription".to_owned(),
                got: body.packet().summary(),
                evidence: vec![answered],
                could_instead: vec![
                    "send a retained copy besides, while its look-up goes on behind SUBACK: the live copy never came",
                ],
            };
            found.broken_at((delivery.first.seq, place), state, breach);
        }
    }
}

impl Retain {
    /// Whether the SUBACK is so recent that the look-up for it may have found this message. One copy may.
    fn may_be_looked_up(&mut self, state: &State, delivery: &Delivery<'_>, source: &Source) -> bool {
        let recent = delivery.session.subscriptions.held(&delivery.topic.0).filter_map(|held| held.current());
        let answered = recent.filter_map(|ask| ask.answered).map(|(at, _)| at).max();
        let recent = answered.is_some_and(|at| source.at.at_us.saturating_sub(at.at_us) < LOOK_UP_US);
        let (Some(answered), Some(later)) = (answered, delivery.later(state)) else { return false };
        let Some(group) = state.messages.group(later.id.group) else { return false };
        let retained = |d: &&crate::state::Delivery| d.session == Some(later.session) && d.retain;
        let copies = group.deliveries.iter().filter(retained).count();
        if !recent || copies > delivery.seen.matching.filters as usize || self.around.len() >= AROUND_KEPT {
            return false;
        }
        self.around.push((later, answered.seq));
        true
    }
}

fn say(delivery: &Delivery<'_>, source: &Source, clause: Pair, wanted: &str) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause,
        fact: Fact::WrongField,
        wanted: wanted.to_owned(),
        got: delivery.summary(),
        evidence: delivery.seen.matching.answered.into_iter().chain([source.at.seq]).collect(),
        could_instead: vec![
            "send it as the retained message of a new subscription: the message is younger than each of their SUBACKs, or was never retained",
            "keep the publisher's flag for Retain As Published: the flag differs from it, or none asked for that",
        ],
    }
}
