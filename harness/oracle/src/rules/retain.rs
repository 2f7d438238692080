//! RETAIN on deliveries: 0 to an established subscription, unless it asked for Retain As Published (5.0).
//!
//! A copy with RETAIN 1 may be a retained one that a SUBSCRIBE called for. It can't be if every matching subscription had its
//! SUBACK before the message was published, or if nobody published it with RETAIN 1. Only payloads that name their
//! messages are judged; wills, resends and shared subscriptions are not.

use deadzone_history::Event;
use deadzone_spec::Pair;

use super::{
    clauses::{RETAIN_AS_PUBLISHED, RETAIN_TO_ESTABLISHED},
    exchange::Delivery,
};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Sight, Source, Trace},
};

#[derive(Debug)]
pub(crate) struct Retain;

impl Rule for Retain {
    fn name(&self) -> &'static str {
        "retain-flag"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        let Some(source) = delivery.seen.source.filter(|s| !s.will) else { return };
        let matching = delivery.seen.matching;
        let judged = matches!(delivery.seen.sight, Sight::First | Sight::Plain) && !delivery.publish.dup;
        if !judged || matching.shared || matching.filters == 0 || matching.qos.is_none() {
            return;
        }
        let as_published = matching.as_published;
        let fault = if delivery.publish.retain {
            let live = matching.established && !as_published;
            match (source.some_retained, as_published) {
                (false, true) => {
                    say(&delivery, &source, &RETAIN_AS_PUBLISHED, "RETAIN 0, as it was published")
                }
                (false, false) => {
                    say(&delivery, &source, &RETAIN_TO_ESTABLISHED, "RETAIN 0: it was not published retained")
                }
                (true, _) if live => {
                    say(&delivery, &source, &RETAIN_TO_ESTABLISHED, "RETAIN 0 to an established subscription")
                }
                _ => return,
            }
        } else if matching.established && matching.all_as_published && source.all_retained {
            say(&delivery, &source, &RETAIN_AS_PUBLISHED, "RETAIN 1, as it was published")
        } else {
            return;
        };
        notes.broken(event, trace, fault);
    }
}

fn say(delivery: &Delivery<'_>, source: &Source, clauses: &'static Pair, wanted: &str) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses,
        wanted: wanted.to_owned(),
        got: delivery.summary(),
        evidence: delivery.seen.matching.answered.into_iter().chain([source.seq]).collect(),
        could_instead: vec![
            "send it as the retained message of a new subscription: the message is younger than each of their SUBACKs, or was never retained",
            "keep the publisher's flag for Retain As Published: the flag differs from it, or none asked for that",
        ],
    }
}
