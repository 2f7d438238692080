//! How often, in which order and in what shape messages are delivered to a client over the whole run.
//!
//! Judged at the broker's end: what the link did to a copy is not the broker's. A promise is only as strong as the QoS that
//! the message was published with and the subscription was granted.

use bytes::Bytes;
use deadzone_history::{Claim, ClaimKind, ClientIx, Ended, HowOften};
use deadzone_spec::ClauseId;
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Field, Value, Version, first_wrong};

use super::{
    copies,
    debt::{self, DebtKind, Excuse},
    judge::{Claimed, Outcome, Unmet, routing_is_open},
    order,
};
use crate::{
    breach::{Found, ordered},
    instead,
    owed::{self, Owed},
    state::{Delivery, State},
    wording,
};

pub(super) const NAME: &str = "receives";

/// One claim with what is known of its client.
pub(super) struct Watch<'s> {
    pub(super) state: &'s State,
    pub(super) claimed: &'s Claimed,
    pub(super) claim: &'s Claim,
    pub(super) client: ClientIx,
    pub(super) payloads: &'s [Bytes],
    pub(super) fields: &'s [(Field, Value)],
    /// One copy at least has the fields; else each must.
    pub(super) some: bool,
    pub(super) count: HowOften,
    pub(super) version: Version,
}

impl<'s> Watch<'s> {
    fn of(state: &'s State, claimed: &'s Claimed) -> Option<Self> {
        let claim = &claimed.claim;
        let ClaimKind::Receives { client, payloads, some, fields, count } = &claim.kind else { return None };
        let version = state.header.version_of(*client);
        let (client, some, count) = (*client, *some, *count);
        Some(Self { state, claimed, claim, client, payloads, fields, some, count, version })
    }

    /// The deliveries to the client with this payload that the claim means: fields that say *which* message it is are equal.
    pub(super) fn meant(&self, payload: &Bytes) -> Vec<&'s Delivery> {
        let group = self.state.messages.with_payload(payload);
        let all = group.into_iter().flat_map(|g| &g.deliveries);
        all.filter(|delivery| self.means(delivery)).collect()
    }

    pub(super) fn means(&self, delivery: &Delivery) -> bool {
        let which = |field: Field| matches!(field, Field::Topic | Field::Id | Field::SUB_ID);
        delivery.client == self.client && delivery.ours && self.wrong_field(delivery, which).is_none()
    }

    /// The first of these fields that a delivery's first copy has otherwise.
    pub(super) fn wrong_field(
        &self,
        delivery: &Delivery,
        of: impl Fn(Field) -> bool,
    ) -> Option<(Field, &'s Value)> {
        let packet = delivery.body.as_ref()?.packet();
        let fields = self.fields.iter().filter(|(field, _)| of(*field));
        first_wrong(fields, packet).map(|(field, value)| (*field, value))
    }

    /// The event up to which the claim was waited for, or the end of the record.
    pub(super) fn until(&self) -> u64 {
        match self.claimed.outcome {
            Outcome::Unmet(unmet) => unmet.at.seq,
            Outcome::Open | Outcome::Met => self.state.now.seq + 1,
        }
    }

    /// The clause that is broken where what this one of the table is about is not so, and those named beside it.
    pub(super) fn clauses(&self, table: Option<ClauseId>) -> (ClauseId, Vec<ClauseId>) {
        owed::choose_for_messages(&self.claim.clauses, table, &self.state.header.clauses, self.version)
    }

    pub(super) fn inconclusive(&self, found: &mut Found, why: impl Into<String>) {
        found.inconclusive(self.until(), why);
    }

    pub(super) fn finding(
        &self,
        (owed, fact): (Option<Owed>, Fact),
        wanted: String,
        got: String,
        evidence: Vec<u64>,
        could_instead: Vec<String>,
    ) -> Finding {
        let table = owed.and_then(|owed| owed::clause(owed, self.version));
        // What is missing breaks what it was owed by, and a wrong field its own statement, whatever else the scenario is about.
        let of_its_own = matches!(
            fact,
            Fact::DeliveryMissing | Fact::ResendMissing | Fact::Closed | Fact::WrongField | Fact::OutOfOrder
        );
        let choose = if of_its_own { owed::choose } else { owed::choose_for_messages };
        let (clause, also) = choose(&self.claim.clauses, table, &self.state.header.clauses, self.version);
        let last = evidence.last().copied().unwrap_or_else(|| self.until());
        let evidence = ordered(evidence, last);
        let conn = self.state.conns_of(self.client).next_back().map(|(id, _)| id);
        Finding {
            clause,
            also,
            by: NAME.to_owned(),
            fact,
            phase: conn.map(|id| self.state.phase(id, None)).unwrap_or_default(),
            client: self.state.client_name(self.client),
            qos: self.state.exchange_qos(&evidence),
            wanted,
            got,
            meanwhile: String::new(),
            evidence,
            repeat: None,
            claim: Some(self.claim.id),
            place: Some(self.claim.place),
            could_instead,
            folded: Vec::new(),
        }
    }

    /// `"once" at `sub` exactly once`.
    pub(super) fn wanted(&self, payload: &Bytes) -> String {
        let often = match self.count {
            HowOften::ExactlyOnce => "exactly once",
            HowOften::AtMostOnce => "at most once",
            HowOften::Never => "never",
            HowOften::AtLeastOnce | HowOften::InOrder => "at least once",
        };
        let weaker = match (self.count, self.version) {
            (HowOften::ExactlyOnce, Version::V31) => " (3.1: interoperability)",
            _ => "",
        };
        format!("{} at `{}` {often}{weaker}", wording::payload(payload), self.state.name(self.client))
    }
}

