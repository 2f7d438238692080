//! How tests say what rules must find.

use deadzone_history::{HandMade, History};
use deadzone_oracle::{RuleOutcome, obey};
use deadzone_wire::{Ack, AckKind, Packet, Publish, Version};

/// The versions that have clauses.
pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];

/// Every rule's outcome, but for the content of deliveries: these histories show deliveries without their publishers.
pub(crate) fn outcomes(history: &History) -> Vec<RuleOutcome> {
    obey(history).into_iter().filter(|outcome| outcome.rule != "content").collect()
}

/// Exactly these rules find exactly these clauses, once each; `MQTT-…` is of the history's version.
#[track_caller]
pub(crate) fn found(h: HandMade, wanted: &[(&str, &str)]) {
    let history = h.finish();
    let version = history.header.version;
    let mut got = Vec::new();
    for outcome in outcomes(&history) {
        for finding in &outcome.findings {
            assert_eq!(finding.by, outcome.rule);
            assert!(!finding.evidence.is_empty() && !finding.could_instead.is_empty(), "{finding:?}");
            assert!(finding.evidence.iter().all(|s| *s < history.events.len() as u64));
            assert!(finding.evidence.is_sorted());
            got.push((outcome.rule.to_owned(), finding.clause.to_string()));
        }
    }
    let wanted: Vec<_> = wanted.iter().map(|(r, c)| ((*r).to_owned(), format!("{version}/{c}"))).collect();
    assert_eq!(got, wanted, "in {version}");
}

/// No rule finds anything, nor has anything to say.
#[track_caller]
pub(crate) fn legal(h: HandMade) {
    let outcomes = outcomes(&h.finish());
    let said: Vec<_> = outcomes.iter().filter(|o| !o.findings.is_empty() || !o.grades.is_empty()).collect();
    assert!(said.is_empty(), "{said:#?}");
}

/// The clause of this version.
pub(crate) fn by(version: Version, v311: &'static str, v5: &'static str) -> &'static str {
    if version == Version::V5 { v5 } else { v311 }
}

/// Grades of one rule.
pub(crate) fn grades(h: HandMade, rule: &str) -> usize {
    outcomes(&h.finish()).iter().filter(|o| o.rule == rule).map(|o| o.grades.len()).sum()
}

pub(crate) fn puback(id: u16) -> Ack {
    Ack::new(AckKind::Puback, id)
}

pub(crate) fn pubrec(id: u16) -> Ack {
    Ack::new(AckKind::Pubrec, id)
}

pub(crate) fn pubrel(id: u16) -> Ack {
    Ack::new(AckKind::Pubrel, id)
}

pub(crate) fn pubcomp(id: u16) -> Ack {
    Ack::new(AckKind::Pubcomp, id)
}

/// A PUBLISH on `dz1/t` without DUP.
pub(crate) fn message(qos: u8, id: u16, payload: &str) -> Packet {
    HandMade::message("dz1/t", qos, id, payload)
}

/// The same with DUP.
pub(crate) fn again(qos: u8, id: u16, payload: &str) -> Packet {
    Packet::Publish(Publish {
        dup: true,
        ..Publish::new("dz1/t", qos, Some(id), payload.as_bytes().to_vec())
    })
}
