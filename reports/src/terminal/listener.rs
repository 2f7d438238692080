//! Turns run events into text, in the order in which they come.

use std::io::{self, Write};

use deadzone_verdict::{Choice, RunEvent, RunInfo, ScenarioResult, VerdictKind};

use super::{
    TerminalOptions, Verbosity, circumstances, expectation, failure,
    page::{Page, Role},
    summary, target, timeline,
};
use crate::{Collector, RunModel};

/// The terminal report of one run.
#[derive(Debug)]
pub struct Terminal {
    options: TerminalOptions,
    collector: Collector,
    /// Something was written, and no blank line behind it.
    unparted: bool,
}

impl Terminal {
    /// A report that nothing has been told yet.
    pub fn new(options: TerminalOptions) -> Self {
        Self { options, collector: Collector::new(), unparted: false }
    }

    /// Takes one event and writes what is to be said of it.
    pub fn observe(&mut self, event: &RunEvent, out: &mut dyn Write) -> io::Result<()> {
        self.collector.observe(event);
        let mut page = Page::new(self.options);
        match event {
            RunEvent::Started(info) if self.options.verbosity > Verbosity::Quiet => started(&mut page, info),
            RunEvent::Confirming(n) if self.options.verbosity > Verbosity::Quiet => {
                let what = if *n == 1 { "1 scenario".to_owned() } else { format!("{n} scenarios") };
                let line = page.paint(Role::Faint, &format!("confirming {what}"));
                page.raw(&line);
            }
            RunEvent::Notice(text) => {
                let text = page.safe(text, 600);
                let line = page.paint(Role::Doubtful, &text);
                page.raw(&line);
            }
            RunEvent::Started(_)
            | RunEvent::ScenarioStarted(_)
            | RunEvent::ScenarioParked(_)
            | RunEvent::ScenarioWaits(_)
            | RunEvent::GatePassed(_)
            | RunEvent::Confirming(_) => {}
            RunEvent::ScenarioFinished(result) => finished(&mut page, result, self.collector.model()),
            RunEvent::Finished(end) => {
                if self.unparted {
                    page.raw("");
                }
                summary::write(&mut page, self.collector.model(), end);
            }
        }
        let text = page.finish();
        if !text.is_empty() {
            self.unparted = !text.ends_with("\n\n");
        }
        out.write_all(text.as_bytes())
    }

    /// What the events said so far.
    pub fn model(&self) -> &RunModel {
        self.collector.model()
    }
}

/// The block of one result that is no pass.
pub fn failure_block(result: &ScenarioResult, info: &RunInfo, options: TerminalOptions) -> String {
    let mut page = Page::new(options);
    failure::write(&mut page, result, info);
    page.finish()
}

/// The short block of a failure whose cause `first` tells in full.
pub fn same_cause_block(
    result: &ScenarioResult,
    first: &ScenarioResult,
    info: &RunInfo,
    options: TerminalOptions,
) -> String {
    let mut page = Page::new(options);
    failure::same_cause(&mut page, result, first, info);
    page.finish()
}

fn started(page: &mut Page, info: &RunInfo) {
    let versions: Vec<&str> = info.capabilities.iter().map(|c| c.version.as_str()).collect();
    let over = info.transport.map(|transport| format!(" over {transport}")).unwrap_or_default();
    let (name, versions) = (target::name(info), versions.join(", "));
    let head = format!("deadzone {}  {name}  MQTT {versions}{over}", info.deadzone);
    let head = page.safe(&head, 300);
    let line = page.paint(Role::Strong, &head);
    page.raw(&line);
    page.raw(&page.safe(&format!("{} runs  suite {}  seed {}", info.planned, info.suite, info.seed), 300));
    for text in chosen(&info.choice) {
        page.raw(&page.safe(&text, 300));
    }
    if !info.switched_on.is_empty() {
        let text = page.safe(&format!("switched on: {}", info.switched_on.join(", ")), 400);
        let line = page.paint(Role::Doubtful, &text);
        page.raw(&line);
    }
    page.blank();
}

/// How what runs was chosen, where anything is left out.
fn chosen(choice: &Choice) -> Vec<String> {
    let outside = match (choice.left_out, choice.tier.as_str()) {
        (0, _) => None,
        (n, "full") => {
            Some(format!("{n} more last long in real time and were left out: `deadzone run long` runs them"))
        }
        (n, tier) => Some(format!("tier {tier}: {n} more are left out")),
    };
    let budget = choice.budget_ms.map(|ms| {
        format!(
            "budget {} s: the most telling first, and what fails is confirmed in full",
            ms as f64 / 1_000.0
        )
    });
    let gentle = choice.gentle.as_ref().map(|why| {
        format!("gentle, since {why}: no floods, 10 connections a second; --disruptive runs everything, as fast as it goes")
    });
    [outside, budget, gentle].into_iter().flatten().collect()
}

/// A result by itself: under `-v` alone, since the end of the run tells each cause once.
fn finished(page: &mut Page, result: &ScenarioResult, model: &RunModel) {
    if page.options.verbosity < Verbosity::Verbose {
        return;
    }
    match result.verdict.kind {
        // What is expected, or new, is told in full where no file is given.
        _ if result.is_excused() => line(page, result),
        // Their blocks begin with such a line themselves.
        VerdictKind::Fail | VerdictKind::Error | VerdictKind::Inconclusive => {
            if let Some(info) = &model.info {
                page.blank();
                failure::write(page, result, info);
                page.blank();
            }
        }
        VerdictKind::Pass | VerdictKind::PassSlow => {
            line(page, result);
            circumstances::grades(page, result);
            if let Some(history) = &result.history {
                timeline::draw(page, history, None, None);
                page.blank();
            }
        }
        VerdictKind::Blocked | VerdictKind::NotApplicable => line(page, result),
    }
}

/// `pass             0.012 s  qos2/pubrec-lost [5.0]  reason`.
fn line(page: &mut Page, result: &ScenarioResult) {
    let (word, role) = failure::word(result.verdict.kind);
    let time = format!("{}.{:03} s", result.wall_ms / 1_000, result.wall_ms % 1_000);
    let mut rest = format!("{} [{}]", result.key.id, result.key.version);
    let grades = result.verdict.grades.len();
    let notes = [
        expectation::note(result),
        result.verdict.reason.clone(),
        (grades > 0).then(|| format!("{grades} grade{}", if grades == 1 { "" } else { "s" })),
    ];
    for note in notes.into_iter().flatten() {
        rest.push_str("  ");
        rest.push_str(&note);
    }
    let rest = page.safe(&rest, page.options.width.saturating_sub(28));
    let line = format!("{} {time:>9}  {rest}", page.paint(role, &format!("{word:<14}")));
    page.raw(&line);
}
