//! What must be true of a scenario that is played more than once: its rounds share nothing.

use super::scenario::Draft;
use crate::diagnostic::{Diagnostic, code};
use crate::{StepKind, rounds};

pub(super) fn check(draft: &Draft, out: &mut Vec<Diagnostic>) {
    let Some(at) = draft.times_at.filter(|_| draft.scenario.times > 1) else { return };
    let exchanges = |kind: &StepKind| {
        matches!(kind, StepKind::Connect { .. } | StepKind::Open { .. } | StepKind::Finds { .. })
    };
    if !draft.scenario.steps.iter().any(|step| exchanges(&step.kind)) {
        let mistake = Diagnostic::error(code::NO_STEPS, at, "no step that could be repeated");
        out.push(mistake.help("a round begins with a connection"));
    }
    for step in &draft.scenario.steps {
        let mut shared = false;
        rounds::names(&step.kind, &mut |name| shared |= !name.0.windows(5).any(|part| part == b"{run}"));
        if shared {
            let mistake = Diagnostic::error(code::SHARED_ROUNDS, step.at, "the rounds would share this");
            out.push(mistake.help("put {run} into every topic, filter and client id"));
        }
    }
}