/// The wait of a claim ended in vain: what of it did not come, and was it owed?
pub(super) fn unmet(state: &State, claimed: &Claimed, unmet: Unmet, found: &mut Found) {
    let Some(watch) = Watch::of(state, claimed) else { return };
    if watch.payloads.is_empty() {
        return watch.inconclusive(found, "no message came; which one is owed the claim does not say");
    }
    for payload in watch.payloads {
        let meant = watch.meant(payload);
        match meant.iter().map(|d| d.last).max() {
            None => missing(&watch, payload, unmet, found),
            Some(last) => not_had(&watch, payload, &meant, last, unmet, found),
        }
    }
}

/// No copy was seen at the broker's end.
fn missing(watch: &Watch<'_>, payload: &Bytes, unmet: Unmet, found: &mut Found) {
    let what = wording::payload(payload);
    if matches!(unmet.why, Ended::NotConnected | Ended::Closed)
        && let Err(Excuse::ThrownOut(conn, closed)) = debt::delivery_owed(watch.state, watch.client, payload)
    {
        return thrown_out(watch, payload, (conn, closed), found);
    }
    if !matches!(unmet.why, Ended::Patience | Ended::LongBound) {
        return watch.inconclusive(found, format!("{what} could not be waited for: {}", unmet.why));
    }
    let state = watch.state;
    let from_us = watch.claimed.at.at_us.min(unmet.at.at_us.saturating_sub(unmet.waited_us));
    if state.around.starved_while(from_us, unmet.at.at_us) {
        return watch.inconclusive(found, format!("the harness was starved while it waited for {what}"));
    }
    let debt = match debt::delivery_owed(state, watch.client, payload) {
        Ok(debt) => debt,
        Err(Excuse::Open(why)) => {
            return watch.inconclusive(found, format!("{what} did not come, but was not owed: {why}"));
        }
        Err(Excuse::Granted(why)) => {
            return found
                .granted_less(watch.until(), format!("{what} did not come, but was not owed: {why}"));
        }
        Err(Excuse::Limited(why)) => {
            return found.not_applicable(watch.until(), format!("{what} did not come: {why}"));
        }
        Err(Excuse::Either(why)) => {
            let clause = owed::clause(Owed::Will, watch.version);
            return found.graded(unmet.at.seq, clause, format!("{what} did not come: {why}"), Vec::new());
        }
        Err(Excuse::Lost(why)) => return found.lost(unmet.at.seq, &what, &why),
        Err(Excuse::ThrownOut(conn, closed)) => return thrown_out(watch, payload, (conn, closed), found),
    };
    if routing_is_open(state, watch.claimed.at.seq) {
        let why = format!("{what} did not come, and the harness's own client was thrown out meanwhile");
        return watch.inconclusive(found, why);
    }
    let got = format!("nothing within {}", wording::seconds(unmet.waited_us));
    let (owed, fact) = match debt.kind {
        DebtKind::Retained => (Owed::Retained, Fact::DeliveryMissing),
        DebtKind::Will => (Owed::Will, Fact::DeliveryMissing),
        DebtKind::Live => (Owed::Delivery, Fact::DeliveryMissing),
    };
    let evidence = vec![debt.published, debt.accepted, unmet.at.seq];
    let could = match debt.kind {
        DebtKind::Retained => instead::retained(),
        DebtKind::Will => instead::will(watch.version),
        DebtKind::Live => instead::lost(),
    };
    let mut finding = watch.finding((Some(owed), fact), watch.wanted(payload), got, evidence, could);
    if let Some((id, _)) = state.conns_of(watch.client).rev().find(|(_, conn)| conn.ends.lives()) {
        finding.meanwhile = wording::meanwhile(state, id, debt.published);
    }
    found.silent(finding, unmet.why);
}

