//! Verdicts and the findings that carry them.

use deadzone_spec::ClauseId;
use serde::{Deserialize, Serialize};

use crate::Place;

/// The verdict's kind, from the best to the worst only in the sense of [`VerdictKind::precedence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// All that was claimed held.
    Pass,
    /// It held, but an answer came after its `within`.
    PassSlow,
    /// A clause at level MUST was broken.
    Fail,
    /// The experiment did not happen.
    Inconclusive,
    /// A gate that it stands on is shut.
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

/// One broken clause with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The clause.
    pub clause: ClauseId,
    /// Further clauses of the same obligation that the scenario names.
    pub also: Vec<ClauseId>,
    /// Name of the rule or checker that found it.
    pub by: String,
    /// What a conformant broker does here.
    pub wanted: String,
    /// What this one did. Text from the wire is escaped and bounded.
    pub got: String,
    /// What else the broker answered meanwhile, where silence is the finding; empty otherwise.
    pub meanwhile: String,
    /// Events that show it, by sequence number, in order. The last one is where the bug is visible.
    pub evidence: Vec<u64>,
    /// The claim that failed, if one did.
    pub claim: Option<u32>,
    /// Where the scenario claims it, or the step during which it happened.
    pub place: Option<Place>,
    /// The legal answers that were considered, each with why this is none of them.
    pub could_instead: Vec<String>,
    /// Findings that follow from this one.
    pub folded: Vec<Self>,
}

/// The level of a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum GradeLevel {
    /// Against a SHOULD.
    Should,
    /// Unusual use of a MAY.
    May,
    /// Worth knowing; no requirement.
    Info,
}

/// Something worth saying that is no failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// The clause concerned, if one.
    pub clause: Option<ClauseId>,
    /// Its level.
    pub level: GradeLevel,
    /// What was seen.
    pub text: String,
    /// Events that show it.
    pub evidence: Vec<u64>,
}

/// What one performance of a scenario showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Its kind.
    pub kind: VerdictKind,
    /// Broken clauses, first in time first; empty unless `fail` (an `error` may keep what was found).
    pub findings: Vec<Finding>,
    /// Grades, beside the verdict.
    pub grades: Vec<Grade>,
    /// Why, for `inconclusive`, `not applicable` and `error`.
    pub reason: Option<String>,
    /// The gate that blocks it, by name; `blocked` only.
    pub blocked_by: Option<String>,
    /// Clauses that a claim or rule judged in this performance: it could have come out otherwise.
    pub judged: Vec<ClauseId>,
}

impl Verdict {
    /// A pass without anything to say.
    pub fn pass() -> Self {
        Self {
            kind: VerdictKind::Pass,
            findings: Vec::new(),
            grades: Vec::new(),
            reason: None,
            blocked_by: None,
            judged: Vec::new(),
        }
    }

    /// A verdict that consists of its reason.
    pub fn because(kind: VerdictKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: Some(reason.into()), ..Self::pass() }
    }
}
