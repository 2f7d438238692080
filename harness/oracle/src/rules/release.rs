//! PUBREL from the broker answers PUBREC; after a resume it may be sent again; in 5.0 not while the connection lasts.

use deadzone_history::Event;
use deadzone_spec::Pair;
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::clauses::{ACK_ID, LIVE_RESEND, PUBLISH_AFTER_RELEASE, RELEASE_UNASKED};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{Currency, Released, Session, Stage, State, Transition},
};

pub(crate) const RULE: Stateless = Stateless { name: "pubrel", on: On::RELEASED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Transition::Released(seen) = state.transition() else { return };
    let certain = seen.session.and_then(|id| state.session(id)).is_some_and(Session::certain);
    if !certain || seen.currency != Currency::Current {
        return;
    }
    let answers = seen.received > seen.released || seen.carried;
    let version = state.version(seen.conn);
    found.tested(RELEASE_UNASKED.of(version));
    if seen.carried && seen.stage == Some(Stage::Released) {
        // Behind a resume it could have sent the PUBLISH in its place.
        found.tested(PUBLISH_AFTER_RELEASE.of(version));
    }
    // The first one, though no PUBREC that asks for it was given: one that refuses the message has ended the exchange.
    let refused = seen.stage == Some(Stage::Done) && seen.received == 0 && seen.released == 0;
    if refused && !answers && version == Version::V5 {
        let text =
            "PUBREL behind a PUBREC that refused the message: none is owed there, and none is forbidden";
        let evidence = seen.last.into_iter().collect();
        return found.grade(event, RELEASE_UNASKED.of(version), text.to_owned(), evidence);
    }
    let breach = match seen.stage {
        _ if answers => return,
        None => say(
            seen,
            (ACK_ID, Fact::WrongPacket),
            "PUBREL only with the id of a PUBLISH",
            "PUBREL with an id that has no PUBLISH",
        ),
        Some(Stage::Unacknowledged) => say(
            seen,
            (RELEASE_UNASKED, Fact::WrongPacket),
            "PUBREL as the answer to PUBREC",
            "PUBREL before any PUBREC",
        ),
        Some(_) if version == Version::V5 => say(
            seen,
            (LIVE_RESEND, Fact::WrongPacket),
            "no second PUBREL while the connection lasts",
            "PUBREL again, without a PUBREC",
        ),
        Some(_) => return,
    };
    found.broken(event, state, breach);
}

fn say(seen: &Released, (clause, fact): (Pair, Fact), wanted: &str, got: &str) -> Breach {
    Breach {
        conn: seen.conn,
        clause,
        fact,
        wanted: wanted.to_owned(),
        got: got.to_owned(),
        evidence: seen.last.into_iter().collect(),
        could_instead: vec![
            "answer each PUBREC by one PUBREL: there was none left to answer",
            "resend PUBREL after the session was resumed: nothing of the kind was carried over, or it had been resent",
        ],
    }
}
