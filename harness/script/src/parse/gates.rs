//! Settles what a scenario stands on, and says where the text contradicts the steps.

use super::scenario::Draft;
use crate::diagnostic::{Diagnostic, code};
use crate::{Gate, stands};

/// Fills in [`crate::Scenario::stands_on`].
pub(super) fn settle(draft: &mut Draft, out: &mut Vec<Diagnostic>) {
    let shown = stands::shown(&draft.scenario);
    let own = draft.scenario.gate;
    for (gate, at) in &draft.stands_on {
        let mistake = |message: String| Diagnostic::error(code::GATES, *at, message);
        if own.is_some_and(|own| own <= *gate) {
            out.push(mistake(format!("the gate itself can't stand on {gate}")));
        } else if !shown.possible.contains(gate) {
            out.push(mistake(format!("no step has to do with {gate}")).help("drop it, or add the step"));
        }
    }
    if let (Some(own), Some(at)) = (own, draft.gate_at) {
        let mistake = |message: String| Diagnostic::error(code::GATES, at, message);
        if !shown.possible.contains(&own) {
            out.push(mistake(format!("no step asks for {own}")));
        }
        if let Some(later) = shown.certain.iter().find(|gate| **gate > own) {
            out.push(mistake(format!("its steps stand on {later}, which comes later")));
        }
    }
    let added = draft.stands_on.iter().map(|(gate, _)| *gate);
    let mut all: Vec<Gate> = shown.certain.into_iter().chain(added).filter(|g| Some(*g) != own).collect();
    all.sort_unstable();
    all.dedup();
    draft.scenario.stands_on = all;
}
