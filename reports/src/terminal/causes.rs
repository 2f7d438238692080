//! The failures of a run by their causes: the first that shows one in full, the others in a line each, and what it means to a user. It
//! keeps a run of ten causes on less than 200 lines: the more causes there are, the shorter each timeline is.

use std::sync::Arc;

use deadzone_verdict::{Cause, RunInfo, ScenarioResult, Summary, VerdictKind, causes, finding};

use super::{
    failure::{self, Detail},
    page::{Page, Role, wrap},
    target, timeline,
};
use crate::RunModel;

/// Lines that a whole run may take for its causes.
const PAGE: usize = 150;
/// Lines of a cause beside its timeline and the scenarios that show it too.
const BESIDE_TIMELINE: usize = 13;
/// Fewest rows of a timeline.
const ROWS_LEAST: usize = 3;
/// Most further scenarios of a cause that have a line each, where there are few causes and where there are many; the others are named
/// together.
const LISTED: (usize, usize) = (8, 3);
/// From how many causes on they are many.
const MANY: usize = 6;
/// Up to so many causes each is told at length.
const FEW: usize = 3;

/// The causes of a run that ended, without those that are known wherever they show.
pub(crate) fn of(model: &RunModel, summary: &Summary) -> Vec<Cause> {
    let all = causes(&model.results, &summary.gates).into_iter();
    all.filter(|cause| cause.first().is_some()).collect()
}

/// Each cause with the first scenario that shows it, then what is an error.
pub(crate) fn write(page: &mut Page, model: &RunModel, causes: &[Cause]) {
    let Some(info) = &model.info else { return };
    let errors: Vec<&Arc<ScenarioResult>> =
        model.results.iter().filter(|result| result.verdict.kind == VerdictKind::Error).collect();
    let listed = if causes.len() < MANY { LISTED.0 } else { LISTED.1 };
    let detail = Detail { rows: Some(rows(causes, listed)), alone: false };
    for (number, cause) in (1..).zip(causes) {
        if number > 1 {
            page.blank();
        }
        heading(page, cause, number, causes.len());
        one(page, model, info, cause, (detail, listed));
    }
    for result in errors {
        page.blank();
        failure::headline(page, result, info, detail);
        failure::because(page, result);
        page.command("repeat", &result.repeat_command);
    }
    if let Some(version) = first_version(model, causes) {
        page.blank();
        target::write(page, info, version);
    }
    page.blank();
}

/// The counts alone: a line for each cause.
pub(crate) fn brief(page: &mut Page, model: &RunModel, causes: &[Cause]) {
    for (number, cause) in (1..).zip(causes) {
        heading(page, cause, number, causes.len());
        let Some(shown) = cause.first() else { continue };
        let Some(finding) = finding(&model.results, shown) else { continue };
        let key = &model.results[shown.result].key;
        let text = format!("{} [{}]  {}: {}", key.id, key.version, finding.clause, finding.got);
        let text = page.safe(&text, page.options.width.saturating_sub(2));
        page.raw(&format!("  {text}"));
    }
}

/// How many rows a timeline may have, so that all of them together leave the rest of the run on its pages.
fn rows(causes: &[Cause], most: usize) -> usize {
    if causes.len() <= FEW {
        return timeline::ROWS / causes.len().max(1);
    }
    let listed: usize = causes.iter().map(|cause| cause.shown.len().saturating_sub(1).min(most + 2)).sum();
    let left = PAGE.saturating_sub(listed + causes.len() * BESIDE_TIMELINE);
    (left / causes.len()).clamp(ROWS_LEAST, timeline::TERSE - 1)
}

/// `cause 2 of 9: messages are lost (24 scenarios, 6 more blocked behind gate session)`.
fn heading(page: &mut Page, cause: &Cause, number: usize, of: usize) {
    let scenarios = counted(cause.scenarios(), "scenario");
    let blocks = match cause.blocks.len() {
        0 => String::new(),
        n => format!(", {n} more blocked behind gate {}", cause.gates.join(", ")),
    };
    let known = match cause.known_scenarios() {
        0 => String::new(),
        n => format!(", {n} more as known"),
    };
    let text = format!("cause {number} of {of}: {} ({scenarios}{known}{blocks})", cause.consequence);
    let text = page.safe(&text, 400);
    for line in wrap(&text, page.options.width) {
        let line = page.paint(Role::Bad, &line);
        page.raw(&line);
    }
}

fn one(page: &mut Page, model: &RunModel, info: &RunInfo, cause: &Cause, (detail, listed): (Detail, usize)) {
    let Some(first) = cause.first() else { return };
    let (result, Some(found)) = (&model.results[first.result], finding(&model.results, first)) else {
        return;
    };
    failure::one(page, result, info, found, detail);
    let mut others = cause.shown.iter().skip(1).filter(|shown| shown.result != first.result);
    for (i, shown) in others.by_ref().take(listed).enumerate() {
        let key = &model.results[shown.result].key;
        let got = finding(&model.results, *shown).map_or("", |finding| finding.got.as_str());
        page.verbatim(if i == 0 { "also in" } else { "" }, &format!("{} [{}]  {got}", key.id, key.version));
    }
    page.field("and", Role::Faint, &named(others.map(|shown| &*model.results[shown.result])), 8_000);
}

/// Scenarios by their names alone. What is blocked is counted by its gate, and named in the documents.
fn named<'a>(results: impl Iterator<Item = &'a ScenarioResult>) -> String {
    let names: Vec<String> =
        results.map(|result| format!("{} [{}]", result.key.id, result.key.version)).collect();
    names.join(", ")
}

/// The version whose limits are told: that of the first failure.
fn first_version(model: &RunModel, causes: &[Cause]) -> Option<deadzone_wire::Version> {
    let first = causes.first()?.first()?;
    Some(model.results.get(first.result)?.key.version)
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
