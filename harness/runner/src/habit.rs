//! One habit, one finding: a harmless wrong packet that comes again and again is reported once for the target, and the
//! scenarios whose own claims held keep their verdict.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_spec::ClauseId;
use deadzone_verdict::{Finding, ScenarioKey, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::Version;

/// The scenario that a habit is reported under.
const TARGET: &str = "target";
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
    /// The first scenario that shows it, with its record.
    first: ScenarioResult,
    scenarios: Vec<String>,
}

impl Habits {
    /// Takes the habits out of a result whose own claims held. One that failed by something else keeps them: they may be a
    /// part of its story.
    pub(crate) fn lift(&mut self, result: &mut ScenarioResult) {
        let all = |f: &Finding| f.clause.clause().habit && f.claim.is_none();
        let findings = &result.verdict.findings;
        if result.verdict.kind != VerdictKind::Fail || findings.is_empty() || !findings.iter().all(all) {
            return;
        }
        let shown_by = result.clone();
        for finding in std::mem::take(&mut result.verdict.findings) {
            let key = (result.key.version, finding.clause);
            let shown = self.shown.entry(key).or_insert_with(|| Shown {
                finding,
                first: shown_by.clone(),
                scenarios: Vec::new(),
            });
            if shown.scenarios.last() != Some(&result.key.id) {
                shown.scenarios.push(result.key.id.clone());
            }
        }
        result.verdict.kind = VerdictKind::Pass;
        result.control = None;
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
            let result = by_version.entry(version).or_insert_with(|| ScenarioResult {
                key: ScenarioKey { id: TARGET.to_owned(), version },
                title: "what the target does again and again".to_owned(),
                verdict: Verdict { kind: VerdictKind::Fail, ..Verdict::pass() },
                ..shown.first
            });
            result.verdict.findings.push(finding);
        }
        by_version.into_values().map(Arc::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    fn finding(clause: ClauseId, claim: Option<u32>) -> Finding {
        Finding {
            clause,
            also: Vec::new(),
            fact: deadzone_verdict::Fact::WrongPacket,
            phase: deadzone_verdict::Phase::default(),
            client: None,
            qos: None,
            by: "test".to_owned(),
            wanted: String::new(),
            got: "e0 00".to_owned(),
            meanwhile: String::new(),
            evidence: Vec::new(),
            claim,
            place: None,
            could_instead: Vec::new(),
            folded: Vec::new(),
        }
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
    fn one_that_failed_otherwise_keeps_its_whole_story() {
        let mut habits = Habits::default();
        let habit = finding(id!("3.1.1/DZ-server-disconnect"), None);
        let other = finding(id!("3.1.1/MQTT-4.3.3-2"), Some(0));
        let mut seen = results(1, &[other, habit]);
        habits.lift(&mut seen[0]);
        assert_eq!((seen[0].verdict.kind, seen[0].verdict.findings.len()), (VerdictKind::Fail, 2));
        assert!(habits.results().is_empty());
    }
}
