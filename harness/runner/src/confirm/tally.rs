//! How many of the runs of one scenario show each finding, and how many of the others could have.

use std::sync::Arc;

use deadzone_history::History;
use deadzone_verdict::{FactClass, Finding, Repeat, ScenarioResult, Verdict, VerdictKind};

use super::reached::{reached, went_through};

/// A finding with how many of the runs show it.
pub(super) struct Tally {
    pub(super) finding: Finding,
    pub(super) class: FactClass,
    /// Runs that show it.
    pub(super) shown: usize,
    /// Runs that did not come to its step: they could not show it.
    missed: usize,
    /// Runs that went through its step and do not show it.
    answered: usize,
    /// Runs that came to its step, do not show it and are inconclusive there.
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

    /// How often it was shown, of the finding of this name.
    pub(super) fn note(&self, name: &str, of: usize) -> String {
        let Self { class, shown, .. } = self;
        let counted = match (class, self.answered) {
            (FactClass::Silence, 0) => format!("silent in {shown} of {of} runs"),
            (FactClass::Silence, n) => format!("silent in {shown} of {of} runs, answered in {n}"),
            (_, 0) => format!("{shown} of {of} runs"),
            (_, _) => format!("{shown} of {of} runs, intermittent"),
        };
        format!("{name}: {counted}{}", self.says_nothing("; ", ""))
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
        let mut count = |verdict: &Verdict, record: &Option<Arc<History>>, runs: usize| {
            let record = record.as_deref();
            *match verdict.kind {
                _ if shows(verdict) => &mut tally.shown,
                _ if !record.is_none_or(|record| reached(record, &tally.finding)) => &mut tally.missed,
                VerdictKind::Inconclusive
                    if !record.is_some_and(|record| went_through(record, &tally.finding)) =>
                {
                    &mut tally.undecided
                }
                _ => &mut tally.answered,
            } += runs;
        };
        count(&first.verdict, &first.history, 1 + certain);
        for (repeat, _) in repeats {
            count(&repeat.verdict, &repeat.history, 1);
        }
    }
    tallies
}

/// What each of these is called where they are told together: its clause, and where that alone does not tell them apart the line of
/// the claim or the step, and what else is different.
pub(super) fn names(findings: &[&Finding]) -> Vec<String> {
    let name = |(i, finding): (usize, &&Finding)| {
        let line = |f: &Finding| f.place.map(|place| place.line);
        let others = || {
            findings.iter().enumerate().filter(move |(j, other)| i != *j && other.clause == finding.clause)
        };
        let print = finding.fingerprint().to_string();
        let (clause, rest) = print.split_once(' ').unwrap_or((&print, ""));
        if others().next().is_none() {
            return clause.to_owned();
        }
        let alone = others().all(|(_, other)| line(other) != line(finding));
        match line(finding) {
            Some(line) if alone => format!("{clause} (line {line})"),
            Some(line) => format!("{clause} (line {line}, {rest})"),
            None => format!("{clause} ({rest})"),
        }
    };
    findings.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use deadzone_history::Place;
    use deadzone_spec::id;
    use deadzone_verdict::Fact;

    use super::*;

    #[test]
    fn two_findings_of_one_clause_are_told_apart() {
        let (twice, other) = (id!("5.0/MQTT-4.4.0-1"), id!("5.0/MQTT-4.3.3-10"));
        let of = |clause, line: u32| Finding {
            place: (line > 0).then_some(Place { line, column: 1, length: 1 }),
            ..Finding::new(clause, Fact::WrongField, "test")
        };
        let client = |finding: Finding| Finding { client: Some("sub".to_owned()), ..finding };
        let named = |findings: &[Finding]| names(&findings.iter().collect::<Vec<_>>());
        let (alone, line) = ("5.0/MQTT-4.3.3-10", "5.0/MQTT-4.4.0-1 (line 34)");
        let told = named(&[of(twice, 34), of(other, 34), of(twice, 41)]);
        assert_eq!(told, [line, alone, "5.0/MQTT-4.4.0-1 (line 41)"]);
        let told = named(&[of(twice, 34), client(of(twice, 34))]);
        let rest = ["wrong-field live", "wrong-field live client=sub"];
        assert_eq!(told, rest.map(|rest| format!("5.0/MQTT-4.4.0-1 (line 34, {rest})")));
        let told = named(&[of(twice, 0), client(of(twice, 34))]);
        assert_eq!(told, ["5.0/MQTT-4.4.0-1 (wrong-field live)", line]);
    }
}
