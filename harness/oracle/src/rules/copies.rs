//! A QoS 2 message reaches a session in at most one exchange for each matching subscription.
//!
//! Overlapping subscriptions may have a copy each. At QoS 1 and 0 nothing forbids a duplicate. Judged are messages that their
//! payload names, published and delivered at QoS 2, not retained, not by a will, not shared.

use std::collections::BTreeMap;

use deadzone_history::Event;

use super::{clauses::ONCE, exchange::Delivery};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{MessageId, SessionId, Sight, Trace},
};

/// So many messages are remembered for each session; a duplicate of an older one goes unnoticed.
const REMEMBERED: usize = 65_536;

/// Copies of one message.
#[derive(Clone, Copy, Debug)]
struct Copy {
    first: u64,
    count: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Copies {
    seen: BTreeMap<SessionId, BTreeMap<MessageId, Copy>>,
}

impl Rule for Copies {
    fn name(&self) -> &'static str {
        "copies"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        let (Some(session), Some(source)) = (delivery.seen.session, delivery.seen.source) else { return };
        let Some(id) = source.unique() else { return };
        let matching = delivery.seen.matching;
        let exactly = delivery.publish.qos == 2 && source.qos == 2 && !source.some_retained;
        if !exactly || matching.shared || matching.filters == 0 || delivery.seen.sight != Sight::First {
            return;
        }
        let seen = self.seen.entry(session).or_default();
        let copy = seen.entry(id).or_insert(Copy { first: event.seq, count: 0 });
        copy.count += 1;
        let Copy { first, count } = *copy;
        if seen.len() > REMEMBERED {
            seen.pop_first();
        }
        if count <= matching.filters {
            return;
        }
        let fault = Fault {
            conn: delivery.seen.conn,
            clauses: &ONCE,
            wanted: format!("at most {} of a QoS 2 message", copies(matching.filters)),
            got: format!("copy {count}: {}", delivery.summary()),
            evidence: vec![source.seq, first],
            could_instead: vec![
                "resend an unfinished exchange under its id: this is a new exchange",
                "send a copy for each overlapping subscription: there are fewer",
                "duplicate what was published or granted below QoS 2: both were 2",
            ],
        };
        notes.broken(event, trace, fault);
    }
}

fn copies(filters: u32) -> String {
    if filters == 1 {
        "one copy".to_owned()
    } else {
        format!("{filters} copies, one for each matching filter,")
    }
}
