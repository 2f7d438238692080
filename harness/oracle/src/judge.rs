//! A whole history to a verdict. Every rule and every checker runs on its own: one that panics makes the verdict `error`, and
//! what the others found is kept.

use std::panic::{AssertUnwindSafe, catch_unwind};

use deadzone_history::History;
use deadzone_verdict::{Verdict, VerdictKind};

use crate::{
    checkers,
    compose::compose,
    opinion::Opinion,
    rule::{RuleOutcome, obey},
    survey::Survey,
};

/// Judges a history by every rule and every checker.
pub fn judge(history: &History) -> Verdict {
    judge_with(history, Vec::new())
}

/// The same with what further rules found.
pub fn judge_with(history: &History, extra: Vec<RuleOutcome>) -> Verdict {
    let survey = match alone("survey", || Survey::of(history)) {
        Ok(survey) => survey,
        Err(Opinion::Ours { why }) => return Verdict::because(VerdictKind::Error, why),
        Err(_) => return Verdict::because(VerdictKind::Error, "the survey failed"),
    };
    let mut opinions = Vec::new();
    for checker in checkers::ALL {
        match alone(checker.name, || (checker.check)(&survey)) {
            Ok(found) => opinions.extend(found),
            Err(ours) => opinions.push(ours),
        }
    }
    let rules = alone("rules", || obey(history)).unwrap_or_else(|ours| {
        opinions.push(ours);
        Vec::new()
    });
    opinions.extend(rules.into_iter().chain(extra).flat_map(of_rule));
    compose(&survey, opinions)
}

fn of_rule(outcome: RuleOutcome) -> impl Iterator<Item = Opinion> {
    let rule = outcome.rule;
    let panicked =
        outcome.panicked.map(|text| Opinion::Ours { why: format!("rule `{rule}` panicked: {text}") });
    let findings = outcome.findings.into_iter().map(Opinion::broken);
    findings.chain(outcome.grades.into_iter().map(Opinion::Grade)).chain(panicked)
}

/// Runs something of ours; a panic becomes an opinion about ourselves.
fn alone<T>(name: &str, run: impl FnOnce() -> T) -> Result<T, Opinion> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".to_owned());
        Opinion::Ours { why: format!("`{name}` panicked: {text}") }
    })
}
