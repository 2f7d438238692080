//! What the broker acknowledges was given to it: by kind and id, with one code for each filter.
//!
//! A late acknowledgement after a resume, for a packet of an earlier connection, and one more PUBREC than there were copies
//! while the exchange is open, are graded.

use deadzone_history::{Event, EventKind};
use deadzone_spec::Pair;
use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Packet, Version};

use super::clauses::{
    ACK_ID, ACK_OF_QOS, ONE_CODE_EACH, ONE_SUBACK, ONE_UNSUBACK, ONE_UNSUBSCRIBE_CODE_EACH, PUBCOMP_UNASKED,
    REQUEST_ID,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{AckMatch, Answered, Currency, Session, State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "acknowledgements", on: On::ANSWERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let (Transition::Answered(seen), EventKind::Packet(packet)) = (state.transition(), &event.kind) else {
        return;
    };
    let certain = seen.session.and_then(|id| state.session(id)).is_some_and(Session::certain);
    if !certain || seen.currency != Currency::Current {
        return;
    }
    let packet = packet.packet();
    match seen.fit {
        AckMatch::Open(given) => {
            fits(packet, state.version(seen.conn), found);
            if seen.filters.is_some_and(|filters| filters > 1) {
                found.tested(one_for_all(packet).and_then(|one| one.of(state.version(seen.conn))));
            }
            refused_again(event, state, found, (packet, given));
            codes(event, state, found, (seen, packet, given));
        }
        AckMatch::Late(given) => {
            let text = format!("{} came late, after the session was resumed", packet.summary());
            found.grade(event, None, text, vec![given]);
        }
        AckMatch::Repeated(given) => {
            let text = format!("{} once more than its packet was given", packet.summary());
            found.grade(event, None, text, vec![given]);
        }
        AckMatch::OtherKind(given) => unfit(event, state, found, (seen, packet, Some(given))),
        AckMatch::Nothing => unfit(event, state, found, (seen, packet, None)),
    }
}

/// PUBREC of 0x80 or more for a PUBLISH that was legally sent again: the message may be refused, but what was taken once is not
/// to be taken for a mistake.
fn refused_again(event: &Event, state: &State, found: &mut Found, (packet, given): (&Packet, u64)) {
    if !matches!(packet, Packet::Ack(ack) if ack.kind == AckKind::Pubrec && ack.code() >= 0x80) {
        return;
    }
    let asked = state.recent.get(given).map(crate::state::Kept::packet);
    if matches!(asked, Some(Packet::Publish(publish)) if publish.qos == 2 && publish.dup) {
        let text = format!("{} for a PUBLISH that was sent again and not released", packet.summary());
        found.grade(event, None, text, vec![given]);
    }
}

/// What an answer that fits could have broken.
fn fits(packet: &Packet, version: Version, found: &mut Found) {
    let clauses: &[Pair] = match packet {
        Packet::Ack(ack) if ack.kind == AckKind::Pubcomp => &[PUBCOMP_UNASKED],
        Packet::Ack(_) => &[ACK_ID, ACK_OF_QOS],
        Packet::Suback(_) => &[REQUEST_ID, ONE_CODE_EACH],
        Packet::Unsuback(_) => &[REQUEST_ID, ONE_UNSUBSCRIBE_CODE_EACH],
        _ => &[],
    };
    clauses.iter().for_each(|clause| found.tested(clause.of(version)));
}

fn unfit(
    event: &Event,
    state: &State,
    found: &mut Found,
    (seen, packet, given): (&Answered, &Packet, Option<u64>),
) {
    let clauses = match (packet, given) {
        (Packet::Ack(ack), _) if ack.kind == AckKind::Pubcomp => PUBCOMP_UNASKED,
        (Packet::Ack(_), Some(_)) => ACK_OF_QOS,
        (Packet::Ack(_), None) => ACK_ID,
        (Packet::Suback(_) | Packet::Unsuback(_), _) => REQUEST_ID,
        _ => {
            let text = format!("{} without a request", packet.summary());
            return found.grade(event, None, text, Vec::new());
        }
    };
    let got = match given {
        Some(_) => format!("{}, where the id belongs to an exchange of another kind", packet.summary()),
        None => format!("{}, where nothing with this id is open", packet.summary()),
    };
    let breach = Breach {
        conn: seen.conn,
        clause: clauses,
        fact: Fact::WrongPacket,
        wanted: "an acknowledgement only of what was given and is unanswered".to_owned(),
        got,
        evidence: given.into_iter().collect(),
        could_instead: vec![
            "acknowledge each copy that was given: all of them were answered",
            "acknowledge late what an earlier connection of the session gave: it gave nothing under this id",
        ],
    };
    found.broken(event, state, breach);
    if given.is_none() && answers_several(packet, seen, state) {
        found.beside(event, one_for_all(packet).and_then(|one| one.of(state.version(seen.conn))));
    }
}

/// That one answer is for all filters of a request.
fn one_for_all(answer: &Packet) -> Option<Pair> {
    match answer {
        Packet::Suback(_) => Some(ONE_SUBACK),
        Packet::Unsuback(_) => Some(ONE_UNSUBACK),
        _ => None,
    }
}

/// Whether a request of several filters was given under the identifier of this answer.
fn answers_several(answer: &Packet, seen: &Answered, state: &State) -> bool {
    let of_several = |kept: &crate::state::Kept| match (answer, kept.packet()) {
        (Packet::Suback(a), Packet::Subscribe(q)) => a.packet_id == q.packet_id && q.filters.len() > 1,
        (Packet::Unsuback(a), Packet::Unsubscribe(q)) => a.packet_id == q.packet_id && q.filters.len() > 1,
        _ => false,
    };
    state.recent.since(0).any(|kept| kept.conn == seen.conn && of_several(kept))
}

fn codes(event: &Event, state: &State, found: &mut Found, (seen, packet, given): (&Answered, &Packet, u64)) {
    let (codes, clause): (&[u8], Pair) = match packet {
        Packet::Suback(p) => (&p.codes, ONE_CODE_EACH),
        Packet::Unsuback(p) if state.version(seen.conn) == Version::V5 => {
            (&p.codes, ONE_UNSUBSCRIBE_CODE_EACH)
        }
        _ => return,
    };
    let Some(filters) = seen.filters.filter(|n| *n != codes.len()) else { return };
    let breach = Breach {
        conn: seen.conn,
        clause,
        fact: Fact::WrongField,
        wanted: format!("one code for each filter: {filters}"),
        got: format!("{} codes: {}", codes.len(), packet.summary()),
        evidence: vec![given],
        could_instead: vec!["refuse single filters by their codes: the numbers differ"],
    };
    found.broken(event, state, breach);
}
