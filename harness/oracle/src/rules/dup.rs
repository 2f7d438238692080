//! DUP tells whether the broker sent this message before.
//!
//! A resend without DUP fails only if a complete unacknowledged copy was seen on an earlier connection of the session. DUP at
//! first sight fails only if no copy can have gone unseen: on a new session, or where every earlier connection was read to its end.
//! A torn copy is no copy and leaves both open. Shared subscriptions may be re-dispatched with either. DUP at QoS 0 is malformed
//! and found there.

use deadzone_history::Event;

use super::{
    clauses::{DUP_AT_FIRST, RESENT_WITHOUT_DUP},
    exchange::Delivery,
};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Sight, Stage, Trace},
};

#[derive(Debug)]
pub(crate) struct Dup;

impl Rule for Dup {
    fn name(&self) -> &'static str {
        "dup"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        if delivery.seen.matching.shared {
            return;
        }
        match delivery.seen.sight {
            Sight::Again { last, live: false, stage: Stage::Unacknowledged, .. } if !delivery.publish.dup => {
                notes.broken(event, trace, without(&delivery, last));
            }
            Sight::First
                if delivery.publish.dup && delivery.seen.drained_before && twin(&delivery).is_none() =>
            {
                notes.broken(event, trace, at_first(&delivery));
            }
            _ => {}
        }
    }
}

/// The same message is unfinished under another id: then the id is wrong, not DUP.
fn twin(delivery: &Delivery<'_>) -> Option<u64> {
    let id = delivery.publish.packet_id?;
    delivery.session.outbound.twin_of(id, delivery.publish, &delivery.seen.topic)
}

fn without(delivery: &Delivery<'_>, last: u64) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses: &RESENT_WITHOUT_DUP,
        wanted: "DUP 1 on a PUBLISH that is sent again".to_owned(),
        got: format!("{} without DUP", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "send it without DUP if no whole copy had been sent: one was read from the broker before",
            "send another message under this id after its acknowledgement: none was given",
        ],
    }
}

fn at_first(delivery: &Delivery<'_>) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses: &DUP_AT_FIRST,
        wanted: "DUP 0 on a PUBLISH that the server sends for the first time".to_owned(),
        got: format!("{} with DUP", delivery.summary()),
        evidence: delivery.seen.source.map(|s| s.seq).into_iter().collect(),
        could_instead: vec![
            "resend a copy that nobody saw: the session is new, or all its connections were read to their end",
            "hand on the publisher's DUP: the server's own flag does not depend on it",
        ],
    }
}
