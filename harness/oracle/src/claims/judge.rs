//! Opens and closes claims, and takes each to the file of its kind.

use std::collections::BTreeMap;

use deadzone_history::{
    Abandon, Claim, ClaimKind, ClientIx, End, Ended, Event, EventKind, Late, MARKER, Origin,
};
use deadzone_wire::Packet;

use super::{arrival, quiescent, receives, thrown_out};
use crate::{
    breach::Found,
    state::{Conn, Mark, State},
};

/// A claim of the script with its outcome.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    /// The event that states it.
    pub(super) at: Mark,
    pub(super) outcome: Outcome,
    /// It was parked.
    pub(super) parked: bool,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Nothing was recorded: nothing is waited for, or the run ended first.
    Open,
    /// It came.
    Met,
    /// It did not come.
    Unmet(Unmet),
}

/// How a wait ended in vain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unmet {
    pub(super) at: Mark,
    pub(super) waited_us: u64,
    pub(super) why: Ended,
    /// The event that contradicts it.
    pub(super) got: Option<u64>,
}

/// The claims of a record.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    open: BTreeMap<u32, Claimed>,
    /// Steps for which a claim says itself what went wrong.
    spoken_for: Vec<u32>,
}

impl Claims {
    /// Takes the next event, after the state took it.
    pub(crate) fn observe(&mut self, event: &Event, state: &mut State, found: &mut Found) {
        let at = Mark { seq: event.seq, at_us: event.at_us };
        match &event.kind {
            EventKind::Claim(claim) => {
                if let ClaimKind::Receives { payloads, .. } = &claim.kind {
                    payloads.iter().for_each(|payload| state.messages.claim(payload));
                }
                let claimed = Claimed { claim: (**claim).clone(), at, outcome: Outcome::Open, parked: false };
                self.open.insert(claim.id, claimed);
            }
            EventKind::Parked { claim } => {
                if let Some(claimed) = self.open.get_mut(claim) {
                    claimed.parked = true;
                }
            }
            EventKind::Met { claim, by, late } => self.met(*claim, by, *late, state, found),
            EventKind::Unmet { claim, waited_us, why, got } => {
                let unmet = Unmet { at, waited_us: *waited_us, why: *why, got: *got };
                self.unmet(*claim, unmet, state, found);
            }
            EventKind::Abandoned { step, why } => self.abandoned(at, (*step, why), state, found),
            _ => {}
        }
    }

    fn met(&mut self, id: u32, by: &[u64], late: Late, state: &State, found: &mut Found) {
        let Some(claimed) = self.open.get_mut(&id) else { return };
        claimed.outcome = Outcome::Met;
        slow(claimed, by, late, found);
        match &claimed.claim.kind {
            ClaimKind::Arrives { .. } => arrival::met(state, claimed, by, found.by(arrival::NAME)),
            ClaimKind::Receives { .. } => return,
            ClaimKind::Quiescent { .. } | ClaimKind::Precondition { .. } | ClaimKind::StillServed { .. } => {}
        }
        self.open.remove(&id);
    }

    fn unmet(&mut self, id: u32, unmet: Unmet, state: &State, found: &mut Found) {
        let Some(claimed) = self.open.get_mut(&id) else { return };
        claimed.outcome = Outcome::Unmet(unmet);
        self.spoken_for.push(claimed.claim.step);
        match &claimed.claim.kind {
            ClaimKind::Arrives { .. } => arrival::unmet(state, claimed, unmet, found.by(arrival::NAME)),
            ClaimKind::Quiescent { client } => {
                quiescent::unmet(state, claimed, *client, unmet, found.by(quiescent::NAME));
            }
            ClaimKind::StillServed { .. } if own_thrown_out(state, claimed.at.seq).is_some() => {
                let text = "the harness's own client was thrown out: whether subscriptions are still served is not known";
                found.by(arrival::NAME).graded(unmet.at.seq, None, text.to_owned(), Vec::new());
            }
            ClaimKind::Precondition { client } | ClaimKind::StillServed { client, .. } => {
                let thrown_out = thrown_out::noticed(state, *client, unmet.why);
                if !thrown_out.is_some_and(|out| out.tell(state, Some(&claimed.claim), found)) {
                    let why = format!("`{}` did not come about", claimed.claim.text);
                    found.inconclusive(unmet.at.seq, why);
                }
            }
            ClaimKind::Receives { .. } => {
                return receives::unmet(state, claimed, unmet, found.by(receives::NAME));
            }
        }
        self.open.remove(&id);
    }

