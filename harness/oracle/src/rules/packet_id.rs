//! A PUBLISH above QoS 0 takes an id that no unfinished exchange of the session holds.
//!
//! An id is free once its last acknowledgement was given. The same message under its own id is a resend, not a
//! second use, unless it comes without DUP where a resend would have it. An id of 0 is malformed and found there.

use deadzone_history::Event;
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::{
    clauses::{FRESH_AT_QOS_1, FRESH_AT_QOS_2, ID_IN_USE},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, Stage, State},
};

pub(crate) const RULE: Stateless = Stateless { name: "packet-id-free", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    let version = delivery.seen.version;
    let of_sender = if delivery.publish.qos == 1 { FRESH_AT_QOS_1 } else { FRESH_AT_QOS_2 };
    if delivery.publish.packet_id == Some(0) {
        return;
    }
    let (last, stage) = match delivery.seen.copy {
        CopyKind::Clash { last, stage, .. } => (last, stage),
        // In 5.0 any repetition on a live connection is wrong, and found as that.
        CopyKind::Again { last, live: true, stage, .. }
            if !delivery.publish.dup && stage != Stage::Done && version != Version::V5 =>
        {
            (last, stage)
        }
        CopyKind::First => {
            // Its own exchange is open by now: with another one open it could have taken that id.
            if delivery.session.outbound.unfinished().nth(1).is_some() {
                found.tested(ID_IN_USE.of(version));
                found.tested(of_sender.of(version));
            }
            return;
        }
        _ => return,
    };
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: ID_IN_USE,
        fact: Fact::WrongField,
        wanted: "an id that no unfinished exchange holds".to_owned(),
        got: format!("{}, whose id is in use: {}", delivery.summary(), word(stage)),
        evidence: vec![last],
        could_instead: vec![
            "take another id: it took this one",
            "use the id again once its last acknowledgement was given: it was not",
            "resend the message of that exchange with DUP 1: this is another one, or without DUP",
        ],
    };
    found.broken(event, state, breach);
    found.beside(event, of_sender.of(version));
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Unacknowledged => "its PUBLISH is unacknowledged",
        Stage::Received => "its PUBREL was not sent yet",
        Stage::Released => "its PUBCOMP was not given yet",
        Stage::Done => "done",
    }
}
