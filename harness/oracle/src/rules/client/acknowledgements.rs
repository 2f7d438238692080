//! What a client acknowledges was given to it, by kind and id.
//!
//! An acknowledgement of something that an earlier connection or session gave is graded: it may have waited in the application.

use deadzone_history::{Event, EventKind};
use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Packet};

use super::breach;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    rules::clauses::{ACK_ID, ACK_OF_QOS, PUBCOMP_UNASKED},
    state::{AckMatch, Currency, Session, State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "client-acknowledgements", on: On::ANSWERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let (Transition::Answered(seen), EventKind::Packet(packet)) = (state.transition(), &event.kind) else {
        return;
    };
    let Packet::Ack(ack) = packet.packet() else { return };
    let certain = seen.session.and_then(|id| state.session(id)).is_some_and(Session::certain);
    if !certain || seen.currency != Currency::Current {
        return;
    }
    found.tested(ACK_ID.of(state.version(seen.conn)));
    let summary = packet.packet().summary();
    let before = |found: &mut Found, how: &str, given: Option<u64>| {
        found.grade(event, None, format!("{summary} {how}"), given.into_iter().collect());
    };
    let (clause, got, given) = match seen.fit {
        AckMatch::Open(_) => return,
        AckMatch::Late(given) => {
            return before(found, "for what an earlier connection gave", Some(given));
        }
        AckMatch::Repeated(given) => {
            return before(found, "once more than its packet was given", Some(given));
        }
        AckMatch::OtherKind(given) if ack.kind == AckKind::Pubcomp => {
            (PUBCOMP_UNASKED, "where no PUBREL was given", Some(given))
        }
        AckMatch::OtherKind(given) => (ACK_OF_QOS, "for a PUBLISH of another QoS", Some(given)),
        AckMatch::Nothing
            if seen
                .session
                .is_some_and(|s| state.earlier_sessions(s).any(|s| s.inbound.knows(ack.packet_id))) =>
        {
            return before(found, "for what an earlier session gave", None);
        }
        // A code that says so.
        AckMatch::Nothing if ack.code() >= 0x80 => return,
        AckMatch::Nothing => (ACK_ID, "where nothing with this id is open", None),
    };
    let wanted = "an acknowledgement only of what was given and is unanswered";
    let breach = Breach {
        could_instead: vec![
            "acknowledge each copy that was given: nothing was left to acknowledge under this id",
        ],
        ..breach(
            seen.conn,
            (clause, Fact::WrongPacket),
            wanted,
            format!("{summary}, {got}"),
            given.into_iter().collect(),
        )
    };
    found.broken(event, state, breach);
}
