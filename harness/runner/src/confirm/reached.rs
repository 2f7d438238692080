//! Whether another run of a scenario came to the step at which a finding was made, so that it could have shown it too.

use deadzone_history::{Abandon, Claim, Ended, EventKind, History};
use deadzone_verdict::Finding;

/// Whether this run could have shown the finding. One that is of no step could be shown by any run.
pub(super) fn reached(history: &History, finding: &Finding) -> bool {
    let Some(place) = finding.place else { return true };
    let steps: Vec<u32> = history
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Step(step) if step.line == place.line && step.skipped.is_none() => Some(step.step),
            _ => None,
        })
        .collect();
    let claims: Vec<&Claim> = history
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Claim(claim) if claim.place.line == place.line => Some(&**claim),
            _ => None,
        })
        .collect();
    if finding.claim.is_some() && !claims.is_empty() {
        return claims.iter().any(|claim| was_decided(history, claim));
    }
    steps.iter().any(|step| !was_given_up(history, *step))
}

/// Whether a claim came to an end that says something about the target.
fn was_decided(history: &History, claim: &Claim) -> bool {
    let ends = history.events.iter().find_map(|event| match &event.kind {
        EventKind::Met { claim: id, .. } if *id == claim.id => Some(true),
        EventKind::Unmet { claim: id, why, .. } if *id == claim.id => Some(decides(*why)),
        _ => None,
    });
    // A claim about the whole run is judged at its end, if the walk comes there.
    ends.unwrap_or_else(|| !history.events.iter().any(|e| matches!(e.kind, EventKind::Abandoned { .. })))
}

/// Whether this end of a wait is an answer of the target, or its silence.
fn decides(why: Ended) -> bool {
    match why {
        Ended::Patience | Ended::LongBound | Ended::Closed | Ended::Mismatch => true,
        Ended::NotConnected
        | Ended::Starved
        | Ended::Cancelled
        | Ended::Overflow
        | Ended::LinkDown
        | Ended::Overdue
        | Ended::TriedAgain
        | Ended::WalkEnded => false,
    }
}

/// Whether the walk was given up at this step before the step was done.
fn was_given_up(history: &History, step: u32) -> bool {
    history.events.iter().any(|event| match &event.kind {
        EventKind::Abandoned { step: at, why } => *at == step && !matches!(why, Abandon::ClaimUnmet { .. }),
        _ => false,
    })
}
