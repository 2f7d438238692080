//! What is delivered matches a filter that the session ever held.
//!
//! Only for topics under the run's nonce: elsewhere a broker has messages of its own. Never compared with the published
//! topic, since a server may map names. Off where the target declares that it subscribes clients by itself.

use deadzone_history::Event;

use super::{clauses::TOPIC, exchange::Delivery};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::Trace,
};

/// Filters named in a finding.
const NAMED: usize = 8;

#[derive(Debug)]
pub(crate) struct Topic;

impl Rule for Topic {
    fn name(&self) -> &'static str {
        "topic-matches"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        let header = trace.header();
        let ours = delivery.seen.topic.0.strip_prefix(header.nonce.as_bytes());
        let ours =
            !header.nonce.is_empty() && ours.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')));
        if !ours
            || delivery.marker
            || header.target.automatic_subscriptions
            || delivery.seen.matching.filters > 0
        {
            return;
        }
        let filters: Vec<_> =
            delivery.session.subscriptions.texts().take(NAMED).map(|t| format!("{t:?}")).collect();
        let filters = if filters.is_empty() { "none".to_owned() } else { filters.join(", ") };
        let fault = Fault {
            conn: delivery.seen.conn,
            clauses: &TOPIC,
            wanted: format!("a topic that matches a filter of the session: {filters}"),
            got: delivery.summary(),
            evidence: delivery.session.subscriptions.last_asked().into_iter().collect(),
            could_instead: vec![
                "deliver for a subscription that has ended: no filter that was ever held matches",
                "subscribe the client by itself: the target does not declare that it does",
            ],
        };
        notes.broken(event, trace, fault);
    }
}
