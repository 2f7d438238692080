//! First copies of one publisher's messages on one topic come in the order in which they were published.
//!
//! Judged only where nothing else explains another order: equal published and delivered QoS, one matching filter that is not
//! shared, not retained, both messages given first on one connection, for QoS 2 released in that order too, and nothing of the session's
//! earlier connections unseen. So 1,2,3,2,3,4 is right: repetitions are no first copies.

use std::collections::BTreeMap;

use deadzone_history::Event;

use super::{clauses::ORDER, exchange::Delivery};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Message, MessageId, SessionId, Sight, Trace},
};

/// What one session has had of one stream: the highest message, and which before it are missing, as ranges start..=end.
#[derive(Debug)]
struct Had {
    highest: u32,
    id: MessageId,
    seen: u64,
    /// Nothing can have gone unseen before the highest one came.
    drained: bool,
    missing: BTreeMap<u32, u32>,
}

#[derive(Debug, Default)]
pub(crate) struct Order {
    had: BTreeMap<(SessionId, u32), Had>,
}

impl Rule for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        let Some((id, message)) = judged(&delivery, trace) else { return };
        let Some(session) = delivery.seen.session else { return };
        let new = Had {
            highest: message.index,
            id,
            seen: event.seq,
            drained: delivery.seen.drained_before,
            missing: BTreeMap::new(),
        };
        let Some(had) = self.had.get_mut(&(session, message.stream)) else {
            // What is older counts as missing: it may never come, but it may not come now.
            let missing = message.index.checked_sub(1).map(|before| (0, before)).into_iter().collect();
            self.had.insert((session, message.stream), Had { missing, ..new });
            return;
        };
        if message.index > had.highest {
            if message.index > had.highest + 1 {
                had.missing.insert(had.highest + 1, message.index - 1);
            }
            *had = Had { missing: std::mem::take(&mut had.missing), ..new };
            return;
        }
        let first = take(&mut had.missing, message.index);
        let later = trace.message(had.id);
        if !first || !had.drained || !later.is_some_and(|later| released_in_order(message, later)) {
            return;
        }
        let (seen, later) = (had.seen, later.map(|m| m.seq));
        notes.broken(event, trace, fault(&delivery, message, seen, later));
    }
}

/// The message, where its place in the order is certain.
fn judged<'a>(delivery: &Delivery<'_>, trace: &'a Trace) -> Option<(MessageId, &'a Message)> {
    let id = delivery.seen.source?.unique()?;
    let message = trace.message(id)?;
    let (publish, matching) = (delivery.publish, delivery.seen.matching);
    let first = matches!(delivery.seen.sight, Sight::First | Sight::Plain) && !publish.dup;
    let one = matching.filters == 1 && !matching.shared;
    (first && one && !publish.retain && publish.qos == message.qos).then_some((id, message))
}

/// At QoS 2 a broker may deliver at PUBREL, so those must have come in the same order.
fn released_in_order(earlier: &Message, later: &Message) -> bool {
    if earlier.qos < 2 {
        return true;
    }
    match (earlier.released, later.released) {
        (Some((a, on_a)), Some((b, on_b))) => on_a == earlier.conn && on_b == earlier.conn && a < b,
        _ => false,
    }
}

/// Takes an index out of the missing ones; whether it was among them.
fn take(missing: &mut BTreeMap<u32, u32>, index: u32) -> bool {
    let Some((start, end)) = missing.range(..=index).next_back().map(|(s, e)| (*s, *e)) else { return false };
    if end < index {
        return false;
    }
    missing.remove(&start);
    if start < index {
        missing.insert(start, index - 1);
    }
    if index < end {
        missing.insert(index + 1, end);
    }
    true
}

fn fault(delivery: &Delivery<'_>, message: &Message, seen: u64, later: Option<u64>) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses: &ORDER,
        wanted: "the messages of one publisher, topic and QoS in their order".to_owned(),
        got: format!("{} for the first time, after a message that was published later", delivery.summary()),
        evidence: [message.seq, seen].into_iter().chain(later).collect(),
        could_instead: vec![
            "repeat older messages after a resume: this one came for the first time",
            "take messages of different QoS or topics, or retained ones, out of order: these are alike",
            "deliver QoS 2 in the order of PUBREL: that was the same",
        ],
    }
}
