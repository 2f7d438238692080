//! Judgements over a whole history, one property a file: what the script claimed, and whether the experiment happened at all.
//!
//! A checker looks things up in the survey and returns opinions; how they make a verdict is not its business.

use crate::{opinion::Opinion, survey::Survey};

mod arrival;
mod legality;
mod precondition;
mod quiescent;
mod receives;
mod trigger;
mod wording;

/// A checker by name.
pub(crate) struct Checker {
    /// The name in findings and errors.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) check: fn(&Survey<'_>) -> Vec<Opinion>,
}

/// Every checker, in the order in which they run.
pub(crate) const ALL: &[Checker] = &[
    Checker { name: arrival::NAME, check: arrival::check },
    Checker { name: receives::NAME, check: receives::check },
    Checker { name: quiescent::NAME, check: quiescent::check },
    Checker { name: legality::NAME, check: legality::check },
    Checker { name: precondition::NAME, check: precondition::check },
    Checker { name: trigger::NAME, check: trigger::check },
];
