//! The verdict on a performance that did not come to its own end or that lost its target: the same live and from its record.

use std::collections::VecDeque;

use deadzone_history::{CutShort, Direction, End, Event, EventKind, History, Overflow, TargetEvent};
use deadzone_verdict::{Fact, FactClass, Finding, Verdict, VerdictKind};
use deadzone_wire::Version;

use crate::health::Kind;

/// So many packets before the loss of a target are its evidence.
const LAST_GIVEN: usize = 3;

/// What such a verdict asks of a record beside what the judge says.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    up: usize,
    down: usize,
    /// The last packets that the target was given, as far as the record shows: one at least was never answered.
    last_given: VecDeque<u64>,
}

impl Traffic {
    pub(crate) fn of(history: &History) -> Self {
        let mut traffic = Self::default();
        history.events.iter().for_each(|event| traffic.observe(event));
        traffic
    }

    pub(crate) fn observe(&mut self, event: &Event) {
        let EventKind::Packet(packet) = &event.kind else { return };
        match packet.direction {
            Direction::Down => self.down += 1,
            Direction::Up => self.up += 1,
        }
        if packet.direction == Direction::Up && packet.end == End::Broker && !packet.is_marker() {
            self.last_given.push_back(event.seq);
            if self.last_given.len() > LAST_GIVEN {
                self.last_given.pop_front();
            }
        }
    }
}

/// What stands of the judge's verdict.
pub(crate) fn amended(version: Version, cut: &CutShort, traffic: Traffic, judged: Verdict) -> Verdict {
    let inconclusive = |why: String| Verdict::because(VerdictKind::Inconclusive, why);
    match cut {
        CutShort::Interrupted => inconclusive("interrupted".to_owned()),
        CutShort::Trouble(why) => Verdict::because(VerdictKind::Error, why.to_string()),
        CutShort::TargetFailing => judged,
        // What was done wrong before the target was lost stands.
        CutShort::TargetLost => match deeds(judged) {
            verdict if verdict.kind == VerdictKind::Fail && !verdict.findings.is_empty() => verdict,
            Verdict { grades, .. } => {
                Verdict { grades, ..inconclusive("the target was lost while it ran".to_owned()) }
            }
        },
        CutShort::LosesTarget { how, text } => {
            let findings = std::iter::once(loss(version, *how, text, traffic));
            let findings = findings.chain(deeds(judged).findings).collect();
            Verdict { kind: VerdictKind::Fail, findings, ..Verdict::pass() }
        }
        // A record that was cut off says nothing about any clause. Who sent what it is full of tells whose doing it was: answers
        // of ours count as many again as the packets that call for them.
        CutShort::Overflow(overflow) => {
            let flooded = *overflow == Overflow::Shared || traffic.down * 4 >= traffic.up;
            if flooded && !matches!(overflow, Overflow::Instant(_)) {
                return inconclusive(format!("the target flooded: {overflow}"));
            }
            Verdict::because(VerdictKind::Error, format!("the record was cut off: {overflow}"))
        }
    }
}

/// The same with what was done wrong alone.
fn deeds(mut verdict: Verdict) -> Verdict {
    verdict.findings.retain(|finding| finding.fact.class() == FactClass::Done);
    verdict
}

/// The finding of a scenario that loses the target twice, alone. Its last bytes are the evidence.
fn loss(version: Version, how: TargetEvent, text: &str, traffic: Traffic) -> Finding {
    let kind = Kind::of(how);
    let fact = if kind == Kind::Crashed { Fact::Crashed } else { Fact::Hung };
    Finding {
        wanted: "a target that goes on serving whatever one client does".to_owned(),
        got: format!("{}: {text}, twice when it ran alone", kind.word()),
        evidence: traffic.last_given.into(),
        ..Finding::new(kind.own_id(version), fact, "health")
    }
}
