//! The end of a run: its causes, what was inconclusive, blocked or not applicable and why, coverage, counts.

use std::collections::BTreeMap;

use deadzone_verdict::{ScenarioResult, Summary, VerdictKind};

use super::{
    Verbosity, causes, coverage, expectation, failure,
    page::{Page, Role},
};
use crate::{RunModel, timeline::seconds};

/// Most scenarios that are named for one reason.
const NAMED: usize = 6;

/// The whole summary.
pub(crate) fn write(page: &mut Page, model: &RunModel, summary: &Summary) {
    let told = causes::of(model, summary);
    match page.options.verbosity {
        Verbosity::Verbose => {
            // Each was told by itself.
            causes::brief(page, model, &told);
            again(page, model);
        }
        Verbosity::Summary => causes::brief(page, model, &told),
        Verbosity::Normal | Verbosity::Quiet => causes::write(page, model, &told),
    }
    if page.options.verbosity > Verbosity::Summary {
        for kind in [VerdictKind::Inconclusive, VerdictKind::Blocked, VerdictKind::NotApplicable] {
            by_reason(page, model, kind);
        }
        expectation::list(page, model);
    }
    left_out(page, summary);
    for c in &summary.coverage {
        page.field("coverage", Role::Plain, &coverage::in_short(c), 200);
    }
    if let Some(against) = &summary.expectations {
        expectation::summary(page, against);
    }
    clocks(page, summary);
    let known =
        model.results.iter().filter(|r| r.verdict.kind == VerdictKind::Fail && r.is_excused()).count();
    counts(page, summary, known);
}

/// The failures once more where they can be seen, with the command that repeats each.
fn again(page: &mut Page, model: &RunModel) {
    for kind in [VerdictKind::Error, VerdictKind::Fail] {
        for result in model.results.iter().filter(|r| r.verdict.kind == kind && !r.is_excused()) {
            line(page, result);
        }
    }
}

fn line(page: &mut Page, result: &ScenarioResult) {
    let (word, role) = failure::word(result.verdict.kind);
    let first = result.verdict.findings.first();
    let clause = first.map(|finding| format!("  {}", finding.clause)).unwrap_or_default();
    let head = page.safe(&format!("{} [{}]{clause}", result.key.id, result.key.version), 160);
    let line = format!("{} {head}", page.paint(role, word));
    page.raw(&line);
    page.command("repeat", &result.repeat_command);
}

/// Where repeats were made, they have a clock of their own.
fn clocks(page: &mut Page, s: &Summary) {
    if s.confirmation_ms == 0 && s.long_bound_s.is_none() {
        return;
    }
    let first = seconds(s.wall_ms.saturating_sub(s.confirmation_ms).saturating_mul(1_000));
    let again = seconds(s.confirmation_ms.saturating_mul(1_000));
    let bound = s.long_bound_s.map(|n| format!("; silences were waited out for {n} s")).unwrap_or_default();
    page.field("clocks", Role::Plain, &format!("first runs {first}, confirmation {again}{bound}"), 200);
}

/// What is neither passed nor failed, counted by reason.
fn by_reason(page: &mut Page, model: &RunModel, kind: VerdictKind) {
    let mut by_reason: BTreeMap<&str, Vec<&ScenarioResult>> = BTreeMap::new();
    for result in model.results.iter().filter(|r| r.verdict.kind == kind && !r.is_excused()) {
        let reason = result.verdict.reason.as_deref().unwrap_or("no reason was given");
        by_reason.entry(reason).or_default().push(result);
    }
    for (reason, results) in by_reason {
        let text = page.safe(&format!("{} ({}): {reason}", kind.word(), results.len()), page.options.width);
        let role = if kind == VerdictKind::NotApplicable { Role::Faint } else { Role::Doubtful };
        let line = page.paint(role, &text);
        page.raw(&line);
        // One that can be repeated on its own is named; of what never ran the count says enough.
        if kind == VerdictKind::Inconclusive {
            named(page, &results);
        }
    }
}

/// What was planned and did not begin: the reason, and how many of each area.
fn left_out(page: &mut Page, summary: &Summary) {
    let mut by_reason: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for left in &summary.left_out {
        let area = left.key.id.split('/').next().unwrap_or_default();
        *by_reason.entry(&left.why).or_default().entry(area).or_default() += 1;
    }
    for (why, areas) in by_reason {
        let text =
            page.safe(&format!("left out ({}): {why}", areas.values().sum::<usize>()), page.options.width);
        let line = page.paint(Role::Doubtful, &text);
        page.raw(&line);
        let areas: Vec<String> = areas.iter().map(|(area, n)| format!("{area} {n}")).collect();
        page.field("", Role::Faint, &areas.join(", "), 800);
    }
}

fn named(page: &mut Page, results: &[&ScenarioResult]) {
    let more = results.len().saturating_sub(NAMED);
    let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
    let shown =
        results.iter().take(NAMED).map(|result| format!("{} [{}]", result.key.id, result.key.version));
    page.field("", Role::Faint, &format!("{}{tail}", shown.collect::<Vec<_>>().join(", ")), 800);
    if let [only] = results {
        page.command("", &only.repeat_command);
    }
}

/// `284 passed, 2 failed (1 as known) in 3.152 s`.
pub(super) fn counts(page: &mut Page, s: &Summary, known: usize) {
    let slow = if s.slow > 0 { format!(" ({} slow)", s.slow) } else { String::new() };
    let mut words = vec![(Role::Good, format!("{} passed{slow}", s.pass))];
    let failed = if known > 0 { format!("failed ({known} as known)") } else { "failed".to_owned() };
    let others = [
        (if known < s.fail { Role::Bad } else { Role::Doubtful }, s.fail, failed.as_str()),
        (Role::Bad, s.error, if s.error == 1 { "error" } else { "errors" }),
        (Role::Doubtful, s.inconclusive, "inconclusive"),
        (Role::Doubtful, s.blocked, "blocked"),
        (Role::Faint, s.not_applicable, "not applicable"),
        (Role::Doubtful, s.not_run, "not run"),
    ];
    // That nothing failed is said outright.
    let said = others.iter().filter(|(_, n, word)| *n > 0 || word.starts_with("failed"));
    words.extend(
        said.map(|(role, n, word)| (if *n > 0 { *role } else { Role::Plain }, format!("{n} {word}"))),
    );
    let mut line = String::from(if s.interrupted { "interrupted: " } else { "" });
    let mut used = line.len();
    let end = format!("in {}.{:03} s", s.wall_ms / 1_000, s.wall_ms % 1_000);
    let last = words.len() - 1;
    for (i, (role, text)) in words.iter().enumerate() {
        let (separator, behind) = if i == last { ("", end.len() + 1) } else { (",", 1) };
        if used + text.len() + behind > page.options.width {
            page.raw(&line);
            (line, used) = (String::new(), 0);
        }
        line.push_str(&page.paint(*role, text));
        line.push_str(separator);
        line.push(' ');
        used += text.len() + separator.len() + 1;
    }
    line.push_str(&end);
    page.raw(&line);
}
