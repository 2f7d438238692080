//! PUBREL answers PUBREC; after a resume it may be sent again; in 5.0 not while the connection lasts.
//!
//! What belongs to a session that the server does not have any more is graded: in 3.1.1 it has to be resent.

use deadzone_history::Event;
use deadzone_spec::Pair;
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::breach;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    rules::clauses::{ACK_ID, LIVE_RESEND, RELEASE_UNASKED},
    state::{Currency, Session, Stage, State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "client-pubrel", on: On::RELEASED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Transition::Released(seen) = state.transition() else { return };
    let certain = seen.session.and_then(|id| state.session(id)).is_some_and(Session::certain);
    if !certain || seen.currency != Currency::Current {
        return;
    }
    let version = state.version(seen.conn);
    found.tested(RELEASE_UNASKED.of(version));
    if seen.received > seen.released || seen.carried {
        return;
    }
    let id = match &event.kind {
        deadzone_history::EventKind::Packet(packet) => packet.packet().packet_id(),
        _ => None,
    };
    let earlier_one =
        id.and_then(|id| state.earlier_sessions(seen.session?).find_map(|s| s.outbound.get(id)));
    let (clause, got): (Pair, &str) = match seen.stage {
        None if earlier_one.is_some() => {
            let text = "PUBREL for a message of a session that the server does not have".to_owned();
            return found.grade(event, None, text, Vec::new());
        }
        None => (ACK_ID, "PUBREL with an id that has no PUBLISH"),
        Some(Stage::Unacknowledged) => (RELEASE_UNASKED, "PUBREL before any PUBREC"),
        Some(_) if version == Version::V5 => (LIVE_RESEND, "PUBREL again, without a PUBREC"),
        Some(_) => return,
    };
    let evidence = seen.last.into_iter().collect();
    let wanted = "PUBREL as the answer to PUBREC, or once more after a resume";
    let breach = Breach {
        could_instead: vec!["answer each PUBREC by one PUBREL: there was none left to answer"],
        ..breach(seen.conn, (clause, Fact::WrongPacket), wanted, got.to_owned(), evidence)
    };
    found.broken(event, state, breach);
}
