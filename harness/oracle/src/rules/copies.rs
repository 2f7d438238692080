//! A QoS 2 message reaches a session in at most one exchange for each matching subscription.
//!
//! Overlapping subscriptions may have a copy each. At QoS 1 and 0 a duplicate is graded. Judged are messages that their
//! payload names, published and delivered at QoS 2, not retained, not by a will, not shared.

use deadzone_history::Event;
use deadzone_verdict::Fact;

use super::{clauses::ONCE, delivery::Delivery};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, State},
};

pub(crate) const RULE: Stateless = Stateless { name: "copies", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    let (Some(session), Some(source)) = (delivery.seen.session, delivery.seen.source) else { return };
    let matching = delivery.seen.matching;
    let exactly = delivery.publish.qos == 2 && source.highest_qos() == 2 && !source.some_retained;
    if source.unique().is_none()
        || !exactly
        || matching.shared
        || matching.filters == 0
        || delivery.seen.copy != CopyKind::First
    {
        return;
    }
    found.tested(ONCE.of(delivery.seen.version));
    let Some(group) = delivery.seen.delivery.and_then(|id| state.messages.group(id.group)) else {
        return;
    };
    let exchanges =
        group.deliveries.iter().filter(|d| d.session == Some(session) && d.qos == 2 && !d.after_release);
    let (mut count, mut first) = (0, None);
    for exchange in exchanges {
        count += 1;
        first = first.or(Some(exchange.first.seq));
    }
    if count <= matching.filters {
        return;
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: ONCE,
        fact: Fact::DeliveredTwice,
        wanted: format!("at most {} of a QoS 2 message", copies(matching.filters)),
        got: format!("copy {count}: {}", delivery.summary()),
        evidence: [source.at.seq].into_iter().chain(first).collect(),
        could_instead: vec![
            "resend an unfinished exchange under its id: this is a new exchange",
            "send a copy for each overlapping subscription: there are fewer",
            "duplicate what was published or granted below QoS 2: both were 2",
        ],
    };
    found.broken(event, state, breach);
}

fn copies(filters: u32) -> String {
    if filters == 1 {
        "one copy".to_owned()
    } else {
        format!("{filters} copies, one for each matching filter,")
    }
}
