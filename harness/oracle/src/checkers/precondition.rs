//! Claims about the experiment itself: a packet at the broker's end, a marker that must pass. The target owes them to nobody.

use deadzone_history::ClaimKind;

use crate::{
    opinion::Opinion,
    survey::{Outcome, Survey},
};

pub(super) const NAME: &str = "precondition";

pub(super) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let is_one =
        |kind: &ClaimKind| matches!(kind, ClaimKind::Precondition { .. } | ClaimKind::StillServed { .. });
    let claims = survey.claims.iter().filter(|c| is_one(&c.claim.kind));
    claims
        .filter_map(|c| match c.outcome {
            Outcome::Unmet { at, .. } => {
                Some(Opinion::doubt(at, format!("`{}` did not come about", c.claim.text)))
            }
            Outcome::Open => {
                Some(Opinion::doubt(c.at, format!("`{}` was not waited for to the end", c.claim.text)))
            }
            Outcome::Met { .. } => None,
        })
        .collect()
}
