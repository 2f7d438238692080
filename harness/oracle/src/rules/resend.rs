//! What is sent again, and when: under its own id, not after its PUBREL, and in 5.0 not on a live connection.
//!
//! In 3.1.1 a resend on a live connection is allowed.

use deadzone_history::Event;
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::{
    clauses::{LIVE_RESEND, PUBLISH_AFTER_RELEASE, REFUSED, RESEND},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, Stage, State},
};

pub(crate) const RULE: Stateless = Stateless { name: "resend", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    let v5 = delivery.seen.version == Version::V5;
    let breach = match delivery.seen.copy {
        CopyKind::Again { last, stage: Stage::Released, .. } => after_release(&delivery, last),
        CopyKind::Again { last, live: true, .. } if v5 => live(&delivery, last),
        CopyKind::Again { stage: Stage::Done, .. } if v5 => match refused(&delivery, state) {
            Some(refusal) => after_refusal(&delivery, refusal),
            None => return,
        },
        CopyKind::First => match unacknowledged(&delivery) {
            Some(last) => other_id(&delivery, last),
            None => return,
        },
        CopyKind::Again { live: false, stage: Stage::Unacknowledged, .. } => {
            return found.tested(RESEND.of(delivery.seen.version));
        }
        _ => return,
    };
    found.broken(event, state, breach);
}

fn after_release(delivery: &Delivery<'_>, last: u64) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: PUBLISH_AFTER_RELEASE,
        fact: Fact::WrongPacket,
        wanted: "PUBREL, if anything, once PUBREL was sent".to_owned(),
        got: format!("the PUBLISH again: {}", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "resend PUBREL after the session was resumed: it resent the PUBLISH",
            "begin another exchange under this id after PUBCOMP: none was given",
        ],
    }
}

/// The refusal of this message, where the server is known to have read it.
fn refused(delivery: &Delivery<'_>, state: &State) -> Option<u64> {
    let (seq, conn) = delivery.session.outbound.get(delivery.publish.packet_id?)?.refused?;
    state.conn(conn).is_some_and(|conn| conn.answered_up_to > seq).then_some(seq)
}

fn after_refusal(delivery: &Delivery<'_>, refusal: u64) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: REFUSED,
        fact: Fact::WrongPacket,
        wanted: "no resend of what the client refused".to_owned(),
        got: format!("the PUBLISH again: {}", delivery.summary()),
        evidence: vec![refusal],
        could_instead: vec![
            "resend what may not have been answered: it answered what was given behind the refusal",
        ],
    }
}

fn live(delivery: &Delivery<'_>, last: u64) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: LIVE_RESEND,
        fact: Fact::WrongPacket,
        wanted: "no resend while the connection lasts".to_owned(),
        got: format!("{} again on the same connection", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "wait for the acknowledgement: it sent the packet again",
            "resend after the client came back: the connection is the same",
            "send another message under this id after its acknowledgement, without DUP: it is the same, or has DUP",
        ],
    }
}

/// The last copy under another id of what this is a resend of. With nothing unseen, DUP says that it was sent before, and it
/// was: under another id. A message that was published as often, with the publisher's own DUP, is a message of its own.
fn unacknowledged(delivery: &Delivery<'_>) -> Option<u64> {
    let seen = delivery.seen;
    let own = seen.source.is_some_and(|source| source.is_of_several());
    let again = delivery.publish.dup && seen.drained_before && !own;
    let id = delivery.publish.packet_id.filter(|_| again);
    let twin = || delivery.session.outbound.twin_of(id?, delivery.publish, delivery.topic);
    seen.moved.or_else(twin)
}

fn other_id(delivery: &Delivery<'_>, last: u64) -> Breach {
    Breach {
        conn: delivery.seen.conn,
        clause: RESEND,
        fact: Fact::WrongPacket,
        wanted: "a resend under its original id".to_owned(),
        got: format!("{}, which is unacknowledged under another id", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "send an equal message for the first time: it was published once, or would come without DUP",
            "resend an equal message that nobody saw: every earlier copy to this session was seen",
            "send a copy for another subscription: there is one",
        ],
    }
}
