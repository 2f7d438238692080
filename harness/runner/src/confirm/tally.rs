//! How many of the runs of one scenario show each finding, and how many of the others could have.

use std::collections::BTreeSet;

use deadzone_verdict::{FactClass, Finding, Repeat, Verdict, VerdictKind};

use super::reached::reached;

/// A finding with how many of the runs show it.
pub(super) struct Tally {
    pub(super) finding: Finding,
    pub(super) class: FactClass,
    /// Runs that show it.
    pub(super) shown: usize,
    /// Repeats that did not come to its step: they could not show it.
    missed: usize,
    /// Repeats that came to its step, do not show it and are not inconclusive.
    answered: usize,
    /// Repeats that came to its step, do not show it and are inconclusive.
    undecided: usize,
    /// The first run shows it.
    pub(super) in_first: bool,
}

impl Tally {
    /// How many repeats say nothing of it, and why, between these two; nothing where all say something.
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
pub(super) fn tally(first: &Verdict, certain: usize, repeats: &[(&Repeat, u32)]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = Vec::new();
    let mut take = |verdict: &Verdict, runs: usize, repeat: Option<u32>| {
        let mut seen = BTreeSet::new();
        for finding in verdict.findings.iter().filter(|finding| seen.insert(finding.fingerprint())) {
            let print = finding.fingerprint();
            match tallies.iter_mut().find(|known| known.finding.fingerprint() == print) {
                Some(known) => known.shown += runs,
                None => {
                    let (class, in_first) = (finding.fact.class(), repeat.is_none());
                    let finding = finding.clone().of_run(repeat);
                    tallies.push(Tally {
                        finding,
                        class,
                        shown: runs,
                        missed: 0,
                        answered: 0,
                        undecided: 0,
                        in_first,
                    });
                }
            }
        }
    };
    take(first, 1 + certain, None);
    for (repeat, number) in repeats {
        take(&repeat.verdict, 1, Some(*number));
    }
    for tally in &mut tallies {
        let print = tally.finding.fingerprint();
        let shows = |repeat: &Repeat| repeat.verdict.findings.iter().any(|f| f.fingerprint() == print);
        for (repeat, _) in repeats.iter().filter(|(repeat, _)| !shows(repeat)) {
            let missed = repeat.history.as_ref().is_some_and(|history| !reached(history, &tally.finding));
            let count = match repeat.verdict.kind {
                _ if missed => &mut tally.missed,
                VerdictKind::Inconclusive => &mut tally.undecided,
                _ => &mut tally.answered,
            };
            *count += 1;
        }
    }
    tallies
}