/// The broker closed a connection without its client's fault, where this message was to come or to go.
fn thrown_out(
    watch: &Watch<'_>,
    payload: &Bytes,
    (conn, closed): (deadzone_history::ConnId, u64),
    found: &mut Found,
) {
    let whose = watch.state.conn(conn).map_or("a client", |c| watch.state.name(c.client));
    let got = format!("the broker closed the connection of `{whose}`, which had kept to the protocol");
    let group = watch.state.messages.with_payload(payload);
    let published = group.and_then(|g| g.messages.first()).map(|m| m.first.seq);
    let evidence = published.into_iter().chain([closed]).collect();
    let kind = (Some(Owed::Delivery), Fact::Closed);
    let finding = watch.finding(kind, watch.wanted(payload), got, evidence, instead::closed());
    found.claim_broken(finding);
}

/// The broker sent it, but the client never had it.
fn not_had(
    watch: &Watch<'_>,
    payload: &Bytes,
    meant: &[&Delivery],
    last: u64,
    unmet: Unmet,
    found: &mut Found,
) {
    let state = watch.state;
    let what = wording::payload(payload);
    let Some(copy) = meant.iter().find(|d| d.last == last) else { return };
    let (id, Some(conn)) = (copy.conn, state.conn(copy.conn)) else { return };
    if !conn.is_undelivered(last) {
        return;
    }
    let resumed = state.conns_of(watch.client).rev().find(|(later, conn)| {
        let present = conn.handshake.connack.is_some_and(|c| c.code == 0 && c.session_present);
        *later > id && present && conn.ends.lives()
    });
    let open = copy.qos > 0
        && copy.session.and_then(|s| state.session(s)).is_some_and(|s| {
            let id = copy.publish().and_then(|p| p.packet_id);
            let exchange = id.and_then(|id| s.outbound.get(id));
            exchange.is_some_and(|e| e.stage == crate::state::Stage::Unacknowledged && !e.dropped)
        });
    match resumed {
        Some((later, conn)) if open && !state.around.starved_between(conn.opened.at_us, unmet.at.at_us) => {
            let got = format!(
                "one copy into a dead link, none after the session was resumed, within {}",
                wording::seconds(unmet.waited_us)
            );
            let accepted = conn.handshake.accepted().map(|at| at.seq);
            let evidence = [Some(last), accepted, Some(unmet.at.seq)].into_iter().flatten().collect();
            let kind = (Some(Owed::Resend), Fact::ResendMissing);
            let mut finding = watch.finding(kind, watch.wanted(payload), got, evidence, instead::resend());
            finding.meanwhile = wording::meanwhile(state, later, conn.opened.seq);
            found.silent(finding, unmet.why);
        }
        _ => {
            let out = super::thrown_out::find(state, watch.client);
            if !out.is_some_and(|out| out.tell(state, Some(watch.claim), found)) {
                watch.inconclusive(found, format!("the broker sent {what}, but the link did not deliver it"));
            }
        }
    }
}

/// The record ends: what is counted over all of it.
pub(super) fn finish(state: &State, claimed: &Claimed, found: &mut Found) {
    let Some(watch) = Watch::of(state, claimed) else { return };
    let waits = matches!(watch.count, HowOften::ExactlyOnce | HowOften::AtLeastOnce | HowOften::InOrder);
    if waits && matches!(claimed.outcome, Outcome::Open) && !watch.payloads.is_empty() {
        for payload in watch.payloads.iter().filter(|payload| watch.meant(payload).is_empty()) {
            let what = wording::payload(payload);
            watch.inconclusive(found, format!("{what} was never waited for: the run ended before"));
        }
    }
    copies::judge(&watch, found);
    if watch.count == HowOften::InOrder {
        order::judge(&watch, found);
    }
}
