//! What the broker acknowledges was given to it: by kind and id, with one code for each filter.
//!
//! A late acknowledgement after a resume, for a packet of an earlier connection, and one more PUBREC than there were copies
//! while the exchange is open, are graded.

use deadzone_history::{Event, EventKind};
use deadzone_spec::Pair;
use deadzone_wire::{AckKind, Packet, Version};

use super::clauses::{
    ACK_ID, ACK_OF_QOS, ONE_CODE_EACH, ONE_UNSUBSCRIBE_CODE_EACH, PUBCOMP_UNASKED, REQUEST_ID,
};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Answered, Fit, Moment, Session, Standing, Trace},
};

#[derive(Debug)]
pub(crate) struct Acknowledgements;

impl Rule for Acknowledgements {
    fn name(&self) -> &'static str {
        "acknowledgements"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let (Moment::Answered(seen), EventKind::Packet(packet)) = (trace.moment(), &event.kind) else {
            return;
        };
        let certain = seen.session.and_then(|id| trace.session(id)).is_some_and(Session::certain);
        if !certain || seen.standing != Standing::Current {
            return;
        }
        let packet = &packet.decoded.packet;
        match seen.fit {
            Fit::Open(given) => codes(event, trace, notes, (seen, packet, given)),
            Fit::Late(given) => {
                let text = format!("{} came late, after the session was resumed", packet.summary());
                notes.grade(event, None, text, vec![given]);
            }
            Fit::Repeated(given) => {
                let text = format!("{} once more than its packet was given", packet.summary());
                notes.grade(event, None, text, vec![given]);
            }
            Fit::OtherKind(given) => unfit(event, trace, notes, (seen, packet, Some(given))),
            Fit::Nothing => unfit(event, trace, notes, (seen, packet, None)),
        }
    }
}

fn unfit(
    event: &Event,
    trace: &Trace,
    notes: &mut Notes,
    (seen, packet, given): (&Answered, &Packet, Option<u64>),
) {
    let clauses = match (packet, given) {
        (Packet::Ack(ack), _) if ack.kind == AckKind::Pubcomp => &PUBCOMP_UNASKED,
        (Packet::Ack(_), Some(_)) => &ACK_OF_QOS,
        (Packet::Ack(_), None) => &ACK_ID,
        (Packet::Suback(_) | Packet::Unsuback(_), _) => &REQUEST_ID,
        _ => {
            let text = format!("{} without a request", packet.summary());
            return notes.grade(event, None, text, Vec::new());
        }
    };
    let got = match given {
        Some(_) => format!("{}, where the id belongs to an exchange of another kind", packet.summary()),
        None => format!("{}, where nothing with this id is open", packet.summary()),
    };
    let fault = Fault {
        conn: seen.conn,
        clauses,
        wanted: "an acknowledgement only of what was given and is unanswered".to_owned(),
        got,
        evidence: given.into_iter().collect(),
        could_instead: vec![
            "acknowledge each copy that was given: all of them were answered",
            "acknowledge late what an earlier connection of the session gave: it gave nothing under this id",
        ],
    };
    notes.broken(event, trace, fault);
}

fn codes(event: &Event, trace: &Trace, notes: &mut Notes, (seen, packet, given): (&Answered, &Packet, u64)) {
    let (codes, clauses): (&[u8], &'static Pair) = match packet {
        Packet::Suback(p) => (&p.codes, &ONE_CODE_EACH),
        Packet::Unsuback(p) if trace.version(seen.conn) == Version::V5 => {
            (&p.codes, &ONE_UNSUBSCRIBE_CODE_EACH)
        }
        _ => return,
    };
    let Some(filters) = seen.filters.filter(|n| *n != codes.len()) else { return };
    let fault = Fault {
        conn: seen.conn,
        clauses,
        wanted: format!("one code for each filter: {filters}"),
        got: format!("{} codes: {}", codes.len(), packet.summary()),
        evidence: vec![given],
        could_instead: vec!["refuse single filters by their codes: the numbers differ"],
    };
    notes.broken(event, trace, fault);
}
