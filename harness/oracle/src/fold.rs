//! Puts what follows from an earlier finding under it: the same exchange (client, role, packet id), the same packet of the
//! broker, the same illegal packet of a client, or the same claim; and what is equal to it.

use std::collections::BTreeMap;

use deadzone_history::{ClientIx, ConnId};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{AckKind, Packet, PacketKind};

use crate::{
    rules::FIRST_CONNACK,
    state::{Kept, State},
};

/// Most findings under one: a broker that loses ten thousand messages needs no ten thousand sentences.
const MOST_FOLDED: usize = 64;

/// What two findings can have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Claim(u32),
    /// A client that was thrown out, by the event of the close.
    Close(u64),
    /// A packet of the broker's, or one of a client's that breaks the protocol, by its event at the end where it was sent.
    Packet(u64),
    /// What came before the CONNACK of a connection: whatever else is wrong with it is wrong behind a CONNACK too.
    BeforeConnack(ConnId),
    /// Publisher's or subscriber's side, client, packet id.
    Exchange(Role, ClientIx, u16),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    FromClient,
    ToClient,
    Asking,
}

pub(crate) fn fold(state: &State, mut findings: Vec<Finding>) -> Vec<Finding> {
    let named = &state.header.clauses;
    // Of two that see the same packet, what the script claims comes first: it has a line that people can point at.
    findings.sort_by_key(|f| {
        (f.evidence.last().copied(), !named.contains(&f.clause), f.claim.is_none(), f.claim)
    });
    let mut heads: Vec<Finding> = Vec::new();
    let mut head_of: BTreeMap<Cause, usize> = BTreeMap::new();
    for finding in findings {
        let causes = causes(state, &finding);
        let follows = !releases(state, &finding);
        let mut known = causes.iter().filter(|_| follows).filter_map(|cause| head_of.get(cause).copied());
        let head = known.find(|&index| heads.get(index).is_some_and(|head| explains(state, head, &finding)));
        let index = match head.and_then(|index| heads.get_mut(index).map(|head| (index, head))) {
            Some((index, head)) => {
                head.place = head.place.or(finding.place);
                put_under(head, finding);
                index
            }
            None => {
                heads.push(finding);
                heads.len() - 1
            }
        };
        for cause in causes {
            head_of.entry(cause).or_insert(index);
        }
    }
    once(heads)
}

/// What is equal to an earlier one is the same finding again.
fn once(heads: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    for finding in heads {
        let print = finding.fingerprint();
        let Some(same) = kept.iter_mut().find(|head| head.fingerprint() == print) else {
            kept.push(finding);
            continue;
        };
        put_under(same, finding);
    }
    kept
}

/// Folds a finding, and what is folded under it, under its head.
fn put_under(head: &mut Finding, mut finding: Finding) {
    let more = std::mem::take(&mut finding.folded);
    let room = MOST_FOLDED.saturating_sub(head.folded.len());
    head.folded.extend(std::iter::once(finding).chain(more).take(room));
}

fn causes(state: &State, finding: &Finding) -> Vec<Cause> {
    // What is of another scenario explains nothing here.
    if finding.fact == Fact::Misdelivered {
        return Vec::new();
    }
    let claim = finding.claim.map(Cause::Claim);
    let conn = || Some(state.recent.get(*finding.evidence.last()?)?.conn);
    let first = |conn: &ConnId| FIRST_CONNACK.of(state.version(*conn)) == Some(finding.clause);
    if let Some(conn) = conn().filter(|conn| finding.fact == Fact::WrongPacket && first(conn)) {
        return claim.into_iter().chain([Cause::BeforeConnack(conn)]).collect();
    }
    let kept = || finding.evidence.iter().filter_map(|seq| state.recent.get(*seq));
    let exchanges = kept().filter_map(|kept| exchange(state, kept, finding));
    let counts = |kept: &&Kept| state.is_judged(kept.direction) || breaks_the_protocol(state, kept);
    let packets = kept().filter(counts).map(|kept| Cause::Packet(kept.of.unwrap_or(kept.seq)));
    let close =
        finding.evidence.last().filter(|_| finding.fact == Fact::Closed).map(|seq| Cause::Close(*seq));
    exchanges.chain(packets).chain(close).chain(claim).collect()
}