    fn abandoned(&self, at: Mark, (step, why): (u32, &Abandon), state: &State, found: &mut Found) {
        if self.spoken_for.contains(&step) {
            return;
        }
        let client = match why {
            Abandon::NotConnected { client } => state.client_named(client),
            _ => None,
        };
        let thrown_out = client.and_then(|client| thrown_out::find(state, client));
        if !thrown_out.is_some_and(|out| out.tell(state, None, found)) {
            found.inconclusive(at.seq, format!("the experiment was given up: {why}"));
        }
    }

    /// The record ends: what is counted over the whole run.
    pub(crate) fn finish(&mut self, state: &State, found: &mut Found) {
        for (_, claimed) in std::mem::take(&mut self.open) {
            let text = &claimed.claim.text;
            match &claimed.claim.kind {
                ClaimKind::Receives { .. } => receives::finish(state, &claimed, found.by(receives::NAME)),
                ClaimKind::Quiescent { .. } => {
                    found.inconclusive(claimed.at.seq, "the run ended before the client was at rest");
                }
                ClaimKind::Arrives { .. }
                | ClaimKind::Precondition { .. }
                | ClaimKind::StillServed { .. } => {
                    found.inconclusive(claimed.at.seq, format!("`{text}` was not waited for to the end"));
                }
            }
        }
        // The control run puts faults off on purpose.
        if state.header.origin == Origin::Scenario {
            for (seq, client, text) in &state.around.never_fired {
                let link = state.name(*client);
                found.inconclusive(*seq, format!("`{text}` on the link of `{link}` never happened"));
            }
        }
    }
}

/// Where the broker last ended a connection of the harness's own behind this event, before the harness did.
fn own_thrown_out(state: &State, since: u64) -> Option<u64> {
    let thrown_out = |conn: &Conn| {
        let seq = conn.ends.by_broker?.at.seq;
        if state.around.outage_between(conn.opened.seq, seq) {
            return None;
        }
        let left = conn.handshake.goodbye.is_some_and(|goodbye| goodbye.at.seq < seq);
        (seq > since && !left && !conn.ends.by_harness_before(seq)).then_some(seq)
    };
    let own = ClientIx::from(state.header.clients.len());
    state.conns_of(own).filter_map(|(_, conn)| thrown_out(conn)).max()
}

/// It did so, and no marker came to another one since: whether the broker still routes messages is open.
pub(super) fn routing_is_open(state: &State, since: u64) -> bool {
    let Some(last) = own_thrown_out(state, since) else { return false };
    let own = ClientIx::from(state.header.clients.len());
    let mut later = state.recent.since(last).filter(|kept| kept.end == End::Broker);
    !later.any(|kept| {
        let marker = matches!(kept.packet(), Packet::Publish(publish) if publish.payload.starts_with(MARKER));
        let to_own = || state.conn(kept.conn).is_some_and(|conn| conn.client == own);
        marker && state.is_judged(kept.direction) && to_own()
    })
}

/// An answer that came after its `within` is no failure; a grade says how late it was.
fn slow(claimed: &Claimed, by: &[u64], late: Late, found: &mut Found) {
    let (us, words) = match late {
        Late::InTime => return,
        Late::Slow { us } => (us, ""),
        Late::AfterLife { us } => (us, ", only after our PINGREQ"),
    };
    found.slow = true;
    let seq = by.last().copied().unwrap_or(claimed.at.seq);
    let text = format!("`{}` came after {}{words}", claimed.claim.text, crate::wording::seconds(us));
    found.by("slow").graded(seq, None, text, vec![claimed.at.seq]);
}
