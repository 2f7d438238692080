//! What is delivered matches a filter that the session ever held, and holds still where it ended before the message was given.
//!
//! Only for topics of the run, other scenarios' included: elsewhere a broker has messages of its own. Never compared with the
//! published topic, since a server may map names. Off where the target declares that it subscribes clients by itself.

use deadzone_history::Event;
use deadzone_verdict::Fact;

use super::{
    clauses::{NO_LOCAL, TOPIC, UNSUBSCRIBED},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, State},
};

/// Filters named in a finding.
const NAMED: usize = 8;

pub(crate) const RULE: Stateless = Stateless { name: "topic-matches", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    let topic = delivery.topic;
    let prefix = state.header.run_prefix.as_bytes();
    let ours = !prefix.is_empty() && topic.0.starts_with(prefix);
    if !ours || delivery.marker || state.header.target.automatic_subscriptions {
        return;
    }
    found.tested(TOPIC.of(delivery.seen.version));
    match delivery.seen.matching.filters {
        0 => found.broken(event, state, unasked(&delivery, state)),
        _ => ended(event, &delivery, state, found),
    }
    own(event, &delivery, state, found);
}

fn unasked(delivery: &Delivery<'_>, state: &State) -> Breach {
    let own = state.of_this_run(delivery.topic);
    let filters: Vec<_> =
        delivery.session.subscriptions.texts().take(NAMED).map(|t| format!("{t:?}")).collect();
    let filters = if filters.is_empty() { "none".to_owned() } else { filters.join(", ") };
    let fact = match (own, from_the_store(delivery, state)) {
        (false, _) => Fact::Misdelivered,
        (true, true) => Fact::UnaskedRetained,
        (true, false) => Fact::DeliveredUnwanted,
    };
    Breach {
        conn: delivery.seen.conn,
        clause: TOPIC,
        fact,
        wanted: format!("a topic that matches a filter of the session: {filters}"),
        got: delivery.summary(),
        evidence: delivery.session.subscriptions.last_asked().into_iter().collect(),
        could_instead: vec![
            "deliver for a subscription that has ended: no filter that was ever held matches",
            "subscribe the client by itself: the target does not declare that it does",
        ],
    }
}

/// Whether it can only be what is stored, sent to a client that never subscribed: no step brings that about. A message that was
/// given behind the CONNECT, or that an earlier session of the client asked for, may come by a subscription that was left over.
fn from_the_store(delivery: &Delivery<'_>, state: &State) -> bool {
    let seen = delivery.seen;
    let connect = state.conn(seen.conn).and_then(|conn| conn.handshake.connect.as_ref()).map(|c| c.at.seq);
    let group = state.messages.with_payload(&delivery.publish.payload);
    let stored = group.is_some_and(|g| g.messages.iter().all(|m| connect.is_some_and(|at| m.first.seq < at)));
    let asked_for =
        |ix| state.earlier_sessions(ix).any(|s| s.subscriptions.held(&delivery.topic.0).next().is_some());
    delivery.publish.retain
        && delivery.session.subscriptions.last_asked().is_none()
        && stored
        && !seen.session.is_some_and(asked_for)
}

/// Every matching subscription had ended before the message was given.
fn ended(event: &Event, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
    let (matching, seen) = (delivery.seen.matching, delivery.seen);
    let Some(source) = seen.source.filter(|s| s.unique().is_some()) else { return };
    let first = matches!(seen.copy, CopyKind::First | CopyKind::Plain) && !delivery.publish.dup;
    if matching.live > 0 || !first || matching.shared || delivery.publish.retain {
        return;
    }
    let Some(ended) = matching.ended else { return };
    let breach = Breach {
        conn: seen.conn,
        clause: UNSUBSCRIBED,
        fact: Fact::DeliveredUnwanted,
        wanted: "nothing new by a filter that was unsubscribed".to_owned(),
        got: delivery.summary(),
        evidence: vec![ended, source.at.seq],
        could_instead: vec![
            "finish what had begun before: this was given after UNSUBACK",
            "deliver by another filter of the session: none matches",
        ],
    };
    found.broken(event, state, breach);
}

/// A message of the client's own by a subscription with No Local (5.0).
fn own(event: &Event, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
    let seen = delivery.seen;
    let Some(id) = seen.source.and_then(|s| s.unique()) else { return };
    let Some(message) = state.messages.message(id) else { return };
    let publisher = message.session.and_then(|s| state.session(s));
    let own = publisher.is_some_and(|p| p.client_id == delivery.session.client_id && !p.client_id.is_empty());
    if !own || seen.matching.shared || delivery.publish.retain || message.retain {
        return;
    }
    let mut asks = delivery.session.subscriptions.held(&delivery.topic.0).flat_map(|held| &held.asks);
    let all = asks.next().is_some_and(crate::state::Ask::no_local) && asks.all(crate::state::Ask::no_local);
    if !all {
        return;
    }
    let breach = Breach {
        conn: seen.conn,
        clause: NO_LOCAL,
        fact: Fact::DeliveredUnwanted,
        wanted: "nothing to the client that published it: its subscription says No Local".to_owned(),
        got: delivery.summary(),
        evidence: vec![message.first.seq],
        could_instead: vec!["deliver by an overlapping filter without No Local: there is none"],
    };
    found.broken(event, state, breach);
}
