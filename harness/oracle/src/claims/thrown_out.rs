//! A client that the broker threw out without its fault, while something was owed to it: the close is the finding, whatever the
//! script noticed it by.

use deadzone_history::{Claim, ClientIx, ConnId, Ended};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{PacketKind, Version};

use super::debt;
use crate::{
    breach::{Found, ordered},
    instead,
    owed::{self, Owed},
    state::{Stage, State},
    wording,
};

const NAME: &str = "thrown-out";

/// What was owed when the broker closed.
pub(super) struct ThrownOut {
    conn: ConnId,
    closed: u64,
    owed: Owed,
    /// The event that makes it owed.
    since: u64,
}

/// The same, where a wait ended because its client was not connected any more.
pub(super) fn noticed(state: &State, client: ClientIx, why: Ended) -> Option<ThrownOut> {
    matches!(why, Ended::NotConnected | Ended::Closed).then(|| find(state, client)).flatten()
}

/// The close of the client's latest connection, if it was no fault of the client's and something was owed on it.
pub(super) fn find(state: &State, client: ClientIx) -> Option<ThrownOut> {
    let (conn, closed) = debt::latest_thrown_out(state, client)?;
    let (owed, since) = answer(state, conn)
        .or_else(|| unfinished(state, conn))
        .or_else(|| debt::undelivered(state, client).map(|published| (Owed::Delivery, published)))?;
    Some(ThrownOut { conn, closed, owed, since })
}

/// A close that kept a message from going on.
pub(super) fn at((conn, closed): (ConnId, u64), since: u64) -> ThrownOut {
    ThrownOut { conn, closed, owed: Owed::Delivery, since }
}

/// An answer that was owed on the connection itself.
fn answer(state: &State, conn: ConnId) -> Option<(Owed, u64)> {
    let conn = state.conn(conn)?;
    let ((kind, _), asked) = conn.debts.judged.first()?;
    // A 3.1.1 server without QoS 2 may close on such a PUBLISH.
    let refused = kind == PacketKind::Pubrec && conn.version != Version::V5;
    (!refused).then_some((Owed::Answer(kind), asked.seq))
}

/// A delivery that an earlier connection of the session left unfinished.
fn unfinished(state: &State, conn: ConnId) -> Option<(Owed, u64)> {
    let session = state.session(state.conn(conn)?.session?)?;
    let mut open =
        session.outbound.unfinished().filter(|(_, e)| e.last_conn != conn && e.stage != Stage::Done);
    open.next().map(|(_, e)| (Owed::Resend, e.last))
}

impl ThrownOut {
    /// Tells it, as what the claim came to; `true`, as it is told.
    pub(super) fn tell(&self, state: &State, claim: Option<&Claim>, found: &mut Found) -> bool {
        let Some(conn) = state.conn(self.conn) else { return false };
        let name = state.name(conn.client);
        let table = owed::clause(self.owed, conn.version);
        let clauses = claim.map_or(&[][..], |claim| &claim.clauses);
        let (clause, also) = owed::choose_for_messages(clauses, table, &state.header.clauses, conn.version);
        found.claim_broken(Finding {
            clause,
            also,
            by: NAME.to_owned(),
            fact: Fact::Closed,
            phase: state.phase(self.conn, None),
            client: state.client_name(conn.client),
            qos: None,
            wanted: format!(
                "the connection of `{name}` goes on behind {}",
                wording::event(state, self.since)
            ),
            got: format!("the broker closed the connection of `{name}`, which had kept to the protocol"),
            meanwhile: String::new(),
            evidence: ordered(vec![self.since], self.closed),
            repeat: None,
            claim: claim.map(|claim| claim.id),
            place: claim.map(|claim| claim.place).or_else(|| state.around.place()),
            could_instead: instead::closed(),
            folded: Vec::new(),
        });
        true
    }
}
