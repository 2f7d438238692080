//! How many of the runs of one scenario show each finding, and how many of the others could have.

use std::sync::Arc;

use deadzone_history::History;
use deadzone_verdict::{FactClass, Finding, Repeat, ScenarioResult, Verdict, VerdictKind};

use super::reached::reached;

/// A finding with how many of the runs show it.
pub(super) struct Tally {
    pub(super) finding: Finding,
    pub(super) class: FactClass,
    /// Runs that show it.
    pub(super) shown: usize,
    /// Runs that did not come to its step: they could not show it.
    missed: usize,
    /// Repeats that came to its step, do not show it and are not inconclusive.
    answered: usize,
    /// Repeats that came to its step, do not show it and are inconclusive.
    undecided: usize,
    /// The first run shows it.
    pub(super) in_first: bool,
}

impl Tally {
    fn new(finding: Finding, in_first: bool) -> Self {
        let class = finding.fact.class();
        Self { finding, class, shown: 0, missed: 0, answered: 0, undecided: 0, in_first }
    }

    /// How many runs say nothing of it, and why, between these two; nothing where all say something.
    fn says_nothing(&self, before: &str, behind: &str) -> String {
        let missed = (self.missed > 0).then(|| format!("{} did not reach it", self.missed));
        let undecided = (self.undecided > 0).then(|| format!("{} inconclusive", self.undecided));
        let told: Vec<String> = missed.into_iter().chain(undecided).collect();
        if told.is_empty() { String::new() } else { format!("{before}{}{behind}", told.join(", ")) }
    }

    /// How often it was shown.
    pub(super) fn note(&self, of: usize) -> String {
        let Self { finding, class, shown, .. } = self;
        let counted = match (class, self.answered) {
            (FactClass::Silence, 0) => format!("silent in {shown} of {of} runs"),
            (FactClass::Silence, n) => format!("silent in {shown} of {of} runs, answered in {n}"),
            (FactClass::Done, 1..) => format!("{shown} of {of} runs, intermittent"),
            _ => format!("{shown} of {of} runs"),
        };
        format!("{}: {counted}{}", finding.clause, self.says_nothing("; ", ""))
    }

    /// A close that came once alone.
    pub(super) fn closed_once(&self, of: usize) -> String {
        let silent = self.says_nothing(" (", ")");
        format!("closed {} of {of}{silent}: {}", self.shown, self.finding.got)
    }
}

/// Every finding of any run, the first run's in front, with how many runs show it. One that a repeat alone shows keeps the rows
/// of that repeat's record.
pub(super) fn tally(first: &ScenarioResult, certain: usize, repeats: &[(&Repeat, u32)]) -> Vec<Tally> {
    let runs = repeats.iter().map(|(repeat, number)| (&repeat.verdict, Some(*number)));
    let mut tallies: Vec<Tally> = Vec::new();
    for (verdict, repeat) in std::iter::once((&first.verdict, None)).chain(runs) {
        for finding in &verdict.findings {
            if !tallies.iter().any(|known| known.finding.fingerprint() == finding.fingerprint()) {
                tallies.push(Tally::new(finding.clone().of_run(repeat), repeat.is_none()));
            }
        }
    }
    for tally in &mut tallies {
        let print = tally.finding.fingerprint();
        // What is told under another finding was shown as well.
        let is_it = |f: &Finding| f.fingerprint() == print;
        let shows = |run: &Verdict| run.findings.iter().any(|f| is_it(f) || f.folded.iter().any(is_it));
        let reaches = |record: &Option<Arc<History>>| {
            record.as_ref().is_none_or(|history| reached(history, &tally.finding))
        };
        match (shows(&first.verdict), reaches(&first.history)) {
            (true, _) => tally.shown += 1 + certain,
            (false, true) => {}
            (false, false) => tally.missed += 1 + certain,
        }
        for (repeat, _) in repeats {
            let count = match repeat.verdict.kind {
                _ if shows(&repeat.verdict) => &mut tally.shown,
                _ if !reaches(&repeat.history) => &mut tally.missed,
                VerdictKind::Inconclusive => &mut tally.undecided,
                _ => &mut tally.answered,
            };
            *count += 1;
        }
    }
    tallies
}