/// Whether a client's packet is wrong by itself, or a second CONNECT.
fn breaks_the_protocol(state: &State, kept: &Kept) -> bool {
    let first = || state.conn(kept.conn)?.handshake.connect.as_ref().map(|connect| connect.at.seq);
    let second = || first().is_some_and(|first| kept.seq > first);
    !kept.body.decoded.violations.is_empty() || matches!(kept.packet(), Packet::Connect(_)) && second()
}

fn exchange(state: &State, kept: &Kept, finding: &Finding) -> Option<Cause> {
    let client = state.conn(kept.conn)?.client;
    let packet = kept.packet();
    let starts_here = match packet {
        // That an exchange was taken up wrongly is its own cause, whatever had that id before.
        Packet::Publish(_) if finding.fact == Fact::WrongPacket => return None,
        Packet::Publish(_) => true,
        Packet::Ack(ack) => ack.kind == AckKind::Pubrel,
        // Beside a delivery a SUBSCRIBE shows what was asked for; the delivery does not go wrong with it.
        _ if finding.fact == Fact::DeliveredUnwanted
            || finding.fact == Fact::WrongField && delivers(state, finding) =>
        {
            return None;
        }
        _ => return packet.packet_id().map(|id| Cause::Exchange(Role::Asking, client, id)),
    };
    let up = !state.is_judged(kept.direction);
    let role = if starts_here == up { Role::FromClient } else { Role::ToClient };
    packet.packet_id().map(|id| Cause::Exchange(role, client, id))
}

/// The form of an answer loses no message; a delivery that is malformed may be the one that is missed.
fn explains(state: &State, head: &Finding, finding: &Finding) -> bool {
    head.fact != Fact::Malformed || finding.fact != Fact::DeliveryMissing || delivers(state, head)
}

/// Whether it is about the order of PUBRELs: whatever went wrong with one of the exchanges before explains no other order.
fn releases(state: &State, finding: &Finding) -> bool {
    let released = |kept: &Kept| kept.packet().kind() == PacketKind::Pubrel;
    let last = || state.recent.get(*finding.evidence.last()?);
    finding.fact == Fact::OutOfOrder && last().is_some_and(released)
}

/// Whether the broker's last packet in the evidence is a PUBLISH.
fn delivers(state: &State, finding: &Finding) -> bool {
    let mut kept = finding.evidence.iter().rev().filter_map(|seq| state.recent.get(*seq));
    let last = kept.find(|kept| state.is_judged(kept.direction));
    last.is_some_and(|kept| matches!(kept.packet(), Packet::Publish(_)))
}

#[cfg(test)]
mod tests {
    use deadzone_spec::{ClauseId, id};

    use super::*;

    /// Reports and fingerprints look one level down: what a folded finding had under it must be there too.
    #[test]
    fn what_lies_under_a_folded_finding_stays_in_sight() {
        let of = |clause: ClauseId| Finding::new(clause, Fact::WrongField, "test");
        let (mut head, mut finding) = (of(id!("3.1.1/MQTT-4.4.0-1")), of(id!("3.1.1/MQTT-3.3.1-1")));
        finding.folded = vec![of(id!("3.1.1/MQTT-4.6.0-6"))];
        put_under(&mut head, finding);
        let under: Vec<_> = head.folded.iter().map(|f| (f.clause.clause().number, f.folded.len())).collect();
        assert_eq!(under, [("MQTT-3.3.1-1", 0), ("MQTT-4.6.0-6", 0)]);
    }
}
