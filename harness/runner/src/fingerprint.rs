//! What makes two findings of different runs the same, and what kind of proof a finding is.

use std::collections::BTreeSet;

use deadzone_history::{EventKind, Finding, History, Verdict};

/// What identifies a finding over runs, as one line.
pub(crate) type Fingerprint = String;

/// What a finding proves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// The broker did what is forbidden: proof by itself, as the record is.
    Done,
    /// It closed or refused what it should not: wants a second one.
    CloseOrRefusal,
    /// It stayed silent.
    Silence,
}

/// The fingerprint of a finding.
pub(crate) fn of(finding: &Finding) -> Fingerprint {
    format!("{} {} {}", finding.clause, finding.by, finding.claim.map(|c| c.to_string()).unwrap_or_default())
        .trim_end()
        .to_owned()
}

/// All of a verdict: runs are compared by their sets.
pub(crate) fn set(verdict: &Verdict) -> BTreeSet<Fingerprint> {
    verdict.findings.iter().map(of).collect()
}

/// The class of a finding of this record.
pub(crate) fn class(finding: &Finding, history: &History) -> Class {
    let Some(claim) = finding.claim else { return Class::Done };
    let ended = history.events.iter().find_map(|event| match &event.kind {
        EventKind::Unmet { claim: id, why, got, .. } if *id == claim => Some((why.as_str(), *got)),
        _ => None,
    });
    match ended {
        Some(("patience", None)) => Class::Silence,
        Some(("closed", _)) => Class::CloseOrRefusal,
        _ => Class::Done,
    }
}
