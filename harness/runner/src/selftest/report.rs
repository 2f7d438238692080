//! What a selftest is asked and what it finds.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_spec::ClauseId;
use deadzone_verdict::ScenarioKey;
use deadzone_wire::Version;

use crate::Options;

/// What to prove, on which target. A real target proves the mutants; the reference broker everything.
#[derive(Clone, Debug)]
pub struct SelftestOptions {
    /// As for a run; its `mutant` is not looked at.
    pub run: Options,
    /// Only what is proven of each clause: no control runs, no legal variants, and of a defect or mutant no more than shows what it
    /// proves, so that the report has no kills and no holes.
    pub kills_only: bool,
    /// Every defect and mutant against every scenario; else against those that name it or a statement that it breaks.
    pub full: bool,
}

/// How far the proof is: told at the beginning of a round and after each of its performances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelftestProgress<'a> {
    /// What is switched on: `nothing`, a defect, a mutant, a legal variant, or `control` for the control runs.
    pub round: &'a str,
    /// Which round it is, from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// Performances of this round that ended.
    pub ended: usize,
    /// Performances of this round.
    pub planned: usize,
}

/// One scenario against one defect or mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// Scenario id.
    pub scenario: String,
    /// Version.
    pub version: Version,
    /// The defect or mutant.
    pub by: String,
    /// It failed, with a clause that it claims.
    pub killed: bool,
    /// The scenario names it in `catches`.
    pub named: bool,
    /// The verdict and its clause, for people.
    pub got: String,
}

/// What the selftest found.
#[derive(Clone, Debug, Default)]
pub struct SelftestReport {
    /// Every pair that was tried.
    pub kills: Vec<Kill>,
    /// Everything that must not be: a named defect that was not caught, a defect without a killer, a variant that failed.
    pub holes: Vec<String>,
    /// Scenario performances that do not pass with nothing switched on. On the reference broker each is a hole; on a real
    /// target they are its own findings, and prove nothing about a mutant of it.
    pub unsound: Vec<ScenarioKey>,
    /// Control runs that were made on the correct broker.
    pub controls: usize,
    /// How many performances were made.
    pub performances: usize,
    /// Scenario performances that passed under each legal variant (variant, passed, of).
    pub variants: Vec<(String, usize, usize)>,
    /// Clauses that scenarios name, each with the defects and mutants that break that very clause and were caught under it:
    /// without one, nothing shows that a breach would be noticed.
    pub proven: BTreeMap<ClauseId, BTreeSet<String>>,
    /// Names of a clause in a scenario's header, each with whether a claim or a rule judged it there in some performance: without
    /// that its name says nothing.
    pub named: BTreeMap<(String, ClauseId), bool>,
    /// Defects and mutants that are known to be caught by nothing yet (name, what would catch it).
    pub uncaught: Vec<(String, String)>,
    /// Scenarios that this target is not the one for, each with the reason: nothing is proven of them here.
    pub apart: BTreeMap<String, String>,
    /// A signal ended it.
    pub interrupted: bool,
}

impl SelftestReport {
    /// Named clauses of a version, and how many of them are proven: those that the standard numbers, or the ids of our own.
    pub fn proven_of(&self, version: Version, numbered: bool) -> (usize, usize) {
        let wanted =
            |clause: &ClauseId| clause.version() == version && clause.clause().is_numbered() == numbered;
        let of_this = || self.proven.iter().filter(|(clause, _)| wanted(clause));
        (of_this().count(), of_this().filter(|(_, by)| !by.is_empty()).count())
    }
}
