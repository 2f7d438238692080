//! Whether the experiment took place: triggers that never fired, steps that were given up.

use deadzone_history::Note;
use deadzone_history::Origin;

use crate::{
    opinion::Opinion,
    survey::{Outcome, Survey},
};

pub(super) const NAME: &str = "trigger";

pub(super) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let never = survey.notes.iter().filter_map(|(seq, client, note)| match note {
        Note::NeverFired { text, .. } => Some(Opinion::doubt(
            *seq,
            format!("`{text}` on the link of `{}` never happened", survey.name(*client)),
        )),
        _ => None,
    });
    // The control run puts faults off on purpose.
    let never = never.filter(|_| survey.history.header.origin == Origin::Scenario);
    let abandoned = survey.abandoned.iter().filter(|(_, step, _)| !spoken_for(survey, *step));
    let abandoned =
        abandoned.map(|(seq, _, why)| Opinion::doubt(*seq, format!("the experiment was given up: {why}")));
    never.chain(abandoned).collect()
}

/// A claim of the step says itself what went wrong.
fn spoken_for(survey: &Survey<'_>, step: u32) -> bool {
    survey.claims.iter().any(|c| c.claim.step == step && matches!(c.outcome, Outcome::Unmet { .. }))
}
