//! When something that was switched on counts as caught by a performance, and under which clauses.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_spec::{ClauseId, Held};
use deadzone_verdict::{Finding, ScenarioKey, ScenarioResult, VerdictKind};

use super::culprit::Culprit;

/// In real time no silence is waited out to the long bound: what was silent for the patience is silent enough for a kill.
pub(super) fn at_the_patience(results: Vec<Arc<ScenarioResult>>) -> Vec<Arc<ScenarioResult>> {
    let told = |result: Arc<ScenarioResult>| {
        let mut result = Arc::unwrap_or_clone(result);
        result.verdict = result.verdict.at_the_patience();
        Arc::new(result)
    };
    results.into_iter().map(told).collect()
}

/// Grades that came where nothing is switched on.
pub(super) type Grades = BTreeSet<(ScenarioKey, ClauseId)>;

/// It failed, with a clause that it claims or one that the culprit breaks. The rules that are always on may see the same bug
/// earlier, by a clause of their own, or fold it under an earlier one. Where the standard leaves it open, the grade by that
/// clause counts, unless it comes where nothing is switched on as well.
pub(super) fn is_killed(result: &ScenarioResult, culprit: Culprit, usual: &Grades) -> bool {
    let claimed = |clause: ClauseId| result.clauses.contains(&clause) || culprit.clauses().contains(&clause);
    match result.verdict.kind {
        VerdictKind::Fail => result.verdict.findings.iter().any(|f| names_a_clause(f, &claimed)),
        _ => new_grades(result, usual).any(claimed),
    }
}

/// Whether a statement that the culprit breaks is graded here and not where nothing is switched on.
pub(super) fn is_graded(result: &ScenarioResult, culprit: Culprit, usual: &Grades) -> bool {
    new_grades(result, usual).any(|clause| culprit.clauses().contains(&clause))
}

/// The clauses under which a culprit that breaks these very clauses was caught: by a failure, or, of what can only be graded, by a
/// grade that does not come where nothing is switched on.
pub(super) fn caught(result: &ScenarioResult, culprit: Culprit, usual: &Grades) -> BTreeSet<ClauseId> {
    let mut caught = BTreeSet::new();
    if result.verdict.kind == VerdictKind::Fail {
        result.verdict.findings.iter().for_each(|finding| named_by(finding, &mut caught));
    }
    caught.extend(new_grades(result, usual).filter(|clause| clause.held() == Held::Graded));
    caught.retain(|clause| culprit.clauses().contains(clause));
    caught
}

fn named_by(finding: &Finding, clauses: &mut BTreeSet<ClauseId>) {
    clauses.insert(finding.clause);
    clauses.extend(&finding.also);
    finding.folded.iter().for_each(|folded| named_by(folded, clauses));
}

/// The clauses that a performance grades, where it happened.
pub(super) fn graded(result: &ScenarioResult) -> impl Iterator<Item = ClauseId> {
    let happened = result.verdict.kind.happened();
    result.verdict.grades.iter().filter(move |_| happened).filter_map(|grade| grade.clause)
}

fn new_grades<'a>(result: &'a ScenarioResult, usual: &'a Grades) -> impl Iterator<Item = ClauseId> + 'a {
    graded(result).filter(|clause| !usual.contains(&(result.key.clone(), *clause)))
}

/// Whether a finding, or one that is folded under it, names such a clause.
pub(super) fn names_a_clause(finding: &Finding, such: &dyn Fn(ClauseId) -> bool) -> bool {
    such(finding.clause)
        || finding.also.iter().any(|c| such(*c))
        || finding.folded.iter().any(|f| names_a_clause(f, such))
}

#[cfg(test)]
mod tests {
    use deadzone_reference_broker::Defect;
    use deadzone_spec::id;
    use deadzone_verdict::{Grade, GradeLevel, Verdict};
    use deadzone_wire::Version;

    use super::*;
    use crate::{EmbeddedSpec, Plan, Selection, Suite, job::JobContext, job::blank, target::TargetHandle};

    const GRADED: ClauseId = id!("5.0/MQTT-4.13.1-1");
    const MUST: ClauseId = id!("5.0/MQTT-3.6.1-1");

    fn graded_by(clause: ClauseId) -> ScenarioResult {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let text = "left open".to_owned();
        let grade = Grade { clause: Some(clause), level: GradeLevel::Info, text, evidence: Vec::new() };
        let verdict = Verdict { grades: vec![grade], ..Verdict::pass() };
        ScenarioResult { verdict, ..blank(&context, &plan.items[0], &"".into()) }
    }

    #[test]
    fn a_grade_is_a_kill_only_where_a_correct_broker_has_none() {
        let culprit = Culprit::Defect(Defect::PublishBeforeConnectAccepted);
        let result = graded_by(GRADED);
        assert!(is_killed(&result, culprit, &Grades::new()));
        assert_eq!(caught(&result, culprit, &Grades::new()), BTreeSet::from([GRADED]));
        let usual = Grades::from([(result.key.clone(), GRADED)]);
        assert!(!is_killed(&result, culprit, &usual));
        assert!(caught(&result, culprit, &usual).is_empty());
    }

    /// A statement that a broker must keep is proven by a failure.
    #[test]
    fn a_grade_proves_nothing_of_a_must() {
        let culprit = Culprit::Defect(Defect::BadFlagsAccepted);
        assert!(caught(&graded_by(MUST), culprit, &Grades::new()).is_empty());
        let other = Culprit::Defect(Defect::PublishBeforeConnectAccepted);
        assert!(caught(&graded_by(GRADED), culprit, &Grades::new()).is_empty(), "not what it breaks");
        assert!(!is_killed(&graded_by(MUST), other, &Grades::new()), "nobody claims it");
    }
}
