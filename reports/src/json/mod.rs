//! The run document `deadzone.run/1`: for programs, dashboards and comparisons.
//!
//! Its types are its own and not those of the history crate, so that the code may change while the format stays.
//! Within a major version only additions are made; a reader refuses another major and ignores what it does not know.

mod build;
mod cause;
mod document;
mod outcomes;
mod scenario;
mod schema;

pub use build::run_document;
pub use cause::{CauseEntry, KeyEntry, ShownEntry};
pub use document::{
    CapabilitiesEntry, ChoiceEntry, CoverageEntry, ExpectationsEntry, GateEntry, LeftOutEntry, RUN_SCHEMA,
    RunDocument, SourceEntry, StaleItem, SummaryEntry, TargetEntry,
};
pub use scenario::{
    ControlEntry, FindingEntry, GradeEntry, GradeWord, KnownEntry, PlaceEntry, RepeatEntry, ScenarioEntry,
    VerdictWord,
};
pub use schema::run_schema;
