//! One verdict of a first run and its repeats: a pure function of what each of them found.

use std::collections::BTreeMap;

use deadzone_history::{Finding, Grade, GradeLevel, History, Repeat, ScenarioResult, Verdict, VerdictKind};

use crate::fingerprint::{self, Class, Fingerprint};

/// A finding with how many of the runs show it.
struct Tally {
    finding: Finding,
    class: Class,
    /// Runs that show it.
    shown: usize,
    /// The first run shows it.
    in_first: bool,
}

/// Makes one verdict of all runs and says what was compared. `certain` adds runs that are known to be equal without being
/// performed apart (an embedded one gives the same bytes). `waited_out`: the first run's silences lasted to the long bound.
pub(crate) fn compose(result: &mut ScenarioResult, history: &History, certain: usize, waited_out: bool) {
    // A repeat that could not be made, or that a signal cut short, shows nothing.
    let shows = |repeat: &&Repeat| repeat.verdict.kind != VerdictKind::Error && !repeat.cut_short;
    let repeats: Vec<&Repeat> = result.repeats.iter().filter(shows).collect();
    let of = 1 + certain + repeats.len();
    let first_kind = result.verdict.kind;
    let tallies = tally(&result.verdict, history, certain, &repeats);
    let (mut kept, mut notes, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    let many = tallies.len();
    for tally in tallies {
        let line = format!("{}: {} of {of} runs", tally.finding.clause, tally.shown);
        match tally.class {
            Class::Done => {
                let intermittent = if tally.shown < of { ", intermittent" } else { "" };
                notes.push(format!("{line}{intermittent}"));
                kept.push(tally.finding);
            }
            Class::CloseOrRefusal if tally.shown > 1 => {
                notes.push(line);
                kept.push(tally.finding);
            }
            Class::CloseOrRefusal => {
                let text = format!("closed {} of {of}: {}", tally.shown, tally.finding.got);
                dropped.push((tally.finding, text));
            }
            Class::Silence if tally.in_first && waited_out => {
                let answered = of - tally.shown;
                let told = if answered == 0 { String::new() } else { format!(", answered in {answered}") };
                notes.push(format!("{}: silent in {} of {of} runs{told}", tally.finding.clause, tally.shown));
                kept.push(tally.finding);
            }
            Class::Silence => {
                let text = format!("unconfirmed: {}: {}", tally.finding.clause, tally.finding.got);
                dropped.push((tally.finding, text));
            }
        }
    }
    result.compared = compared(of, many, notes);
    let verdict = &mut result.verdict;
    for (finding, text) in &dropped {
        verdict.grades.push(Grade {
            clause: Some(finding.clause),
            level: GradeLevel::Info,
            text: text.clone(),
            evidence: finding.evidence.clone(),
        });
    }
    verdict.findings = kept;
    if !verdict.findings.is_empty() {
        verdict.kind = VerdictKind::Fail;
        verdict.reason = None;
    } else if let (VerdictKind::Fail, Some((_, text))) = (first_kind, dropped.first()) {
        verdict.kind = VerdictKind::Inconclusive;
        verdict.reason = Some(text.clone());
    }
}

/// Every finding of any run, the first run's in front, with how many runs show it.
fn tally(first: &Verdict, history: &History, certain: usize, repeats: &[&Repeat]) -> Vec<Tally> {
    let mut order: Vec<Fingerprint> = Vec::new();
    let mut tallies: BTreeMap<Fingerprint, Tally> = BTreeMap::new();
    let mut take = |verdict: &Verdict, history: &History, runs: usize, in_first: bool| {
        let mut seen = std::collections::BTreeSet::new();
        for finding in &verdict.findings {
            let print = fingerprint::of(finding);
            if !seen.insert(print.clone()) {
                continue;
            }
            let class = fingerprint::class(finding, history);
            let known = tallies.entry(print.clone()).or_insert_with(|| {
                order.push(print);
                Tally { finding: finding.clone(), class, shown: 0, in_first }
            });
            known.shown += runs;
        }
    };
    take(first, history, 1 + certain, true);
    for repeat in repeats {
        if let Some(history) = &repeat.history {
            take(&repeat.verdict, history, 1, false);
        }
    }
    order.into_iter().filter_map(|print| tallies.remove(&print)).collect()
}

fn compared(of: usize, findings: usize, notes: Vec<String>) -> Option<String> {
    (of > 1 && findings > 0).then(|| format!("by what was found; {}", notes.join("; ")))
}
