//! What a run could not take away behind itself: it stays on the target, and the next run may meet it.

use std::sync::Arc;

use deadzone_history::{EventKind, History};
use deadzone_verdict::ScenarioResult;

/// Most scenarios that are named.
const NAMED: usize = 5;

/// What is to be told of it, if anything.
pub(crate) fn leftovers(results: &[Arc<ScenarioResult>]) -> Option<String> {
    let left: Vec<String> = results
        .iter()
        .filter_map(|result| {
            let what = records(result).find_map(|history| what(history))?;
            Some(format!("{} [{}] ({what})", result.key.id, result.key.version))
        })
        .collect();
    let first = left.first()?;
    let more = left.len().saturating_sub(NAMED);
    let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
    let named = if left.len() == 1 { first.clone() } else { left[..left.len() - more].join(", ") };
    Some(format!("not all could be cleaned up, and something may be left on the target: {named}{tail}"))
}

fn records(result: &ScenarioResult) -> impl Iterator<Item = &Arc<History>> {
    let repeats = result.repeats.iter().filter_map(|repeat| repeat.history.as_ref());
    let control = result.control.iter().filter_map(|control| control.history.as_ref());
    result.history.iter().chain(repeats).chain(control)
}

fn what(history: &History) -> Option<String> {
    history.events.iter().find_map(|event| match &event.kind {
        EventKind::TeardownFailed { what } => Some(what.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use deadzone_history::HandMade;
    use deadzone_wire::Version;

    use super::*;
    use crate::{
        EmbeddedSpec, Plan, Selection, Suite,
        job::{JobContext, blank},
        target::TargetHandle,
    };

    #[test]
    fn row_e15_a_clean_up_that_fails_is_told() {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        let mut result = blank(&context, &plan.items[0], &Arc::from(""));
        assert_eq!(leftovers(&[Arc::new(result.clone())]), None);
        let mut h = HandMade::new(Version::V5);
        h.teardown();
        h.event(EventKind::TeardownFailed { what: "the retained message of `t`".into() });
        result.history = Some(Arc::new(h.finish()));
        let told = leftovers(&[Arc::new(result)]).unwrap();
        assert!(
            told.contains("the retained message of `t`") && told.contains(&plan.items[0].key.id),
            "{told}"
        );
    }
}
