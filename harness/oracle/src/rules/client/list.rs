//! The rules about clients, and what they have in common.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_spec::Pair;
use deadzone_verdict::Fact;

use super::{
    super::malformed, acknowledgements, answer_order, exchange, handshake, keep_alive, limits, owed,
    receive_maximum, release, resend_order,
};
use crate::{breach::Breach, rule::Rule, state::State};

/// One of each, in the order in which a reader meets them in the standard.
pub(crate) fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(malformed::WellFormed::default()),
        Box::new(handshake::RULE),
        Box::new(limits::Limits::default()),
        Box::new(exchange::Exchange::default()),
        Box::new(release::RULE),
        Box::new(acknowledgements::RULE),
        Box::new(receive_maximum::ReceiveMaximum::default()),
        Box::new(answer_order::AnswerOrder::default()),
        Box::new(resend_order::ResendOrder::default()),
        Box::new(keep_alive::RULE),
        Box::new(owed::Owed),
    ]
}

/// So many connections are followed by a rule at once; a further one takes the place of the oldest.
pub(super) const CONNS_KEPT: usize = 4_096;

/// What is kept of a connection goes when the client's end of it is closed.
pub(super) fn forget_ended<T>(kept: &mut BTreeMap<ConnId, T>, event: &Event, state: &State) {
    if let EventKind::Closed { conn, .. } = &event.kind
        && state.conn(*conn).is_none_or(|c| c.ends.here.is_some())
    {
        kept.remove(conn);
    }
}

/// A breach with its sentences.
pub(super) fn breach(
    conn: ConnId,
    (clause, fact): (Pair, Fact),
    wanted: &str,
    got: String,
    evidence: Vec<u64>,
) -> Breach {
    let (wanted, could_instead) = (wanted.to_owned(), Vec::new());
    Breach { conn, clause, fact, wanted, got, evidence, could_instead }
}
