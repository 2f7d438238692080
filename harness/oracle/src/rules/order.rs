//! First copies of one publisher's messages on one topic come in the order in which they were published.
//!
//! Judged only where nothing else explains another order: equal published and delivered QoS, one matching filter that is not
//! shared, not retained, both messages given first on one connection, for QoS 2 released in that order too, and nothing of the
//! session's earlier connections unseen. So 1,2,3,2,3,4 is right: repetitions are no first copies. A resend, whenever it comes,
//! is none either.

use std::collections::BTreeMap;

use deadzone_history::Event;
use deadzone_verdict::Fact;

use super::{
    clauses::{ORDER, ORDERED_BY_DEFAULT},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    hash::Map,
    rule::{On, Rule},
    state::{CopyKind, Mark, Message, SessionIx, State, Stream},
};

/// So many streams of sessions are followed; those of publishers that are gone are dropped first.
const STREAMS_KEPT: usize = 16_384;

/// What one session has had of one stream: the highest message, and which before it are missing, as ranges start..=end.
#[derive(Debug)]
struct Had {
    highest: u32,
    first: Mark,
    released: Option<u64>,
    seen: u64,
    /// Nothing can have gone unseen before the highest one came.
    drained: bool,
    missing: BTreeMap<u32, u32>,
}

#[derive(Debug, Default)]
pub(crate) struct Order {
    had: Map<(SessionIx, Stream), Had>,
}

impl Rule for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let Some(message) = judged(&delivery, state) else { return };
        let Some(session) = delivery.seen.session else { return };
        let new = Had {
            highest: message.index,
            first: message.first,
            released: released(message),
            seen: event.seq,
            drained: delivery.seen.drained_before,
            missing: BTreeMap::new(),
        };
        let Some(had) = self.had.get_mut(&(session, message.stream)) else {
            // What is older counts as missing: it may never come, but it may not come now.
            let missing = message.index.checked_sub(1).map(|before| (0, before)).into_iter().collect();
            self.make_room(state);
            self.had.insert((session, message.stream), Had { missing, ..new });
            return;
        };
        if message.index > had.highest {
            found.tested(ORDER.of(delivery.seen.version));
            found.tested(ORDERED_BY_DEFAULT.of(delivery.seen.version));
            if message.index > had.highest + 1 {
                had.missing.insert(had.highest + 1, message.index - 1);
            }
            *had = Had { missing: std::mem::take(&mut had.missing), ..new };
            return;
        }
        let first = take(&mut had.missing, message.index);
        let in_order = message.qos < 2
            || matches!((released(message), had.released), (Some(earlier), Some(later)) if earlier < later);
        if !first || !had.drained || !in_order {
            return;
        }
        found.broken(event, state, breach(&delivery, message, had));
        found.beside(event, ORDERED_BY_DEFAULT.of(delivery.seen.version));
    }
}

impl Order {
    fn make_room(&mut self, state: &State) {
        if self.had.len() < STREAMS_KEPT {
            return;
        }
        self.had.retain(|(_, stream), _| state.conn(stream.conn).is_some_and(|conn| conn.ends.lives()));
        if self.had.len() >= STREAMS_KEPT {
            self.had.clear();
        }
    }
}

/// The message, where its place in the order is certain.
fn judged<'a>(delivery: &Delivery<'_>, state: &'a State) -> Option<&'a Message> {
    let id = delivery.seen.source?.unique()?;
    let message = state.messages.message(id)?;
    let (publish, matching) = (delivery.publish, delivery.seen.matching);
    let first = matches!(delivery.seen.copy, CopyKind::First | CopyKind::Plain) && !publish.dup;
    let one = matching.filters == 1 && !matching.shared && !state.header.target.unordered_topics;
    (first && one && !publish.retain && publish.qos == message.qos).then_some(message)
}

/// Its PUBREL, where it came on the connection of the PUBLISH: at QoS 2 a broker may deliver at PUBREL, so those must have come
/// in the same order.
fn released(message: &Message) -> Option<u64> {
    message.progress.released.filter(|(_, on)| *on == message.conn).map(|(seq, _)| seq)
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

fn breach(delivery: &Delivery<'_>, message: &Message, had: &Had) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: ORDER,
        fact: Fact::OutOfOrder,
        wanted: "the messages of one publisher, topic and QoS in their order".to_owned(),
        got: format!("{} for the first time, after a message that was published later", delivery.summary()),
        evidence: vec![message.first.seq, had.seen, had.first.seq],
        could_instead: vec![
            "repeat older messages after a resume: this one came for the first time",
            "take messages of different QoS or topics, or retained ones, out of order: these are alike",
            "deliver QoS 2 in the order of PUBREL: that was the same",
        ],
    }
}
