//! What was judged, and how a run tells of it: the words that the oracle, the runner and the reports share.
//!
//! A [`Verdict`] carries [`Finding`]s; each has a [`Fingerprint`], by which runs are compared. [`RunEvent`]s are what the runner tells
//! its listeners.
//!
//! This crate judges nothing: the oracle does. No verdict is ever part of a record.

mod bugs;
mod cause;
mod choice;
mod consequence;
mod coverage;
mod expectation;
mod fact;
mod finding;
mod outcome;
mod phase;
mod run;
mod sets;
mod verdict;

pub use bugs::{BugClass, BugCounts, CoveredClass, NoDefect, Ours};
pub use cause::{Cause, Shown, causes, finding};
pub use choice::{Choice, LeftOut};
pub use consequence::Consequence;
pub use coverage::{Counts, Coverage, Covered, Evidence, Judged, StatementState};
pub use expectation::{AgainstFile, Expectation, KnownFailure, StaleEntry};
pub use fact::{Fact, FactClass, Fingerprint};
pub use finding::{Finding, Grade, GradeLevel};
pub use outcome::Outcome;
pub use phase::{Disturbance, Phase, Standing};
pub use run::{
    Capabilities, ControlResult, GateState, Provenance, Repeat, RunEvent, RunInfo, ScenarioKey,
    ScenarioResult, Source, Summary,
};
pub use sets::{OneRun, RunSets, Said, Spread, VerdictSet};
pub use verdict::{Verdict, VerdictKind};
