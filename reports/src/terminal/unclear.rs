//! Where a performance without a finding came to its end: the claim that was not met, or the step at which it was given up.

use deadzone_history::{EventKind, History, Place};
use deadzone_verdict::ScenarioResult;

use super::{excerpt, page::Page};

/// The place in the scenario, with the reason under it.
pub(crate) fn write(page: &mut Page, result: &ScenarioResult) {
    let Some(place) = result.history.as_ref().and_then(|history| place(history)) else { return };
    excerpt::write(page, result, place, result.verdict.reason.as_deref().unwrap_or_default());
}

/// The last claim that was not met, or else the last step that was given up, before the clean-up.
fn place(history: &History) -> Option<Place> {
    let script = history.events.iter().take_while(|event| !matches!(event.kind, EventKind::Teardown));
    let (mut unmet, mut given_up) = (None, None);
    for event in script {
        match &event.kind {
            EventKind::Unmet { claim, .. } => unmet = Some(*claim),
            EventKind::Abandoned { step, .. } => given_up = Some(*step),
            _ => {}
        }
    }
    let claimed = history.events.iter().find_map(|event| match &event.kind {
        EventKind::Claim(claim) if Some(claim.id) == unmet => Some(claim.place),
        _ => None,
    });
    claimed.or_else(|| {
        history.events.iter().find_map(|event| match &event.kind {
            // A place that names a line alone means its whole step.
            EventKind::Step(step) if Some(step.step) == given_up => {
                Some(Place { line: step.line, column: 1, length: 1 })
            }
            _ => None,
        })
    })
}
