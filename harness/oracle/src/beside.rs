//! A bridge between two brokers of one target. Its connection is in the record for people: both ends are the target's, so that
//! nobody is held to anything on it. What crosses it is held to no clause of the standard either, which knows no bridges: the
//! claims of a scenario name what the bridge promises.

use std::collections::BTreeSet;

use deadzone_history::{ConnId, Event, EventKind, Header, Note};
use deadzone_verdict::{Finding, Grade, GradeLevel};

use crate::state::State;

/// The connections of the bridge.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    conns: BTreeSet<ConnId>,
}

impl Beside {
    /// Whether the event is one of the bridge's, that nothing else is to look at. A fault of its link that never happened is
    /// left to those who tell it.
    pub(crate) fn takes(&mut self, event: &Event, header: &Header) -> bool {
        let is_bridge = |client: usize| header.clients.get(client).is_some_and(|client| client.bridge);
        match &event.kind {
            EventKind::Opened { conn, client, .. } if is_bridge(client.index()) => self.conns.insert(*conn),
            EventKind::Link { client, note, .. } => {
                is_bridge(client.index()) && !matches!(**note, Note::NeverFired { .. })
            }
            kind => conn_of(kind).is_some_and(|conn| self.conns.contains(&conn)),
        }
    }
}

fn conn_of(kind: &EventKind) -> Option<ConnId> {
    match kind {
        EventKind::Packet(packet) => Some(packet.conn),
        EventKind::Fragment(fragment) => Some(fragment.conn),
        EventKind::Unframed(unframed) => Some(unframed.conn),
        EventKind::Skipped(skipped) => Some(skipped.conn),
        EventKind::Closed { conn, .. } => Some(*conn),
        _ => None,
    }
}

/// Takes out what no claim of the script wants and what lies between two nodes: a grade, where there is a bridge.
pub(crate) fn across(state: &State, findings: &mut Vec<Finding>, grades: &mut Vec<Grade>) {
    if !state.header.target.bridge {
        return;
    }
    let crosses = |finding: &Finding| {
        let conns = finding.evidence.iter().filter_map(|seq| Some(state.recent.get(*seq)?.conn));
        let nodes: BTreeSet<_> = conns.filter_map(|conn| Some(state.conn(conn)?.node)).collect();
        finding.claim.is_none() && nodes.len() > 1
    };
    for finding in findings.extract_if(.., |finding| crosses(finding)) {
        let text = format!("across the bridge: {}; wanted: {}", finding.got, finding.wanted);
        let clause = Some(finding.clause);
        grades.push(Grade { clause, level: GradeLevel::Info, text, evidence: finding.evidence });
    }
}
