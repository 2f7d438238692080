//! Puts what follows from an earlier finding under it: the same exchange (client, role, packet id), the same packet of the
//! broker, or the same claim.

use std::collections::BTreeMap;

use deadzone_history::{ClientIx, End};
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{AckKind, Packet};

use crate::state::{Kept, State};

/// Most findings under one: a broker that loses ten thousand messages needs no ten thousand sentences.
const MOST_FOLDED: usize = 64;

/// What two findings can have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Claim(u32),
    /// A client that was thrown out, by the event of the close.
    Close(u64),
    /// A packet from the broker, by its event at the broker's end.
    Packet(u64),
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
        let head = causes.iter().find_map(|cause| head_of.get(cause).copied());
        let index = match head.and_then(|index| heads.get_mut(index).map(|head| (index, head))) {
            Some((index, head)) => {
                head.place = head.place.or(finding.place);
                if head.folded.len() < MOST_FOLDED {
                    head.folded.push(finding);
                }
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
    heads
}

fn causes(state: &State, finding: &Finding) -> Vec<Cause> {
    let kept = || finding.evidence.iter().filter_map(|seq| state.recent.get(*seq));
    let exchanges = kept().filter_map(|kept| exchange(state, kept));
    let packets =
        kept().filter(|kept| state.is_judged(kept.direction)).map(|kept| Cause::Packet(from_broker(kept)));
    let close =
        finding.evidence.last().filter(|_| finding.fact == Fact::Closed).map(|seq| Cause::Close(*seq));
    exchanges.chain(packets).chain(close).chain(finding.claim.map(Cause::Claim)).collect()
}

/// A packet from the broker, named by its event at the broker's end whichever end the evidence names.
fn from_broker(kept: &Kept) -> u64 {
    match kept.end {
        End::Broker => kept.seq,
        End::Client => kept.of.unwrap_or(kept.seq),
    }
}

fn exchange(state: &State, kept: &Kept) -> Option<Cause> {
    let client = state.conn(kept.conn)?.client;
    let packet = kept.packet();
    let starts_here = match packet {
        Packet::Publish(_) => true,
        Packet::Ack(ack) => ack.kind == AckKind::Pubrel,
        _ => return packet.packet_id().map(|id| Cause::Exchange(Role::Asking, client, id)),
    };
    let up = !state.is_judged(kept.direction);
    let role = if starts_here == up { Role::FromClient } else { Role::ToClient };
    packet.packet_id().map(|id| Cause::Exchange(role, client, id))
}
