//! How what runs was chosen, and what was chosen and did not run.

use crate::ScenarioKey;

/// How what runs was chosen, as far as the user has a say in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The words of the filter, as they were typed; none: everything.
    pub filters: Vec<String>,
    /// The tier: `smoke`, `full` or `long`; empty where nothing was run.
    pub tier: String,
    /// How many performances the filter chooses that are outside the tier.
    pub left_out: usize,
    /// The budget, ms, where there is one.
    pub budget_ms: Option<u64>,
    /// Why the run is gentle, where it is.
    pub gentle: Option<String>,
}

/// A performance that was planned and did not begin, on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub key: ScenarioKey,
    /// Why, for people.
    pub why: String,
}
