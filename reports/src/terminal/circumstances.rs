//! What goes together with a failure and decides nothing by itself: control run, comparison of the repeats, clients, grades.

use deadzone_verdict::{Expectation, ScenarioResult};

use super::{
    failure::{Detail, numbers},
    page::{Page, Role},
};

/// What the runs showed beside what was found, the less the shorter the block is to be.
pub(crate) fn circumstances(page: &mut Page, result: &ScenarioResult, detail: Detail) {
    if let Some(control) = &result.control {
        let same = if control.same_clause { " (fails also without faults)" } else { "" };
        page.field(
            "control",
            Role::Plain,
            &format!("faults off: {}{same}. {}", control.kind.word(), control.text),
            400,
        );
    }
    if !result.repeats.is_empty() && detail.alone {
        let words: Vec<&str> = result.repeats.iter().map(|run| run.verdict.kind.word()).collect();
        let text = format!("after all first runs: {}", words.join(", "));
        page.field("repeats", Role::Plain, &text, 200);
    }
    if let Some(compared) = &result.compared {
        // Where all said the same the headline has it.
        let same = result.repeats.iter().all(|run| run.verdict.kind == result.verdict.kind);
        match detail.is_terse() {
            true if same => {}
            true => page.brief("compared", compared),
            false => page.field("compared", Role::Plain, compared, 600),
        }
    }
    if detail.is_terse() {
        return;
    }
    if let Some(Expectation::Unexpected(strangers)) = &result.expectation {
        strangers.iter().for_each(|print| page.field("unexpected", Role::Plain, print, 300));
    }
    if let Some(history) = &result.history {
        let clients: Vec<String> = history
            .header
            .clients
            .iter()
            .map(|client| {
                let manual = if client.manual { " scripted packet by packet" } else { " answers by itself" };
                let direct = if client.direct { ", no faults on its link" } else { "" };
                format!("{} ({},{manual}{direct})", client.name, client.version)
            })
            .collect();
        page.field("clients", Role::Plain, &clients.join("; "), 400);
    }
    for like in &result.like {
        page.field("similar", Role::Faint, like, 200);
    }
    grades(page, result);
}

/// What is worth saying beside the verdict.
pub(crate) fn grades(page: &mut Page, result: &ScenarioResult) {
    for grade in &result.verdict.grades {
        let level = format!("{:?}", grade.level).to_uppercase();
        let clause = grade.clause.map(|clause| format!("{clause}: ")).unwrap_or_default();
        page.field(
            "grade",
            Role::Doubtful,
            &format!("{level} {clause}{} {}", grade.text, numbers(&grade.evidence)),
            300,
        );
    }
}
