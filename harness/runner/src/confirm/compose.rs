//! One verdict of a first run and its repeats: a pure function of what each of them found.

use deadzone_verdict::{
    FactClass, Finding, Fingerprint, Grade, GradeLevel, Repeat, ScenarioResult, VerdictKind,
};

use super::tally::{Tally, names, tally};

/// Makes one verdict of all runs and says what was compared. `certain` adds runs that are known to be equal without being
/// performed apart (an embedded one gives the same bytes). `waited_out`: the first run's silences lasted to the long bound.
pub(crate) fn compose(result: &mut ScenarioResult, certain: usize, waited_out: bool) {
    // A repeat that could not be made, or that a signal cut short, shows nothing.
    let shows = |repeat: &Repeat| repeat.verdict.kind != VerdictKind::Error && !repeat.cut_short;
    let numbered = result.repeats.iter().zip(1..);
    let repeats: Vec<(&Repeat, u32)> = numbered.filter(|(repeat, _)| shows(repeat)).collect();
    let of = 1 + certain + repeats.len();
    let first_kind = result.verdict.kind;
    let tallies = tally(result, certain, &repeats);
    let folded: Vec<Fingerprint> = folded(&result.verdict.findings);
    let (mut kept, mut dropped): (Vec<Tally>, Vec<_>) = (Vec::new(), Vec::new());
    let many = tallies.len();
    for tally in tallies {
        let stands = match tally.class {
            FactClass::Done => true,
            FactClass::CloseOrRefusal => tally.shown > 1,
            FactClass::Silence => tally.in_first && waited_out,
        };
        if stands {
            kept.push(tally);
        } else if tally.class == FactClass::CloseOrRefusal {
            let text = tally.closed_once(of);
            dropped.push((tally.finding, text));
        // A silence that is folded was told with what it follows from.
        } else if !folded.contains(&tally.finding.fingerprint()) {
            let text = format!("unconfirmed: {}: {}", tally.finding.clause, tally.finding.got);
            dropped.push((tally.finding, text));
        }
    }
    result.compared = (of > 1 && many > 0).then(|| compared(of, &kept));
    let verdict = &mut result.verdict;
    for (finding, text) in &dropped {
        // A grade points into the first run's record alone.
        let (evidence, told) = match finding.repeat {
            None => (finding.evidence.clone(), text.clone()),
            Some(number) => (Vec::new(), format!("{text} (repeat {number})")),
        };
        let (clause, level) = (Some(finding.clause), GradeLevel::Info);
        verdict.grades.push(Grade { clause, level, text: told, evidence });
    }
    verdict.findings = kept.into_iter().map(|tally| tally.finding).collect();
    // What did not come about behind something that is not confirmed has that for its reason.
    let cause = dropped.into_iter().next().filter(|_| first_kind == VerdictKind::Fail);
    match cause.map(|(_, text)| (VerdictKind::Inconclusive, Some(text))) {
        Some(without) if verdict.findings.is_empty() => (verdict.kind, verdict.reason) = without,
        Some(without) => verdict.otherwise = Some(without),
        None => {}
    }
    if !verdict.findings.is_empty() && first_kind != VerdictKind::Fail {
        let without = (first_kind, verdict.reason.take());
        verdict.kind = VerdictKind::Fail;
        verdict.otherwise = Some(without).filter(|(kind, _)| *kind != VerdictKind::Pass);
    }
}

/// What is folded under these findings.
fn folded(findings: &[Finding]) -> Vec<Fingerprint> {
    let under = |finding: &Finding| finding.folded.iter().map(Finding::fingerprint).collect::<Vec<_>>();
    findings.iter().flat_map(under).collect()
}

