//! Whether another run of a scenario came to the step at which a finding was made, so that it could have shown it too.

use deadzone_history::{Abandon, Claim, ClaimKind, Ended, EventKind, History};
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
    let claims: Vec<&Claim> = claims(history).filter(|claim| claim.place.line == place.line).collect();
    if finding.claim.is_some() && !claims.is_empty() {
        return claims.iter().any(|claim| was_decided(history, claim));
    }
    steps.iter().any(|step| !was_given_up(history, *step))
}

/// Whether this run met each claim of the finding's line, so that it could have shown the finding and did not, whatever came behind
/// it. What is counted over the whole run is not decided by what is there already, and a finding that is no claim's has nothing that
/// says so.
pub(super) fn went_through(history: &History, finding: &Finding) -> bool {
    let (Some(place), Some(_)) = (finding.place, finding.claim) else { return false };
    let mut here = claims(history).filter(|claim| claim.place.line == place.line).peekable();
    let met = |claim: &Claim| {
        let counted = matches!(claim.kind, ClaimKind::Receives { .. });
        !counted && matches!(end_of(history, claim), Some(End::Met | End::Unmet(Ended::TriedAgain)))
    };
    here.peek().is_some() && here.all(met)
}

/// Whether the walk came to its end with everything met that was waited for. A claim that is judged at the end has no end of its
/// own in the record, and whether a subscription is still served afterwards is none of the scenario's.
pub(crate) fn came_about(history: &History) -> bool {
    let asked_at_rest = |id: u32| {
        claims(history).any(|claim| claim.id == id && matches!(claim.kind, ClaimKind::StillServed { .. }))
    };
    let mut walk = history.events.iter().take_while(|event| !matches!(event.kind, EventKind::Teardown));
    walk.all(|event| match &event.kind {
        EventKind::Abandoned { .. } => false,
        EventKind::Unmet { claim, why, .. } => *why == Ended::TriedAgain || asked_at_rest(*claim),
        _ => true,
    })
}

fn claims(history: &History) -> impl Iterator<Item = &Claim> {
    history.events.iter().filter_map(|event| match &event.kind {
        EventKind::Claim(claim) => Some(&**claim),
        _ => None,
    })
}

/// How the wait of a claim ended.
enum End {
    Met,
    Unmet(Ended),
}

/// How the wait of this claim ended, if it did.
fn end_of(history: &History, claim: &Claim) -> Option<End> {
    history.events.iter().find_map(|event| match &event.kind {
        EventKind::Met { claim: id, .. } if *id == claim.id => Some(End::Met),
        EventKind::Unmet { claim: id, why, .. } if *id == claim.id => Some(End::Unmet(*why)),
        _ => None,
    })
}

/// Whether a claim came to an end that says something about the target.
fn was_decided(history: &History, claim: &Claim) -> bool {
    match end_of(history, claim) {
        Some(End::Met) => true,
        Some(End::Unmet(why)) => decides(why),
        // A claim about the whole run is judged at its end, if the walk comes there.
        None => !history.events.iter().any(|e| matches!(e.kind, EventKind::Abandoned { .. })),
    }
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use deadzone_history::{HandMade, HowOften, Place, Start};
    use deadzone_spec::id;
    use deadzone_verdict::Fact;
    use deadzone_wire::{PacketKind, Version};

    use super::*;

    fn record(walk: impl FnOnce(&mut HandMade)) -> History {
        let mut h = HandMade::new(Version::V5);
        h.client("dev");
        walk(&mut h);
        h.finish()
    }

    #[test]
    fn what_is_tried_again_and_what_is_asked_at_rest_are_no_claims_that_failed() {
        let with = |kind: fn(&mut HandMade) -> u32, why| {
            record(|h| {
                h.step("dev connect clean");
                let claim = kind(h);
                h.unmet(claim, 1, why, None);
            })
        };
        let answer = |h: &mut HandMade| {
            let conn = h.connect(0, Start::Clean);
            h.arrives(conn, PacketKind::Connack, None)
        };
        let at_rest = |h: &mut HandMade| {
            let kind = ClaimKind::StillServed { client: 0.into(), payload: Bytes::from_static(b"m") };
            h.claim("at rest", kind)
        };
        assert!(came_about(&with(answer, Ended::TriedAgain)) && !came_about(&with(answer, Ended::Closed)));
        assert!(came_about(&with(at_rest, Ended::NotConnected)));
        let left = record(|h| {
            h.teardown();
            h.abandoned(1, "closed");
        });
        assert!(came_about(&left), "what comes behind the walk is none of it");
    }

    #[test]
    fn what_is_counted_over_the_whole_run_is_not_decided_by_what_is_there() {
        let finding = |line| Finding {
            claim: Some(0),
            place: Some(Place { line, column: 1, length: 1 }),
            ..Finding::new(id!("5.0/MQTT-4.3.3-10"), Fact::DeliveredTwice, "test")
        };
        let counted = record(|h| {
            h.step("expect dev receives");
            let claim = h.receives(0, &["m"], HowOften::ExactlyOnce);
            h.met(claim, &[1]);
        });
        let answered = record(|h| {
            let conn = h.connect(0, Start::Clean);
            h.step("dev <- PUBREC");
            let first = h.arrives(conn, PacketKind::Pubrec, None);
            h.unmet(first, 1, Ended::TriedAgain, None);
            let claim = h.arrives(conn, PacketKind::Pubrec, None);
            h.met(claim, &[1]);
        });
        assert!(reached(&counted, &finding(1)) && !went_through(&counted, &finding(1)));
        assert!(went_through(&answered, &finding(1)) && !went_through(&answered, &finding(2)));
        assert!(!went_through(&answered, &Finding { claim: None, ..finding(1) }));
    }
}
