//! One verdict of a first run and its repeats: a pure function of what each of them found.

use std::collections::BTreeMap;

use deadzone_verdict::{
    FactClass, Finding, Fingerprint, Grade, GradeLevel, Repeat, ScenarioResult, Verdict, VerdictKind,
};

/// A finding with how many of the runs show it.
struct Tally {
    finding: Finding,
    class: FactClass,
    /// Runs that show it.
    shown: usize,
    /// The first run shows it.
    in_first: bool,
}

/// Makes one verdict of all runs and says what was compared. `certain` adds runs that are known to be equal without being
/// performed apart (an embedded one gives the same bytes). `waited_out`: the first run's silences lasted to the long bound.
pub(crate) fn compose(result: &mut ScenarioResult, certain: usize, waited_out: bool) {
    // A repeat that could not be made, or that a signal cut short, shows nothing.
    let shows = |repeat: &Repeat| repeat.verdict.kind != VerdictKind::Error && !repeat.cut_short;
    let numbered = result.repeats.iter().zip(1..);
    let repeats: Vec<(&Repeat, u32)> = numbered.filter(|(repeat, _)| shows(repeat)).collect();
    let of = 1 + certain + repeats.len();
    let first_kind = result.verdict.kind;
    let tallies = tally(&result.verdict, certain, &repeats);
    let folded: Vec<Fingerprint> = folded(&result.verdict.findings);
    let (mut kept, mut notes, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
    let many = tallies.len();
    for tally in tallies {
        let line = format!("{}: {} of {of} runs", tally.finding.clause, tally.shown);
        match tally.class {
            FactClass::Done => {
                let intermittent = if tally.shown < of { ", intermittent" } else { "" };
                notes.push(format!("{line}{intermittent}"));
                kept.push(tally.finding);
            }
            FactClass::CloseOrRefusal if tally.shown > 1 => {
                notes.push(line);
                kept.push(tally.finding);
            }
            FactClass::CloseOrRefusal => {
                let text = format!("closed {} of {of}: {}", tally.shown, tally.finding.got);
                dropped.push((tally.finding, text));
            }
            FactClass::Silence if tally.in_first && waited_out => {
                let answered = repeats.iter().filter(|(repeat, _)| holds(repeat.verdict.kind)).count();
                let told = if answered == 0 { String::new() } else { format!(", answered in {answered}") };
                notes.push(format!("{}: silent in {} of {of} runs{told}", tally.finding.clause, tally.shown));
                kept.push(tally.finding);
            }
            // It was told with what it follows from.
            FactClass::Silence if folded.contains(&tally.finding.fingerprint()) => {}
            FactClass::Silence => {
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

/// What is folded under these findings.
fn folded(findings: &[Finding]) -> Vec<Fingerprint> {
    let under = |finding: &Finding| finding.folded.iter().map(Finding::fingerprint).collect::<Vec<_>>();
    findings.iter().flat_map(under).collect()
}

/// All that was claimed came. A run that ended otherwise answered nothing.
fn holds(kind: VerdictKind) -> bool {
    matches!(kind, VerdictKind::Pass | VerdictKind::PassSlow)
}

/// Every finding of any run, the first run's in front, with how many runs show it.
fn tally(first: &Verdict, certain: usize, repeats: &[(&Repeat, u32)]) -> Vec<Tally> {
    let mut order: Vec<Fingerprint> = Vec::new();
    let mut tallies: BTreeMap<Fingerprint, Tally> = BTreeMap::new();
    let mut take = |verdict: &Verdict, runs: usize, in_first: bool| {
        let mut seen = std::collections::BTreeSet::new();
        for finding in &verdict.findings {
            let print = finding.fingerprint();
            if !seen.insert(print.clone()) {
                continue;
            }
            let class = finding.fact.class();
            let known = tallies.entry(print.clone()).or_insert_with(|| {
                order.push(print);
                Tally { finding: finding.clone(), class, shown: 0, in_first }
            });
            known.shown += runs;
        }
    };
    take(first, 1 + certain, true);
    for (repeat, number) in repeats {
        let mut verdict = repeat.verdict.clone();
        for finding in &mut verdict.findings {
            // Its rows are those of another record than the one that is shown.
            finding.evidence.clear();
            finding.got =
                format!("{} (shown by repeat {} alone: its record has the packets)", finding.got, number);
        }
        take(&verdict, 1, false);
    }
    order.into_iter().filter_map(|print| tallies.remove(&print)).collect()
}

fn compared(of: usize, findings: usize, notes: Vec<String>) -> Option<String> {
    (of > 1 && findings > 0).then(|| format!("by what was found; {}", notes.join("; ")))
}

#[cfg(test)]
mod tests {
    use deadzone_spec::{ClauseId, id};
    use deadzone_verdict::Fact;
    use deadzone_wire::Version;

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    const DEED: ClauseId = id!("5.0/MQTT-4.3.3-10");
    const CLOSE: ClauseId = id!("5.0/MQTT-3.1.4-5");
    const SILENCE: ClauseId = id!("5.0/MQTT-4.3.2-4");

    fn found(clauses: &[ClauseId]) -> Verdict {
        let finding = |clause: &ClauseId| {
            let fact = match *clause {
                CLOSE => Fact::Closed,
                SILENCE => Fact::AnswerMissing,
                _ => Fact::DeliveredTwice,
            };
            Finding { got: "this".to_owned(), evidence: vec![7], ..Finding::new(*clause, fact, "test") }
        };
        if clauses.is_empty() {
            return Verdict::pass();
        }
        Verdict {
            kind: VerdictKind::Fail,
            findings: clauses.iter().map(finding).collect(),
            ..Verdict::pass()
        }
    }

    /// What becomes of a first run and its repeats.
    fn composed(first: &[ClauseId], repeats: &[&[ClauseId]], waited_out: bool) -> ScenarioResult {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let mut result = blank(&context, &plan.items[0], &"".into());
        result.verdict = found(first);
        let repeat =
            |clauses: &&[ClauseId]| Repeat { verdict: found(clauses), history: None, cut_short: false };
        result.repeats = repeats.iter().map(repeat).collect();
        compose(&mut result, 0, waited_out);
        result
    }

    fn clauses(result: &ScenarioResult) -> Vec<ClauseId> {
        result.verdict.findings.iter().map(|finding| finding.clause).collect()
    }

    #[test]
    fn a_deed_is_proof_however_rare() {
        let result = composed(&[DEED], &[&[], &[]], true);
        assert_eq!((result.verdict.kind, clauses(&result)), (VerdictKind::Fail, vec![DEED]));
        assert!(result.compared.unwrap().contains("1 of 3 runs, intermittent"));
    }

    #[test]
    fn row_b11_what_only_a_repeat_proves_is_listed_too() {
        let result = composed(&[DEED], &[&[DEED], &[CLOSE, DEED], &[CLOSE]], true);
        assert_eq!(clauses(&result), [DEED, CLOSE]);
        // The rows of another record prove nothing in the one that is shown.
        let [own, other] = &result.verdict.findings[..] else { panic!("two findings") };
        assert_eq!((&own.evidence[..], own.got.as_str()), (&[7][..], "this"));
        assert!(other.evidence.is_empty() && other.got.contains("repeat 2 alone"), "{other:?}");
    }

    #[test]
    fn what_is_folded_in_the_first_run_is_not_told_as_unconfirmed() {
        let mut result = composed(&[DEED], &[&[DEED, SILENCE]], true);
        assert!(result.verdict.grades.iter().any(|grade| grade.text.starts_with("unconfirmed")));
        result.verdict = found(&[DEED]);
        result.verdict.findings[0].folded = found(&[SILENCE]).findings;
        compose(&mut result, 0, true);
        assert!(result.verdict.grades.is_empty(), "{:?}", result.verdict.grades);
    }

    #[test]
    fn a_close_wants_a_second_one() {
        let once = composed(&[CLOSE], &[&[], &[]], true);
        assert_eq!(once.verdict.kind, VerdictKind::Inconclusive);
        assert!(once.verdict.reason.unwrap().contains("closed 1 of 3"));
        assert!(once.verdict.grades.iter().any(|grade| grade.clause == Some(CLOSE)));
        assert_eq!(composed(&[CLOSE], &[&[], &[CLOSE]], true).verdict.kind, VerdictKind::Fail);
    }

    #[test]
    fn a_silence_that_was_waited_out_is_never_cleared_by_a_repeat() {
        let result = composed(&[SILENCE], &[&[]], true);
        assert_eq!(result.verdict.kind, VerdictKind::Fail);
        assert!(result.compared.unwrap().contains("silent in 1 of 2 runs, answered in 1"));
        let short = composed(&[SILENCE], &[&[SILENCE]], false);
        assert_eq!(short.verdict.kind, VerdictKind::Inconclusive);
        assert!(short.verdict.reason.unwrap().starts_with("unconfirmed"));
    }

    #[test]
    fn a_silence_of_a_repeat_alone_proves_nothing() {
        let result = composed(&[DEED], &[&[SILENCE], &[SILENCE]], true);
        assert_eq!(clauses(&result), [DEED]);
    }

    #[test]
    fn a_repeat_that_was_cut_short_does_not_count() {
        let mut result = composed(&[CLOSE], &[&[], &[]], true);
        result.verdict = found(&[CLOSE]);
        for repeat in &mut result.repeats {
            (repeat.verdict, repeat.cut_short) = (found(&[]), true);
        }
        compose(&mut result, 0, true);
        assert!(result.verdict.reason.unwrap().contains("closed 1 of 1"));
    }
}
