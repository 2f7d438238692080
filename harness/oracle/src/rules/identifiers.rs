//! Subscription Identifiers on deliveries (5.0 §3.3.4): those of the matching subscriptions of this session, and all of them.
//!
//! One copy carries all; of several each carries its own. Which copies come is known when the record ends, so that what is
//! missing is looked for then. What a copy carries too much is seen at once: an identifier of nobody here, or an old one after
//! it was replaced. While a subscription changes, old and new are right.

use deadzone_history::Event;
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::{
    clauses::{ALL_IDENTIFIERS, IDENTIFIER, OWN_IDENTIFIER},
    delivery::{Delivery, Later},
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{CopyKind, State},
};

/// An identifier that another SUBSCRIBE had replaced before the message was given.
pub(super) const STALE: Pair = pair!(-, "DZ-stale-subscription-identifier");
/// So many deliveries are looked at when the record ends.
const KEPT: usize = 4_096;

#[derive(Debug, Default)]
pub(crate) struct Identifiers {
    /// Deliveries through settled subscriptions, with the identifiers that must come.
    expected: Vec<(Later, Vec<u32>)>,
}

impl Rule for Identifiers {
    fn name(&self) -> &'static str {
        "subscription-identifiers"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let first = matches!(delivery.seen.copy, CopyKind::First | CopyKind::Plain) && !delivery.publish.dup;
        let seen = delivery.seen;
        let automatic = state.header.target.automatic_subscriptions;
        if seen.version != Version::V5 || delivery.marker || !first || automatic {
            return;
        }
        let Some(source) = seen.source.filter(|s| s.count <= 1) else { return };
        for identifier in delivery.publish.subscription_ids() {
            surplus(event, &delivery, (identifier, source.at.seq), state, found);
        }
        let settled = seen.matching.established && seen.matching.unchanged && !seen.matching.shared;
        if !settled
            || !seen.matching.identified
            || delivery.publish.retain
            || source.will
            || source.unique().is_none()
            || self.expected.len() >= KEPT
        {
            return;
        }
        let held = delivery.session.subscriptions.held(&delivery.topic.0).filter_map(|held| held.current());
        let wanted: Vec<u32> = held.filter_map(|ask| ask.identifier).collect();
        if let (false, Some(later)) = (wanted.is_empty(), delivery.later(state)) {
            if seen.matching.filters > 1 {
                found.tested(IDENTIFIER.of(Version::V5));
            }
            self.expected.push((later, wanted));
        }
    }

    fn finish(&mut self, state: &State, found: &mut Found) {
        for (Later { session, id, body, place }, wanted) in std::mem::take(&mut self.expected) {
            let Some(group) = state.messages.group(id.group) else { continue };
            let copies = || group.deliveries.iter().filter(|d| d.session == Some(session) && !d.retain);
            let clause = if copies().count() > 1 { OWN_IDENTIFIER } else { ALL_IDENTIFIERS };
            found.tested(clause.of(Version::V5));
            let came = |id: &u32| copies().any(|copy| copy.identifiers.contains(id));
            let Some(missing) = wanted.iter().find(|id| !came(id)) else { continue };
            let Some(delivery) = state.messages.delivery(id) else { continue };
            let breach = Breach {
                conn: delivery.conn,
                clause,
                fact: Fact::WrongField,
                wanted: format!("Subscription Identifier {missing} of a matching subscription"),
                got: body.packet().summary(),
                evidence: group.messages.first().map(|m| m.first.seq).into_iter().collect(),
                could_instead: vec![
                    "send a copy for each subscription with its own identifier: none carries this one",
                    "send one copy with all of them: this one is missing",
                ],
            };
            found.broken_at((delivery.last, place), state, breach);
        }
    }
}

/// An identifier that no matching subscription of this session gives to this message.
fn surplus(
    event: &Event,
    delivery: &Delivery<'_>,
    (identifier, published): (u32, u64),
    state: &State,
    found: &mut Found,
) {
    let mut known = false;
    for held in delivery.session.subscriptions.held(&delivery.topic.0) {
        for ask in held.asks.iter().filter(|ask| ask.identifier == Some(identifier)) {
            if ask.ended.is_none_or(|ended| ended >= published) || delivery.publish.retain {
                return;
            }
            known = true;
        }
    }
    let publisher = delivery.seen.source.and_then(|s| s.first).and_then(|id| state.messages.message(id));
    if publisher.and_then(|m| m.forwarded.as_ref()).is_some_and(|f| f.identifier == Some(identifier)) {
        return;
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: if known { STALE } else { IDENTIFIER },
        fact: Fact::WrongField,
        wanted: "the identifiers of the matching subscriptions of this session only".to_owned(),
        got: format!("identifier {identifier}: {}", delivery.summary()),
        evidence: delivery.seen.matching.answered.into_iter().chain([published]).collect(),
        could_instead: vec![
            "carry the identifier of an overlapping subscription of the same session: it has none of this number now",
        ],
    };
    found.broken(event, state, breach);
}
