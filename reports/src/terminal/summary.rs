//! The end of a run: failures once more where they can be seen, what was not applicable and why, coverage, counts.

use std::collections::BTreeMap;

use deadzone_verdict::{ScenarioResult, Summary, VerdictKind};

use super::{
    expectation, failure,
    page::{Page, Role},
};
use crate::{RunModel, timeline::seconds};

/// Most scenarios that are named for one reason.
const NAMED: usize = 6;

/// The whole summary.
pub(crate) fn write(page: &mut Page, model: &RunModel, summary: &Summary) {
    page.blank();
    for kind in [VerdictKind::Error, VerdictKind::Fail, VerdictKind::Inconclusive] {
        for result in model.results.iter().filter(|r| r.verdict.kind == kind && !expectation::is_excused(r)) {
            again(page, result);
        }
    }
    left_out(page, model, VerdictKind::Blocked);
    left_out(page, model, VerdictKind::NotApplicable);
    expectation::list(page, model);
    for c in &summary.coverage {
        let own = if c.own > 0 { format!(", and {} ids of our own", c.own) } else { String::new() };
        let text =
            format!("{}: {} of {} server clauses were put to the test{own}", c.version, c.tested, c.of);
        page.field("coverage", Role::Plain, &text, 200);
    }
    if let Some(against) = &summary.expectations {
        expectation::summary(page, against);
    }
    clocks(page, summary);
    counts(page, summary);
}

fn again(page: &mut Page, result: &ScenarioResult) {
    let (word, role) = failure::word(result.verdict.kind);
    let first = result.verdict.findings.first();
    let clause = first.map(|finding| format!("  {}", finding.clause)).unwrap_or_default();
    let head = page.safe(&format!("{} [{}]{clause}", result.key.id, result.key.version), 160);
    let line = format!("{} {head}", page.paint(role, word));
    page.raw(&line);
    let what =
        first.map(|finding| finding.got.as_str()).or(result.verdict.reason.as_deref()).unwrap_or_default();
    let what = page.safe(what, page.options.width.saturating_sub(5));
    page.raw(&format!("     {what}"));
    let command = page.safe(&result.repeat_command, 300);
    page.raw(&format!("     {}", page.paint(Role::Faint, &command)));
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

/// What was not performed, by reason.
fn left_out(page: &mut Page, model: &RunModel, kind: VerdictKind) {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for result in model.results.iter().filter(|r| r.verdict.kind == kind && !expectation::is_excused(r)) {
        let reason = result.verdict.reason.as_deref().unwrap_or("no reason was given");
        by_reason.entry(reason).or_default().push(format!("{} [{}]", result.key.id, result.key.version));
    }
    for (reason, ids) in by_reason {
        let text = page.safe(&format!("{} ({}): {reason}", kind.word(), ids.len()), page.options.width);
        let line = page.paint(Role::Faint, &text);
        page.raw(&line);
        let more = ids.len().saturating_sub(NAMED);
        let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
        page.field("", Role::Faint, &format!("{}{tail}", ids[..ids.len() - more].join(", ")), 800);
    }
}

/// `284 passed, 2 failed in 3.152 s`.
pub(super) fn counts(page: &mut Page, s: &Summary) {
    let slow = if s.slow > 0 { format!(" ({} slow)", s.slow) } else { String::new() };
    let mut words = vec![(Role::Good, format!("{} passed{slow}", s.pass))];
    let others = [
        (Role::Bad, s.fail, "failed"),
        (Role::Bad, s.error, if s.error == 1 { "error" } else { "errors" }),
        (Role::Doubtful, s.inconclusive, "inconclusive"),
        (Role::Doubtful, s.blocked, "blocked"),
        (Role::Faint, s.not_applicable, "not applicable"),
        (Role::Doubtful, s.not_run, "not run"),
    ];
    // That nothing failed is said outright.
    let said = others.iter().filter(|(_, n, word)| *n > 0 || *word == "failed");
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
