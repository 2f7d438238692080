//! What is delivered has the lesser of the published and the granted QoS: no more, and no less.
//!
//! Before SUBACK the requested QoS and all below it count. After UNSUBSCRIBE or a re-SUBSCRIBE each grant that the session held
//! since the message was accepted is right. Overlapping subscriptions may have a copy each, or one copy at the highest; the
//! highest is asked for when the record ends.

use deadzone_history::Event;
use deadzone_verdict::Fact;

use super::{
    clauses::{GRANT_TOLD, GRANTED_QOS, OVERLAP_QOS},
    delivery::{Delivery, Later},
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{CopyKind, State},
};

/// So many overlapping deliveries are looked at when the record ends.
const OVERLAPS_KEPT: usize = 4_096;

#[derive(Debug, Default)]
pub(crate) struct GrantedQos {
    /// Deliveries through several settled subscriptions, with the highest QoS that must be among the copies.
    overlaps: Vec<(Later, u8)>,
}

impl Rule for GrantedQos {
    fn name(&self) -> &'static str {
        "granted-qos"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        if state.header.target.automatic_subscriptions || delivery.marker {
            return;
        }
        let (matching, source) = (delivery.seen.matching, delivery.seen.source);
        let published = source.map_or(0b111, |s| s.qos);
        let granted = if matching.grants == 0 { 0b111 } else { matching.grants };
        let allowed = lesser_of(published, granted);
        if source.is_some() && matching.established {
            found.tested(GRANTED_QOS.of(delivery.seen.version));
            found.tested(GRANT_TOLD.of(delivery.seen.version));
        }
        let settled = matching.unchanged
            && matching.established
            && source.is_some_and(|s| !s.will && s.unique().is_some());
        if settled && matching.live > 1 && !matching.shared && self.overlaps.len() < OVERLAPS_KEPT {
            let first = matches!(delivery.seen.copy, CopyKind::First | CopyKind::Plain);
            if let (true, Some(later)) = (first, delivery.later(state)) {
                found.tested(OVERLAP_QOS.of(delivery.seen.version));
                self.overlaps.push((later, highest(allowed)));
            }
        }
        let qos = delivery.publish.qos;
        let above = qos > highest(allowed);
        // Below the agreed QoS is certain only where one subscription that nothing changed brings a message of known QoS.
        let exact = source.is_some_and(|s| s.count <= 1) && matching.unchanged && matching.grants != 0;
        if (1 << qos) & allowed != 0 || !(above || exact) {
            return;
        }
        let most = highest(allowed);
        let breach = Breach {
            conn: delivery.seen.conn,
            clause: GRANTED_QOS,
            fact: Fact::WrongField,
            wanted: match (above, highest(published) < highest(granted)) {
                (false, _) => format!("QoS {most}, the lesser of the published and the granted one"),
                (true, true) => format!("QoS {most} at most, as it was published"),
                (true, false) => format!("QoS {most} at most, as it was granted"),
            },
            got: delivery.summary(),
            evidence: matching.answered.into_iter().chain(source.map(|s| s.at.seq)).collect(),
            could_instead: vec![
                "deliver under another grant what was published while it held: none held since",
                "deliver under an overlapping subscription with another grant: there is none",
            ],
        };
        found.broken(event, state, breach);
        if qos > highest(granted) {
            found.beside(event, GRANT_TOLD.of(delivery.seen.version));
        }
    }

    fn finish(&mut self, state: &State, found: &mut Found) {
        for (Later { session, id, body, place }, wanted) in std::mem::take(&mut self.overlaps) {
            let Some(group) = state.messages.group(id.group) else { continue };
            let mut best = None;
            let copies = group.deliveries.iter().filter(|d| d.session == Some(session));
            for copy in copies {
                best = best.max(Some(copy.qos));
            }
            let Some(delivery) = state.messages.delivery(id).filter(|_| best < Some(wanted)) else {
                continue;
            };
            let breach = Breach {
                conn: delivery.conn,
                clause: OVERLAP_QOS,
                fact: Fact::WrongField,
                wanted: format!("a copy at QoS {wanted}, the highest of the overlapping subscriptions"),
                got: format!("QoS {} at most: {}", delivery.qos, body.packet().summary()),
                evidence: vec![delivery.first.seq],
                could_instead: vec![
                    "send a copy for each subscription with its own QoS: no copy has the highest",
                    "respect only the highest QoS in one copy: it has a lower one",
                ],
            };
            found.broken_at((delivery.last, place), state, breach);
        }
    }
}

/// The lesser of each pair, as bits: what one has is the lesser where the other has as much or more.
fn lesser_of(published: u8, granted: u8) -> u8 {
    let up_to = |bits: u8| (2 << highest(bits)) - 1;
    published & up_to(granted) | granted & up_to(published)
}

fn highest(bits: u8) -> u8 {
    match bits {
        0b100.. => 2,
        0b010.. => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::lesser_of;

    #[test]
    fn the_lesser_of_each_pair() {
        for (published, granted) in (1..8u8).flat_map(|p| (1..8u8).map(move |g| (p, g))) {
            let of = |bits: u8| (0..3u8).filter(move |qos| bits & (1 << qos) != 0);
            let wanted = of(published).flat_map(|p| of(granted).map(move |g| 1 << p.min(g)));
            assert_eq!(
                lesser_of(published, granted),
                wanted.fold(0, |all, one| all | one),
                "{published} {granted}"
            );
        }
    }
}
