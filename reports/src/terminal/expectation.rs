//! How results and a run stand to a file of known failures: what is expected is a short list, with the reasons of the file.

use deadzone_verdict::{AgainstFile, Expectation, KnownFailure, ScenarioResult, VerdictKind};

use super::page::{Page, Role};
use crate::RunModel;

/// Most results that are listed as expected, or as new.
const LISTED: usize = 40;
/// Most entries of the file that are listed.
const ENTRIES: usize = 20;

/// What did not pass, and turns nothing red.
pub(super) fn is_excused(result: &ScenarioResult) -> bool {
    let red =
        matches!(result.verdict.kind, VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked);
    red && matches!(result.expectation, Some(Expectation::Expected(_) | Expectation::New))
}

/// A word beside the verdict of a result.
pub(super) fn note(result: &ScenarioResult) -> Option<String> {
    match &result.expectation {
        Some(Expectation::Expected(known)) => Some(format!("expected: {}", reasons(known))),
        Some(Expectation::New) => Some("new".to_owned()),
        Some(Expectation::Unexpected(_)) | None => None,
    }
}

fn reasons(known: &[KnownFailure]) -> String {
    let reason = |known: &KnownFailure| {
        let reason = if known.reason.is_empty() { "no reason given" } else { known.reason.as_str() };
        known.link.as_ref().map_or_else(|| reason.to_owned(), |link| format!("{reason} {link}"))
    };
    let mut reasons: Vec<String> = known.iter().map(reason).collect();
    reasons.dedup();
    reasons.join("; ")
}

/// What did not pass and is expected, or new: a line each, but for what is blocked by one of them.
pub(super) fn list(page: &mut Page, model: &RunModel) {
    let (blocked, excused): (Vec<_>, Vec<_>) = model
        .results
        .iter()
        .filter(|result| is_excused(result))
        .partition(|result| result.verdict.kind == VerdictKind::Blocked);
    for result in excused.iter().take(LISTED) {
        let word = if result.expectation == Some(Expectation::New) { "new" } else { "expected" };
        let why = match &result.expectation {
            Some(Expectation::Expected(known)) => format!(": {}", reasons(known)),
            _ => String::new(),
        };
        let text = format!("{} {} [{}]{why}", result.verdict.kind.word(), result.key.id, result.key.version);
        page.field(word, Role::Faint, &text, 300);
    }
    if let Some(more) = excused.len().checked_sub(LISTED).filter(|more| *more > 0) {
        page.field("", Role::Faint, &format!("and {more} more"), 80);
    }
    if !blocked.is_empty() {
        page.field("", Role::Faint, &format!("and {} blocked behind gates like these", blocked.len()), 80);
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
    if let Some(more) = against.stale.len().checked_sub(ENTRIES).filter(|more| *more > 0) {
        page.field("", Role::Bad, &format!("and {more} more"), 80);
    }
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
