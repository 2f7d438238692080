//! What is sent again, and when: under its own id, not after its PUBREL, and in 5.0 not on a live connection.
//!
//! In 3.1.1 a resend on a live connection is allowed.

use deadzone_history::Event;

use super::{
    clauses::{LIVE_RESEND, PUBLISH_AFTER_RELEASE, RESEND},
    exchange::Delivery,
};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Sight, Stage, Trace},
};
use deadzone_wire::Version;

#[derive(Debug)]
pub(crate) struct Resend;

impl Rule for Resend {
    fn name(&self) -> &'static str {
        "resend"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        let v5 = trace.version(delivery.seen.conn) == Version::V5;
        let fault = match delivery.seen.sight {
            Sight::Again { last, stage: Stage::Released, .. } => after_release(&delivery, last),
            Sight::Again { last, live: true, .. } if v5 => live(&delivery, last),
            Sight::First if delivery.publish.dup && delivery.seen.drained_before => match other_id(&delivery)
            {
                Some(fault) => fault,
                None => return,
            },
            _ => return,
        };
        notes.broken(event, trace, fault);
    }
}

fn after_release(delivery: &Delivery<'_>, last: u64) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses: &PUBLISH_AFTER_RELEASE,
        wanted: "PUBREL, if anything, once PUBREL was sent".to_owned(),
        got: format!("the PUBLISH again: {}", delivery.summary()),
        evidence: vec![last],
        could_instead: vec![
            "resend PUBREL after the session was resumed: it resent the PUBLISH",
            "begin another exchange under this id after PUBCOMP: none was given",
        ],
    }
}

fn live(delivery: &Delivery<'_>, last: u64) -> Fault<'static> {
    Fault {
        conn: delivery.seen.conn,
        clauses: &LIVE_RESEND,
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

/// With nothing unseen, DUP says that it was sent before, and it was: under another id.
fn other_id(delivery: &Delivery<'_>) -> Option<Fault<'static>> {
    let id = delivery.publish.packet_id?;
    let twin = delivery.session.outbound.twin_of(id, delivery.publish, &delivery.seen.topic)?;
    Some(Fault {
        conn: delivery.seen.conn,
        clauses: &RESEND,
        wanted: "a resend under its original id".to_owned(),
        got: format!("{}, which is unacknowledged under another id", delivery.summary()),
        evidence: vec![twin],
        could_instead: vec![
            "send an equal message for the first time: it would come without DUP",
            "resend an equal message that nobody saw: every earlier connection was read to its end",
        ],
    })
}
