//! PUBREL from the broker answers PUBREC; after a resume it may be sent again; in 5.0 not while the connection lasts.

use deadzone_history::Event;
use deadzone_spec::Pair;
use deadzone_wire::Version;

use super::clauses::{ACK_ID, LIVE_RESEND, RELEASE_UNASKED};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Moment, Released, Session, Stage, Standing, Trace},
};

#[derive(Debug)]
pub(crate) struct Release;

impl Rule for Release {
    fn name(&self) -> &'static str {
        "pubrel"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Moment::Released(seen) = trace.moment() else { return };
        let certain = seen.session.and_then(|id| trace.session(id)).is_some_and(Session::certain);
        if !certain || seen.standing != Standing::Current {
            return;
        }
        let answers = seen.received > seen.released || seen.carried;
        let v5 = trace.version(seen.conn) == Version::V5;
        let fault = match seen.stage {
            _ if answers => return,
            None => say(
                seen,
                &ACK_ID,
                "PUBREL only with the id of a PUBLISH",
                "PUBREL with an id that has no PUBLISH",
            ),
            Some(Stage::Unacknowledged) => {
                say(seen, &RELEASE_UNASKED, "PUBREL as the answer to PUBREC", "PUBREL before any PUBREC")
            }
            Some(_) if v5 => say(
                seen,
                &LIVE_RESEND,
                "no second PUBREL while the connection lasts",
                "PUBREL again, without a PUBREC",
            ),
            Some(_) => return,
        };
        notes.broken(event, trace, fault);
    }
}

fn say(seen: &Released, clauses: &'static Pair, wanted: &str, got: &str) -> Fault<'static> {
    Fault {
        conn: seen.conn,
        clauses,
        wanted: wanted.to_owned(),
        got: got.to_owned(),
        evidence: seen.last.into_iter().collect(),
        could_instead: vec![
            "answer each PUBREC by one PUBREL: there was none left to answer",
            "resend PUBREL after the session was resumed: nothing of the kind was carried over, or it had been resent",
        ],
    }
}
