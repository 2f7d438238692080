//! DUP tells whether the broker sent this message before.
//!
//! A resend without DUP fails only if a complete unacknowledged copy was seen on an earlier connection of the session. DUP at
//! first sight fails only if no earlier attempt can have been made: on a new session, or where the message was given long
//! enough after the broker's own close of every earlier connection. A torn copy is no copy and leaves both open. Shared
//! subscriptions may be re-dispatched with either. DUP at QoS 0 is malformed and found there.

use deadzone_history::Event;
use deadzone_verdict::Fact;

use super::{
    clauses::{DUP_0_AT_QOS_1, DUP_0_AT_QOS_2, DUP_AT_FIRST, RESENT_WITHOUT_DUP},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, Stage, State},
};

pub(crate) const RULE: Stateless = Stateless { name: "dup", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    if delivery.seen.matching.shared {
        return;
    }
    match delivery.seen.copy {
        CopyKind::Again { last, live: false, stage: Stage::Unacknowledged, .. } => {
            found.tested(RESENT_WITHOUT_DUP.of(delivery.seen.version));
            if !delivery.publish.dup {
                found.broken(event, state, without(&delivery, last));
            }
        }
        CopyKind::First if first_attempt(&delivery) => {
            let of_sender = if delivery.publish.qos == 1 { DUP_0_AT_QOS_1 } else { DUP_0_AT_QOS_2 };
            let of_sender = of_sender.of(delivery.seen.version);
            found.tested(DUP_AT_FIRST.of(delivery.seen.version));
            found.tested(of_sender);
            if delivery.publish.dup {
                found.broken(event, state, at_first(&delivery));
                found.beside(event, of_sender);
            }
        }
        _ => {}
    }
}

/// Whether this is the first attempt for a message of its own: an equal one that is unfinished under another id explains DUP,
/// and then the id is wrong, unless there is a publication for each of them.
fn first_attempt(delivery: &Delivery<'_>) -> bool {
    let several = delivery.seen.source.is_some_and(|source| source.is_of_several());
    if delivery.seen.moved.is_some() {
        return false;
    }
    let certain = delivery.seen.no_attempt_before || (several && delivery.seen.drained_before);
    certain && (several || twin(delivery).is_none())
}

fn twin(delivery: &Delivery<'_>) -> Option<u64> {
    let id = delivery.publish.packet_id?;
    delivery.session.outbound.twin_of(id, delivery.publish, delivery.topic)
}

fn without(delivery: &Delivery<'_>, last: u64) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: RESENT_WITHOUT_DUP,
        fact: Fact::WrongField,
        wanted: "DUP 1 on a PUBLISH that is sent again".to_owned(),
        got: format!("{} without DUP", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "send it without DUP if no whole copy had been sent: one was read from the broker before",
            "send another message under this id after its acknowledgement: none was given",
        ],
    }
}

fn at_first(delivery: &Delivery<'_>) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: DUP_AT_FIRST,
        fact: Fact::WrongField,
        wanted: "DUP 0 on a PUBLISH that the server sends for the first time".to_owned(),
        got: format!("{} with DUP", delivery.summary()),
        evidence: delivery.seen.source.map(|s| s.at.seq).into_iter().collect(),
        could_instead: vec![
            "resend what it began on an earlier connection: the session is new, or the message was given after the broker \
             itself had closed each of its connections",
            "hand on the publisher's DUP: the server's own flag does not depend on it",
        ],
    }
}
