//! One habit, one finding: a harmless wrong packet that comes again and again is reported once for the target, and the
//! scenarios whose own claims held keep their verdict.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_spec::ClauseId;
use deadzone_verdict::{Fact, Finding, Fingerprint, ScenarioKey, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::Version;

/// The scenario that a habit is reported under.
pub(crate) const TARGET: &str = "target";
/// Most scenarios that are named for one habit.
const NAMED: usize = 6;

/// The habits of a target, as scenarios show them.
#[derive(Debug, Default)]
pub(crate) struct Habits {
    /// By the clause alone: in which phase or to whom makes no other habit.
    shown: BTreeMap<(Version, ClauseId), Shown>,
}

#[derive(Debug)]
struct Shown {
    finding: Finding,
    /// The scenario that it is told of, with its record.
    by: ScenarioResult,
    scenarios: Vec<String>,
}

impl Shown {
    fn of(finding: Finding, by: &ScenarioResult) -> Self {
        let by = ScenarioResult {
            verdict: Verdict { findings: Vec::new(), ..by.verdict.clone() },
            history: by.record_of(&finding).map(Arc::clone),
            ..by.clone()
        };
        // The repeats are not told with it: the record that shows it is the one that stands.
        Self { finding: finding.of_run(None), by, scenarios: Vec::new() }
    }

    /// The least one is told: which scenario ended first is chance.
    fn rank(&self) -> (Fingerprint, &str) {
        (self.finding.fingerprint(), &self.by.key.id)
    }
}

impl Habits {
    /// Takes the habits out of a result: they are the target's. What else was found stays the scenario's, also where it was
    /// folded under a habit; one that shows nothing else has the verdict that it has without them.
    pub(crate) fn lift(&mut self, result: &mut ScenarioResult) {
        if result.verdict.kind != VerdictKind::Fail || !result.verdict.findings.iter().any(is_habit) {
            return;
        }
        let shown_by = result.clone();
        let (habits, own): (Vec<Finding>, Vec<Finding>) =
            std::mem::take(&mut result.verdict.findings).into_iter().partition(is_habit);
        result.verdict.findings = own;
        for mut finding in habits {
            let (folded, under) = std::mem::take(&mut finding.folded).into_iter().partition(is_habit);
            finding.folded = folded;
            result.verdict.findings.extend::<Vec<Finding>>(under);
            let key = (result.key.version, finding.clause);
            let mut shown = Shown::of(finding, &shown_by);
            if let Some(known) = self.shown.remove(&key) {
                let scenarios = known.scenarios.clone();
                shown = if shown.rank() < known.rank() { shown } else { known };
                shown.scenarios = scenarios;
            }
            if shown.scenarios.last() != Some(&result.key.id) {
                shown.scenarios.push(result.key.id.clone());
            }
            self.shown.insert(key, shown);
        }
        if result.verdict.findings.is_empty() {
            let (kind, reason) = result.verdict.otherwise.take().unwrap_or((VerdictKind::Pass, None));
            (result.verdict.kind, result.verdict.reason) = (kind, reason);
            result.control = None;
        }
    }

    /// The findings of the target, one result for each version.
    pub(crate) fn results(self) -> Vec<Arc<ScenarioResult>> {
        let mut by_version: BTreeMap<Version, ScenarioResult> = BTreeMap::new();
        for ((version, _), mut shown) in self.shown {
            shown.scenarios.sort();
            let more = shown.scenarios.len().saturating_sub(NAMED);
            let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named = shown.scenarios[..shown.scenarios.len() - more].join(", ");
            let count = shown.scenarios.len();
            let mut finding = shown.finding;
            finding.got = format!("{} (a habit, seen in {count} scenarios: {named}{tail})", finding.got);
            let own = by_version.get(&version).is_none_or(|result| is_record_of(result, &shown.by));
            if !own {
                // The record that is shown is that of the first habit.
                finding.evidence.clear();
                finding.place = None;
            }
            let result = by_version.entry(version).or_insert_with(|| ScenarioResult {
                key: ScenarioKey { id: TARGET.to_owned(), version },
                title: "what the target does again and again".to_owned(),
                verdict: Verdict { kind: VerdictKind::Fail, ..Verdict::pass() },
                // Those of the scenario are about its own findings.
                control: None,
                repeats: Vec::new(),
                compared: None,
                ..shown.by
            });
            result.verdict.findings.push(finding);
        }
        by_version.into_values().map(Arc::new).collect()
    }
}

/// Whether both are told with the same record.
fn is_record_of(told: &ScenarioResult, other: &ScenarioResult) -> bool {
    let record = |result: &ScenarioResult| result.history.as_ref().map(Arc::as_ptr);
    (&told.file, told.line, record(told)) == (&other.file, other.line, record(other))
}

/// A harmless breach, as the table of clauses says, or what is of another scenario or sent to any client that connects: neither is
/// the doing of the scenario in which it is seen. Where more is wrong with it, or a claim failed by it, it is the scenario's.
pub(crate) fn is_habit(finding: &Finding) -> bool {
    let no_more = || finding.folded.iter().all(|folded| folded.fact == Fact::UnaskedRetained);
    let of_the_target = match finding.fact {
        Fact::Misdelivered => true,
        Fact::UnaskedRetained => no_more(),
        _ => finding.clause.clause().habit,
    };
    finding.claim.is_none() && of_the_target
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;
    use deadzone_verdict::Repeat;

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    fn finding(clause: ClauseId, claim: Option<u32>) -> Finding {
        Finding { got: "e0 00".to_owned(), claim, ..Finding::new(clause, Fact::WrongPacket, "test") }
    }

    fn results(n: usize, findings: &[Finding]) -> Vec<ScenarioResult> {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V311], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let failed = Verdict { kind: VerdictKind::Fail, findings: findings.to_vec(), ..Verdict::pass() };
        let of = |planned| ScenarioResult { verdict: failed.clone(), ..blank(&context, planned, &"".into()) };
        plan.items.iter().take(n).map(of).collect()
    }

    #[test]
    fn row_a18_a_habit_is_one_failure_of_the_target() {
        let mut habits = Habits::default();
        let habit = finding(id!("3.1.1/DZ-server-disconnect"), None);
        let mut seen = results(9, &[habit]);
        seen.iter_mut().for_each(|result| habits.lift(result));
        assert!(seen.iter().all(|result| result.verdict.kind == VerdictKind::Pass));
        let told = habits.results();
        let [target] = told.as_slice() else { panic!("{} results", told.len()) };
        assert_eq!((target.key.id.as_str(), target.verdict.findings.len()), ("target", 1));
        assert!(target.verdict.findings[0].got.contains("seen in 9 scenarios"));
    }

    #[test]
    fn one_that_failed_otherwise_keeps_its_own_headline() {
        let mut habits = Habits::default();
        let mut habit = finding(id!("3.1.1/DZ-server-disconnect"), None);
        habit.folded = vec![finding(id!("3.1.1/MQTT-3.1.4-2"), None)];
        let other = finding(id!("3.1.1/MQTT-4.3.3-2"), Some(0));
        let mut seen = results(1, &[habit, other]);
        habits.lift(&mut seen[0]);
        let own: Vec<_> = seen[0].verdict.findings.iter().map(|f| f.clause.clause().number).collect();
        assert_eq!((seen[0].verdict.kind, own), (VerdictKind::Fail, vec!["MQTT-4.3.3-2", "MQTT-3.1.4-2"]));
        let told = habits.results();
        assert_eq!(told.len(), 1, "and the target has its habit");
        let clauses: Vec<_> = told[0].verdict.findings.iter().map(|f| f.clause.clause().number).collect();
        assert_eq!(clauses, ["DZ-server-disconnect"]);
    }

    #[test]
    fn what_is_of_another_scenario_is_the_targets() {
        let mut habits = Habits::default();
        let clause = id!("3.1.1/MQTT-3.3.2-3");
        let astray = Finding { fact: Fact::Misdelivered, ..finding(clause, None) };
        let unwanted = Finding { fact: Fact::DeliveredUnwanted, ..finding(clause, None) };
        let mut seen = results(3, &[astray]);
        seen[0].verdict.findings.push(unwanted);
        seen[1].verdict.otherwise =
            Some((VerdictKind::Inconclusive, Some("the link never fired".to_owned())));
        seen.iter_mut().for_each(|result| habits.lift(result));
        let kinds: Vec<_> = seen.iter().map(|result| result.verdict.kind).collect();
        assert_eq!(kinds, [VerdictKind::Fail, VerdictKind::Inconclusive, VerdictKind::Pass]);
        assert_eq!(seen[0].verdict.findings.len(), 1, "its own stays");
        assert_eq!(habits.results().len(), 1);
    }

    /// A scenario's own retained message is sent to every client that connects, as those of others are: one cause.
    #[test]
    fn what_is_sent_to_any_client_that_connects_is_the_targets() {
        let mut habits = Habits::default();
        let clause = id!("3.1.1/MQTT-3.3.2-3");
        let unasked = Finding { fact: Fact::UnaskedRetained, ..finding(clause, None) };
        let astray = Finding { fact: Fact::Misdelivered, ..finding(clause, None) };
        let mut seen = results(3, &[]);
        seen[0].verdict.findings = vec![unasked.clone()];
        seen[1].verdict.findings = vec![astray];
        // A claim that it made fail stays where it failed, with what made it fail.
        seen[2].verdict.findings = vec![Finding { folded: vec![finding(clause, Some(0))], ..unasked }];
        seen.iter_mut().for_each(|result| habits.lift(result));
        let kinds: Vec<_> = seen.iter().map(|result| result.verdict.kind).collect();
        assert_eq!(kinds, [VerdictKind::Pass, VerdictKind::Pass, VerdictKind::Fail]);
        let told = habits.results();
        assert_eq!((told.len(), told[0].verdict.findings.len()), (1, 1));
        assert!(told[0].verdict.findings[0].got.contains("seen in 2 scenarios"));
    }

    /// Two kinds of fact of one cause: the one that is told does not hang on which scenario ends first.
    #[test]
    fn the_fact_of_a_habit_is_the_same_in_whichever_order_scenarios_end() {
        let clause = id!("3.1.1/MQTT-3.3.2-3");
        let of = |fact| Finding { fact, ..finding(clause, None) };
        let (one, other) = (of(Fact::Misdelivered), of(Fact::UnaskedRetained));
        assert_eq!(told_in_turn(&[&one, &other]).len(), 1);
        assert_eq!(told_in_turn(&[&one, &other]), told_in_turn(&[&other, &one]));
    }

    /// Nor does the client that is named with it.
    #[test]
    fn a_habit_is_told_alike_in_whichever_order_scenarios_end() {
        let of = |client: &str| {
            let habit = finding(id!("3.1.1/DZ-server-disconnect"), None);
            Finding { client: Some(client.to_owned()), ..habit }
        };
        let (one, other) = (of("pub"), of("sub"));
        assert_eq!(told_in_turn(&[&one, &other]).len(), 1);
        assert_eq!(told_in_turn(&[&one, &other]), told_in_turn(&[&other, &one]));
    }

    /// What the target is told with where scenarios end in this order, each of which shows one of these.
    fn told_in_turn(order: &[&Finding]) -> Vec<Fingerprint> {
        let mut seen = results(order.len(), &[]);
        let mut habits = Habits::default();
        for (result, shown) in seen.iter_mut().zip(order) {
            result.verdict.findings = vec![(*shown).clone()];
            habits.lift(result);
        }
        let told = habits.results();
        assert_eq!(told.len(), 1, "one result of the target");
        told[0].verdict.findings.iter().map(Finding::fingerprint).collect()
    }

    #[test]
    fn a_habit_that_a_repeat_alone_shows_is_told_with_the_record_of_that_repeat() {
        let record = || Some(Arc::new(deadzone_history::HandMade::new(Version::V311).finish()));
        let repeat = Repeat { verdict: Verdict::pass(), history: record(), cut_short: false };
        let habit = Finding { evidence: vec![3], ..finding(id!("3.1.1/DZ-server-disconnect"), None) };
        let mut seen = results(1, &[habit.of_run(Some(1))]);
        (seen[0].history, seen[0].repeats) = (record(), vec![repeat.clone()]);
        let mut habits = Habits::default();
        habits.lift(&mut seen[0]);
        let target = &habits.results()[0];
        let told = target.record_of(&target.verdict.findings[0]);
        assert!(told.zip(repeat.history.as_ref()).is_some_and(|(told, of)| Arc::ptr_eq(told, of)));
        assert_eq!(target.verdict.findings[0].evidence, [3]);
    }

    #[test]
    fn rows_of_another_scenario_prove_nothing_beside_the_record_that_is_shown() {
        let habit = id!("3.1.1/DZ-server-disconnect");
        let mut seen = results(2, &[]);
        let misdelivered = Finding {
            fact: Fact::Misdelivered,
            evidence: vec![3],
            ..finding(id!("3.1.1/MQTT-3.3.2-3"), None)
        };
        seen[0].verdict.findings = vec![misdelivered];
        seen[1].verdict.findings = vec![Finding { evidence: vec![5], ..finding(habit, None) }];
        (seen[1].file, seen[1].line) = ("other.mqt".to_owned(), 9);
        let mut habits = Habits::default();
        seen.iter_mut().for_each(|result| habits.lift(result));
        let target = &habits.results()[0];
        let shown: Vec<usize> = target.verdict.findings.iter().map(|f| f.evidence.len()).collect();
        assert_eq!(shown.iter().sum::<usize>(), 1, "one record is shown: {shown:?}");
        assert!(target.repeats.is_empty() && target.compared.is_none());
    }
}
