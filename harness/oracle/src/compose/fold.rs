//! Puts what follows from an earlier finding under it: the same exchange (client, role, packet id), the same
//! packet of the broker, or the same claim.

use std::collections::BTreeMap;

use deadzone_history::Direction;
use deadzone_history::End;
use deadzone_verdict::Finding;
use deadzone_wire::{AckKind, Packet};

use crate::survey::Survey;

/// Most findings under one: a broker that loses ten thousand messages needs no ten thousand sentences.
const MOST_FOLDED: usize = 64;

/// What two findings can have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Claim(u32),
    /// A packet from the broker, by its event at the broker's end.
    Packet(u64),
    /// Publisher's or subscriber's side, client, packet id.
    Exchange(Role, usize, u16),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    FromClient,
    ToClient,
    Asking,
}

pub(super) fn fold(survey: &Survey<'_>, mut findings: Vec<Finding>) -> Vec<Finding> {
    let named = &survey.history.header.clauses;
    // Of two that see the same packet, what the script claims comes first: it has a line that people can point at.
    findings.sort_by_key(|f| {
        (f.evidence.last().copied(), !named.contains(&f.clause), f.claim.is_none(), f.claim)
    });
    let mut heads: Vec<Finding> = Vec::new();
    let mut head_of: BTreeMap<Cause, usize> = BTreeMap::new();
    for finding in findings {
        let causes = causes(survey, &finding);
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

fn causes(survey: &Survey<'_>, finding: &Finding) -> Vec<Cause> {
    let exchanges = finding.evidence.iter().filter_map(|seq| exchange(survey, *seq));
    let packets = finding.evidence.iter().filter_map(|seq| from_broker(survey, *seq)).map(Cause::Packet);
    exchanges.chain(packets).chain(finding.claim.map(Cause::Claim)).collect()
}

/// A packet from the broker, named by its event at the broker's end whichever end the evidence names.
fn from_broker(survey: &Survey<'_>, seq: u64) -> Option<u64> {
    let event = survey.packet_event(seq).filter(|event| event.direction == Direction::Down)?;
    match event.end {
        End::Broker => Some(seq),
        End::Client => {
            let conn = survey.conn(event.conn)?;
            conn.seen.get(conn.arrived.binary_search(&seq).ok()?).copied()
        }
    }
}

fn exchange(survey: &Survey<'_>, seq: u64) -> Option<Cause> {
    let event = survey.packet_event(seq)?;
    let client = survey.conn(event.conn)?.client;
    let packet = &event.decoded.packet;
    let starts_here = match packet {
        Packet::Publish(_) => true,
        Packet::Ack(ack) => ack.kind == AckKind::Pubrel,
        _ => return packet.packet_id().map(|id| Cause::Exchange(Role::Asking, client, id)),
    };
    let role =
        if starts_here == (event.direction == Direction::Up) { Role::FromClient } else { Role::ToClient };
    packet.packet_id().map(|id| Cause::Exchange(role, client, id))
}
