//! Nothing owed either way on a client's session at one moment: if something is, whose turn is it?

use deadzone_history::{ClientIx, ConnId, Ended};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Packet, PacketKind};

use super::{
    judge::{Claimed, Unmet},
    thrown_out,
};
use crate::{
    breach::{Found, ordered},
    instead,
    owed::{self, Owed},
    state::{Answer, Conn, Mark, Stage, State},
    wording,
};

pub(super) const NAME: &str = "quiescent";

/// One unmet claim of rest.
struct Unrest<'s> {
    state: &'s State,
    claimed: &'s Claimed,
    id: ConnId,
    conn: &'s Conn,
    unmet: Unmet,
}

pub(super) fn unmet(state: &State, claimed: &Claimed, client: ClientIx, unmet: Unmet, found: &mut Found) {
    let at = unmet.at.seq;
    let name = state.name(client);
    let Some((id, conn)) = state.conns_of(client).next_back() else {
        return found.inconclusive(at, format!("`{name}` was never connected"));
    };
    let unrest = Unrest { state, claimed, id, conn, unmet };
    if unrest.closed_instead(found) {
        return;
    }
    if !conn.ends.lives() {
        let thrown_out = thrown_out::find(state, client);
        if thrown_out.is_some_and(|out| out.tell(state, Some(&claimed.claim), found)) {
            return;
        }
        return found
            .inconclusive(at, format!("`{name}` was not connected when it should have been at rest"));
    }
    // A close that was seen stands however late it was read; a silence does not.
    let from_us = claimed.at.at_us.min(unmet.at.at_us.saturating_sub(unmet.waited_us));
    if state.around.starved_while(from_us, unmet.at.at_us) {
        return found
            .inconclusive(at, "the harness was starved while it waited for the client to be at rest");
    }
    unrest.judge(found);
}

impl Unrest<'_> {
    fn judge(&self, found: &mut Found) {
        let (state, at) = (self.state, self.unmet.at.seq);
        let name = state.name(self.conn.client);
        if self.unmet.why == Ended::WalkEnded {
            return found.inconclusive(at, format!("whether `{name}` came to rest was not waited for"));
        }
        if let Some(((kind, id), asked)) = self.conn.debts.judged.first() {
            let asked_packet = state.recent.get(asked.seq).map(crate::state::Kept::packet);
            let again =
                matches!(asked_packet, Some(Packet::Publish(p)) if p.dup && kind == PacketKind::Pubrec);
            let owed = if again { Owed::PubrecAgain } else { Owed::Answer(kind) };
            let wanted = answer_text((kind, id));
            return self.still_owed((owed, Fact::AnswerMissing, wanted), asked, found);
        }
        if let Some(seq) = self.not_resent() {
            let wanted = format!("{} again after the session was resumed", wording::event(state, seq));
            let asked = Mark { seq, at_us: 0 };
            return self.still_owed((Owed::Resend, Fact::ResendMissing, wanted), asked, found);
        }
        if let Some((seq, _)) = self.conn.undelivered.front() {
            let what = wording::event(state, *seq);
            return found
                .inconclusive(at, format!("the broker sent {what}, but the link did not deliver it"));
        }
        match self.conn.debts.other.first() {
            Some(((kind, id), _)) => found.inconclusive(at, format!("`{name}` itself owed {kind} id={id}")),
            None => {
                found.inconclusive(at, format!("`{name}` was not at rest, but the broker owed it nothing"));
            }
        }
    }

    /// The broker closed while it owed something, of its own accord: the harness had not ended the connection. Whether it
    /// repeats is the runner's to see; a reason of its own that it gave is no finding.
    fn closed_instead(&self, found: &mut Found) -> bool {
        let Some(closed) = self.conn.ends.by_broker.map(|c| c.at) else { return false };
        let given = &self.conn.given;
        let own = self.conn.ends.by_harness_before(closed.seq)
            || self.state.around.outage_between(self.conn.opened.seq, closed.seq)
            || given.scraps.is_some()
            || super::closing::overrun(self.conn, closed.seq).is_some()
            || given.violation.is_some();
        let Some((answer, asked)) = self.conn.debts.judged.first().filter(|_| !own) else {
            return false;
        };
        if self.conn.handshake.last_word.is_some() {
            return false;
        }
        let got = format!("closed instead of {}", answer_text(answer));
        let wanted = answer_text(answer);
        let kind = (Owed::Answer(answer.0), Fact::Closed, wanted);
        let finding = self.finding(kind, got, vec![asked.seq, closed.seq], instead::closed());
        found.claim_broken(finding);
        true
    }

    /// A delivery that an earlier connection left unfinished and that nothing was sent for on this one.
    fn not_resent(&self) -> Option<u64> {
        // Under a smaller packet size what was owed may have to be discarded instead.
        if self.conn.handshake.connect.as_ref().is_some_and(|c| c.limits.maximum_packet.is_some()) {
            return None;
        }
        let session = self.state.session(self.conn.session?)?;
        let mut open =
            session.outbound.unfinished().filter(|(_, e)| e.last_conn != self.id && e.stage != Stage::Done);
        open.next().map(|(_, e)| e.last)
    }

    fn still_owed(&self, kind: (Owed, Fact, String), asked: Mark, found: &mut Found) {
        let owed_kind = match kind.0 {
            Owed::Answer(kind) => kind,
            Owed::PubrecAgain => PacketKind::Pubrec,
            _ => PacketKind::Publish,
        };
        let got = format!("still owed after {}", wording::seconds(self.unmet.waited_us));
        let could = match kind.0 {
            Owed::Resend => instead::resend(),
            _ => instead::silence(Some(owed_kind), self.conn.version),
        };
        let mut finding = self.finding(kind, got, vec![asked.seq, self.unmet.at.seq], could);
        finding.meanwhile = wording::meanwhile(self.state, self.id, asked.seq);
        found.silent(finding, self.unmet.why);
    }

    fn finding(
        &self,
        (owed, fact, wanted): (Owed, Fact, String),
        got: String,
        evidence: Vec<u64>,
        could_instead: Vec<String>,
    ) -> Finding {
        let claim = &self.claimed.claim;
        let table = owed::clause(owed, self.conn.version);
        let (clause, also) =
            owed::choose(&claim.clauses, table, &self.state.header.clauses, self.conn.version);
        let last = evidence.last().copied().unwrap_or(self.unmet.at.seq);
        Finding {
            clause,
            also,
            by: NAME.to_owned(),
            fact,
            phase: self.state.phase(self.id, None),
            client: self.state.client_name(self.conn.client),
            qos: None,
            wanted: format!("nothing owed to `{}`: {wanted}", self.state.name(self.conn.client)),
            got,
            meanwhile: wording::meanwhile(self.state, self.id, last),
            evidence: ordered(evidence, last),
            repeat: None,
            claim: Some(claim.id),
            place: Some(claim.place),
            could_instead,
            folded: Vec::new(),
        }
    }
}

fn answer_text((kind, id): Answer) -> String {
    if id == 0 { kind.to_string() } else { format!("{kind} id={id}") }
}
