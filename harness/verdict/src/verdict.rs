//! What one performance of a scenario showed, in one word and with all that was found.

use deadzone_history::Place;
use deadzone_spec::ClauseId;

use crate::{Finding, Grade};

/// The verdict's kind, from the best to the worst only in the sense of [`VerdictKind::precedence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerdictKind {
    /// All that was claimed held.
    Pass,
    /// It held, but an answer came after its `within`.
    PassSlow,
    /// A clause at level MUST was broken.
    Fail,
    /// The experiment did not happen.
    Inconclusive,
    /// A gate that it stands on did not pass: it was not played.
    Blocked,
    /// A declared or advertised limit of the target excludes it.
    NotApplicable,
    /// Our fault, or the environment's.
    Error,
}

impl VerdictKind {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::PassSlow => "pass (slow)",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Blocked => "blocked",
            Self::NotApplicable => "not applicable",
            Self::Error => "error",
        }
    }

    /// Whether the experiment happened, so that what was judged in it counts.
    pub fn happened(self) -> bool {
        matches!(self, Self::Pass | Self::PassSlow | Self::Fail)
    }

    /// Which of several wins: error > fail > inconclusive > blocked > not applicable > pass.
    pub fn precedence(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::PassSlow => 1,
            Self::NotApplicable => 2,
            Self::Blocked => 3,
            Self::Inconclusive => 4,
            Self::Fail => 5,
            Self::Error => 6,
        }
    }
}

/// What one performance of a scenario showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Its kind.
    pub kind: VerdictKind,
    /// Broken clauses, first in time first; empty unless `fail` (an `error` may keep what was found).
    pub findings: Vec<Finding>,
    /// Silences whose wait was not extended to the long bound: they prove nothing by themselves.
    pub unconfirmed: Vec<Finding>,
    /// Grades, beside the verdict.
    pub grades: Vec<Grade>,
    /// Why, for `inconclusive`, `not applicable` and `error`.
    pub reason: Option<String>,
    /// What a `fail` is without its findings, where that is no plain pass: they may turn out to be the target's.
    pub otherwise: Option<(VerdictKind, Option<String>)>,
    /// Where the scenario itself is wrong, for an `error` that is its author's and not ours.
    pub mistake: Option<Place>,
    /// The gate that did not pass, for `blocked`.
    pub blocked_by: Option<String>,
    /// The clauses that a claim or a rule judged in this performance.
    pub judged: Vec<ClauseId>,
}

impl Verdict {
    /// A pass without anything to say.
    pub fn pass() -> Self {
        Self {
            kind: VerdictKind::Pass,
            findings: Vec::new(),
            unconfirmed: Vec::new(),
            grades: Vec::new(),
            reason: None,
            otherwise: None,
            mistake: None,
            blocked_by: None,
            judged: Vec::new(),
        }
    }

    /// A verdict that consists of its reason.
    pub fn because(kind: VerdictKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: Some(reason.into()), ..Self::pass() }
    }

    /// The same, with what was silent for the patience told as silence: for a repeat, which asks whether it is so each time.
    #[must_use]
    pub fn at_the_patience(mut self) -> Self {
        self.findings.append(&mut self.unconfirmed);
        if self.kind == VerdictKind::Inconclusive && !self.findings.is_empty() {
            (self.kind, self.reason) = (VerdictKind::Fail, None);
        }
        self
    }
}