/// How often each finding was shown. Two of one clause are told by their places.
fn compared(of: usize, kept: &[Tally]) -> String {
    let names = names(&kept.iter().map(|tally| &tally.finding).collect::<Vec<_>>());
    let notes: Vec<String> = kept.iter().zip(names).map(|(tally, name)| tally.note(&name, of)).collect();
    format!("by what was found; {}", notes.join("; "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deadzone_history::{Ended, HandMade, Place, SkipReason, Start};
    use deadzone_spec::{ClauseId, id};
    use deadzone_verdict::{Fact, Verdict};
    use deadzone_wire::{PacketKind, Version};

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        habit::Habits,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    const DEED: ClauseId = id!("5.0/MQTT-4.3.3-10");
    const CLOSE: ClauseId = id!("5.0/MQTT-3.1.4-5");
    const HABIT: ClauseId = id!("3.1.1/DZ-server-disconnect");
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
        // The rows of a repeat are those of its own record, which the finding names.
        let [own, other] = &result.verdict.findings[..] else { panic!("two findings") };
        assert_eq!((&own.evidence[..], own.repeat, own.got.as_str()), (&[7][..], None, "this"));
        assert_eq!((&other.evidence[..], other.repeat, other.got.as_str()), (&[7][..], Some(2), "this"));
    }

    /// A repeat that came to the step of the finding and was silent there, or not, or that ended before it.
    fn played(h: impl FnOnce(&mut HandMade)) -> Repeat {
        let mut made = HandMade::new(Version::V5);
        h(&mut made);
        let verdict = Verdict::because(VerdictKind::Inconclusive, "for this reason or that");
        Repeat { verdict, history: Some(Arc::new(made.finish())), cut_short: false }
    }

    fn told_with(repeats: Vec<Repeat>, clause: ClauseId) -> ScenarioResult {
        let mut result = composed(&[clause], &[], true);
        result.verdict = found(&[clause]);
        result.verdict.findings[0].place = Some(Place { line: 2, column: 1, length: 1 });
        result.repeats = repeats;
        compose(&mut result, 0, true);
        result
    }

    #[test]
    fn a_repeat_that_did_not_reach_the_step_is_counted_apart() {
        let before = || {
            played(|h| {
                let step = h.step("a connect clean");
                h.abandoned(step, "no CONNACK");
                h.skipped_step("a expect PUBREC", SkipReason::EarlierStepFailed);
            })
        };
        let answered = || {
            let run = played(|h| {
                h.step("a connect clean");
                h.step("a expect PUBREC");
            });
            Repeat { verdict: Verdict::pass(), ..run }
        };
        let of = |repeats, clause| told_with(repeats, clause).compared.unwrap_or_default();
        let none = of(vec![before(), before()], DEED);
        assert!(none.ends_with("1 of 3 runs; 2 did not reach it"), "{none}");
        let one = of(vec![before(), answered()], DEED);
        assert!(one.ends_with("1 of 3 runs, intermittent; 1 did not reach it"), "{one}");
        // One that came to the step and proved nothing behind it says neither.
        let undecided = || {
            played(|h| {
                h.step("a connect clean");
                h.step("a expect PUBREC");
            })
        };
        let neither = of(vec![undecided(), undecided()], DEED);
        assert!(neither.ends_with("1 of 3 runs; 2 inconclusive"), "{neither}");
        let rare = of(vec![undecided(), answered()], DEED);
        assert!(rare.ends_with("1 of 3 runs, intermittent; 1 inconclusive"), "{rare}");
        let silent = of(vec![before(), answered()], SILENCE);
        assert!(silent.ends_with("silent in 1 of 3 runs, answered in 1; 1 did not reach it"), "{silent}");
        let closed = told_with(vec![before(), answered()], CLOSE).verdict.reason.unwrap_or_default();
        assert!(closed.starts_with("closed 1 of 3 (1 did not reach it)"), "{closed}");
    }

    /// What one run tells by itself and another under something else was shown in both.
    #[test]
    fn what_a_repeat_tells_under_another_finding_was_shown_there() {
        let mut result = composed(&[DEED], &[&[CLOSE]], true);
        (result.verdict, result.repeats[0].verdict) = (found(&[DEED]), found(&[CLOSE]));
        result.repeats[0].verdict.findings[0].folded = found(&[DEED]).findings;
        compose(&mut result, 0, true);
        let compared = result.compared.unwrap();
        assert!(compared.contains("5.0/MQTT-4.3.3-10: 2 of 2 runs") && !compared.contains("intermittent"));
    }

    /// The first run may be the one that did not come to the step.
    #[test]
    fn a_first_run_that_did_not_reach_the_step_is_counted_apart() {
        let mut result = composed(&[], &[], true);
        let early = played(|h| {
            let step = h.step("a connect clean");
            h.abandoned(step, "no CONNACK");
        });
        result.history = early.history;
        let mut shows = found(&[DEED]);
        shows.findings[0].place = Some(Place { line: 2, column: 1, length: 1 });
        let repeat = Repeat { verdict: shows, history: None, cut_short: false };
        result.repeats = vec![repeat.clone(), repeat];
        compose(&mut result, 0, true);
        let compared = result.compared.unwrap();
        assert!(compared.ends_with("2 of 3 runs; 1 did not reach it"), "{compared}");
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

    /// What the target does again and again is lifted from the verdict: what is left has the cause for its reason.
    #[test]
    fn a_close_that_is_not_confirmed_is_the_reason_of_what_did_not_come_about() {
        let missed = (VerdictKind::Inconclusive, Some("not connected (and 1 more)".to_owned()));
        let mut result = composed(&[HABIT, CLOSE], &[], true);
        result.verdict = Verdict { otherwise: Some(missed), ..found(&[HABIT, CLOSE]) };
        let habit = || Repeat { verdict: found(&[HABIT]), history: None, cut_short: false };
        result.repeats = vec![habit(), habit()];
        compose(&mut result, 0, true);
        assert_eq!((result.verdict.kind, clauses(&result)), (VerdictKind::Fail, vec![HABIT]));
        Habits::default().lift(&mut result);
        assert_eq!(result.verdict.kind, VerdictKind::Inconclusive);
        assert_eq!(result.verdict.reason.as_deref(), Some("closed 1 of 3: this"));
    }

    #[test]
    fn what_a_repeat_alone_shows_does_not_clear_a_first_run_that_was_inconclusive() {
        let mut result = composed(&[], &[&[HABIT]], true);
        result.verdict = Verdict::because(VerdictKind::Inconclusive, "closed");
        compose(&mut result, 0, true);
        assert_eq!((result.verdict.kind, result.verdict.reason.as_deref()), (VerdictKind::Fail, None));
        Habits::default().lift(&mut result);
        let Verdict { kind, reason, .. } = &result.verdict;
        assert_eq!((*kind, reason.as_deref()), (VerdictKind::Inconclusive, Some("closed")));
    }

    /// Whichever run it was that went through the step, and whatever came behind it.
    #[test]
    fn intermittent_is_said_where_a_run_went_through_the_step() {
        let mut shows = found(&[DEED]);
        shows.findings[0].place = Some(Place { line: 2, column: 1, length: 1 });
        shows.findings[0].claim = Some(0);
        let run = |how: fn(&mut HandMade, u32)| {
            played(|h| {
                let dev = h.client("dev");
                let conn = h.connect(dev, Start::Clean);
                h.step("a connect clean");
                h.step("a expect PUBREC");
                let claim = h.arrives(conn, PacketKind::Pubrec, None);
                how(h, claim);
                h.abandoned(2, "closed");
            })
        };
        let of = |first: &Verdict, other: &Repeat| {
            let mut result = composed(&[], &[], true);
            (result.verdict, result.history) = (first.clone(), other.history.clone());
            let shown = Repeat { verdict: shows.clone(), history: None, cut_short: false };
            result.repeats = vec![shown.clone(), shown];
            compose(&mut result, 0, true);
            result.compared.unwrap_or_default()
        };
        let met = run(|h, claim| _ = h.met(claim, &[1]));
        let unmet = run(|h, claim| _ = h.unmet(claim, 1, Ended::Closed, None));
        let unclear = Verdict::because(VerdictKind::Inconclusive, "closed");
        for (first, other, end) in [
            (&found(&[CLOSE]), &met, "2 of 3 runs, intermittent"),
            (&unclear, &met, "2 of 3 runs, intermittent"),
            (&unclear, &unmet, "2 of 3 runs; 1 inconclusive"),
        ] {
            let compared = of(first, other);
            assert!(compared.ends_with(&format!("5.0/MQTT-4.3.3-10: {end}")), "{compared}");
        }
        let closes = composed(&[CLOSE], &[&[CLOSE], &[]], true).compared.unwrap_or_default();
        assert!(closes.ends_with("2 of 3 runs, intermittent"), "{closes}");
    }
}
