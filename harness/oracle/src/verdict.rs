//! All that was found to one verdict: error > fail > inconclusive > not applicable > pass (slow) > pass.
//!
//! Findings come first in time first; what follows from an earlier one folds under it. A clause below MUST is a grade, and so
//! is everything in 3.1, which has no clauses. What lies behind an illegal step of ours is worth nothing; what lies before it
//! stands.

use deadzone_spec::{ClauseId, Level, Party};
use deadzone_verdict::{Finding, Grade, GradeLevel, Verdict, VerdictKind};
use deadzone_wire::Version;

use crate::{
    beside,
    breach::{Found, Reason},
    fold, owed,
    state::State,
};

/// Most characters of one sentence of a finding: what comes from the wire is bounded already, this is for the rest.
const LONGEST: usize = 600;
/// Most grades of one verdict.
const GRADES: usize = 200;

pub(crate) fn compose(state: &State, mut found: Found) -> Verdict {
    let mut findings = Vec::new();
    let mut grades: Vec<Grade> =
        std::mem::take(&mut found.grades).into_iter().map(|(_, grade)| grade).collect();
    for finding in std::mem::take(&mut found.findings) {
        sort(finding, state, (&mut findings, &mut grades, &mut found.inconclusive));
    }
    beside::across(state, &mut findings, &mut grades);
    let mut mistake = blame_ourselves(&mut findings, &mut found);
    if let (Some(first), Some(told)) = (found.illegal.first().filter(|first| first.unforeseen), &mistake) {
        found.inconclusive.insert(0, Reason { at: first.at, why: told.clone() });
        mistake = None;
    }
    let lost = findings.len();
    not_applicable(&mut findings, &mut found);
    let refused = found.not_applicable.iter().map(|reason| reason.at).min();
    // What the target refused within its rights is the reason for all that did not happen afterwards.
    found.inconclusive.retain(|reason| refused.is_none_or(|refused| reason.at < refused));
    debug_assert!(findings.len() <= lost);
    let without = if !found.ours.is_empty() {
        (VerdictKind::Error, Some(found.ours.join("; ")))
    } else if let Some(mistake) = &mistake {
        (VerdictKind::Error, Some(mistake.clone()))
    } else if let Some(why) = first(&mut found.inconclusive) {
        (VerdictKind::Inconclusive, Some(why))
    } else if let Some(why) = first(&mut found.not_applicable) {
        (VerdictKind::NotApplicable, Some(why))
    } else if found.slow {
        (VerdictKind::PassSlow, None)
    } else {
        (VerdictKind::Pass, None)
    };
    let fails = found.ours.is_empty() && !findings.is_empty();
    let ((kind, reason), otherwise) = match fails {
        true => ((VerdictKind::Fail, None), Some(without).filter(|(kind, _)| *kind != VerdictKind::Pass)),
        false => (without, None),
    };
    grades.sort_by_key(|grade| grade.evidence.last().copied());
    grades.dedup();
    grades.truncate(GRADES);
    let mut judged: Vec<ClauseId> = found.judged.into_iter().collect();
    judged.sort_unstable();
    let findings = fold::fold(state, findings);
    let mistake = found.illegal.first().and_then(|illegal| illegal.place).filter(|_| mistake.is_some());
    let mut unconfirmed = found.unconfirmed;
    unconfirmed.retain(|finding| grade_level(finding.clause, state).is_none());
    Verdict { kind, findings, unconfirmed, grades, reason, otherwise, judged, mistake, ..Verdict::pass() }
}

/// A finding at level MUST stays one; another is a grade.
fn sort(
    mut finding: Finding,
    state: &State,
    (findings, grades, inconclusive): (&mut Vec<Finding>, &mut Vec<Grade>, &mut Vec<Reason>),
) {
    let Some(level) = grade_level(finding.clause, state) else {
        for text in [&mut finding.wanted, &mut finding.got, &mut finding.meanwhile] {
            clip(text);
        }
        return findings.push(finding);
    };
    // What a claim asked for did not happen; without a clause to blame for it that is no pass.
    if finding.claim.is_some() && level == GradeLevel::Info {
        let at = finding.evidence.last().copied().unwrap_or_default();
        inconclusive
            .push(Reason { at, why: format!("{} where {} was claimed", finding.got, finding.wanted) });
    }
    let text = format!("{}; wanted: {}", finding.got, finding.wanted);
    grades.push(Grade { clause: Some(finding.clause), level, text, evidence: finding.evidence });
}

/// The level of a clause's grade; `None` where a finding of it fails.
fn grade_level(clause: ClauseId, state: &State) -> Option<GradeLevel> {
    let version = state.header.version;
    let interoperability = clause.version() == Version::V31 && clause != owed::unnamed(Version::V31);
    if version == Version::V31 && !interoperability {
        return Some(GradeLevel::Info);
    }
    let other = if state.judged == Party::Client { "server" } else { "client" };
    debug_assert!(state.binds(clause), "{clause} binds the {other} only: the judged party cannot break it");
    match clause.clause().level {
        _ if !state.binds(clause) => Some(GradeLevel::Info),
        Level::Must => None,
        Level::Should => Some(GradeLevel::Should),
        Level::May => Some(GradeLevel::May),
    }
}

/// Drops the findings behind an illegal step of ours; the sentence that says so.
fn blame_ourselves(findings: &mut Vec<Finding>, found: &mut Found) -> Option<String> {
    found.illegal.sort_by_key(|illegal| illegal.at);
    let first = found.illegal.first()?;
    let kept = findings.len();
    findings.retain(|finding| finding.evidence.last().is_none_or(|last| *last < first.at));
    let told = format!("the client was not legal: {} (event {})", first.why, first.at);
    let scripted = first.place.is_some();
    (findings.len() < kept || scripted).then_some(told)
}

/// Behind a lower grant a claim that waits for more is not applicable, nor is what did not come about because of the grant.
/// What did not for another reason is inconclusive, behind a grant as anywhere.
fn not_applicable(findings: &mut Vec<Finding>, found: &mut Found) {
    let granted_less = std::mem::take(&mut found.granted_less);
    let Some(lowered) = &found.lowered else { return found.inconclusive.extend(granted_less) };
    let all = findings.len();
    findings.retain(|finding| {
        let behind = finding.evidence.last().is_some_and(|last| *last > lowered.at);
        !(behind && finding.claim.is_some() && finding.qos == Some(2))
    });
    let (behind, before): (Vec<Reason>, Vec<Reason>) =
        granted_less.into_iter().partition(|reason| reason.at > lowered.at);
    if findings.len() < all || !behind.is_empty() {
        found.not_applicable.push(lowered.clone());
    }
    found.inconclusive.extend(before);
}

/// The earliest reason, and how many more there are.
fn first(reasons: &mut [Reason]) -> Option<String> {
    reasons.sort();
    let reason = reasons.first()?;
    Some(match reasons.len() {
        1 => reason.why.clone(),
        n => format!("{} (and {} more)", reason.why, n - 1),
    })
}

fn clip(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
}
