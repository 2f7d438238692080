//! How results and a run stand to a file of known failures: what is expected is counted by the reason that the file gives, and what is
//! new has a line each.

use std::collections::BTreeMap;

use deadzone_verdict::{AgainstFile, Expectation, KnownFailure, ScenarioResult};

use super::page::{Page, Role};
use crate::RunModel;

/// Most new failures that have a line each.
const NEW: usize = 20;
/// Most reasons that have a line each.
const REASONS: usize = 20;
/// Most entries of the file that are listed.
const ENTRIES: usize = 20;

/// A word beside the verdict of a result.
pub(super) fn note(result: &ScenarioResult) -> Option<String> {
    match &result.expectation {
        Some(Expectation::Expected(known)) => Some(format!("expected: {}", reasons(known))),
        Some(Expectation::New) => Some("new".to_owned()),
        Some(Expectation::Unexpected(_)) | None => None,
    }
}

/// Why it is expected, each reason once.
fn reasons(known: &[KnownFailure]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for reason in known.iter().map(KnownFailure::told) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

/// What did not pass and turns nothing red: what is expected by reason, what is new by scenario.
pub(super) fn list(page: &mut Page, model: &RunModel) {
    let mut by_reason: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut new = Vec::new();
    for result in model.results.iter().filter(|result| result.is_excused()) {
        match &result.expectation {
            Some(Expectation::Expected(known)) => {
                *by_reason
                    .entry(reasons(known))
                    .or_default()
                    .entry(result.verdict.kind.word())
                    .or_default() += 1;
            }
            _ => new.push(result),
        }
    }
    for (reason, counts) in by_reason.iter().take(REASONS) {
        let counts: Vec<String> = counts.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        page.field("expected", Role::Faint, &format!("{}: {reason}", counts.join(", ")), 300);
    }
    more(page, Role::Faint, by_reason.len(), REASONS);
    for result in new.iter().take(NEW) {
        let found =
            result.verdict.findings.first().map(|finding| format!("{}: {}", finding.clause, finding.got));
        let why = found.or_else(|| result.verdict.reason.clone()).unwrap_or_default();
        let text =
            format!("{} {} [{}]  {why}", result.verdict.kind.word(), result.key.id, result.key.version);
        page.verbatim("new", &text);
    }
    more(page, Role::Faint, new.len(), NEW);
}

/// What is not listed is counted.
fn more(page: &mut Page, role: Role, all: usize, listed: usize) {
    if all > listed {
        page.field("", role, &format!("and {} more", all - listed), 80);
    }
}

/// The run against the file: counts, then what is to be done to the file.
pub(super) fn summary(page: &mut Page, against: &AgainstFile) {
    let floor = match against.min_tested {
        Some(least) => format!("{} judged of at least {least}", against.tested),
        None => format!("{} judged", against.tested),
    };
    let text = format!(
        "{}: {} expected, {} unexpected, {} stale, {} new; {floor}",
        against.file,
        against.expected,
        against.unexpected,
        against.stale.len(),
        against.new.len()
    );
    let red = against.unexpected > 0 || !against.stale.is_empty() || against.is_below_floor();
    page.field("against", if red { Role::Bad } else { Role::Plain }, &text, 400);
    if against.is_below_floor() {
        page.field("too few", Role::Bad, "fewer were judged than `min_tested` asks for", 200);
    }
    for stale in against.stale.iter().take(ENTRIES) {
        page.field("stale", Role::Bad, &format!("line {}: {}", stale.line, stale.text), 400);
    }
    more(page, Role::Bad, against.stale.len(), ENTRIES);
    if !against.no_reason.is_empty() {
        let lines: Vec<String> = against.no_reason.iter().take(ENTRIES).map(ToString::to_string).collect();
        let more = against.no_reason.len() - lines.len();
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        page.field("no reason", Role::Doubtful, &format!("given in lines {}{tail}", lines.join(", ")), 400);
    }
    for note in &against.notes {
        page.field("note", Role::Doubtful, note, 300);
    }
}
