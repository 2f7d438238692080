//! Renderings of verdicts and histories: terminal, JUnit, JSON.
//!
//! Everything here listens to the runner's [`deadzone_verdict::RunEvent`]s and makes text. [`Terminal`] writes as a run
//! goes on; [`Collector`] gathers a [`RunModel`], from which [`junit()`] and [`run_document`] make whole documents. All of
//! them share the two-ended timeline and the escaping: whatever came from a broker is hostile until escaped.
//!
//! Nothing here runs anything, judges anything or opens a file.

mod error;
mod escape;
mod json;
mod junit;
mod model;
mod not_started;
mod repro;
mod shell;
mod terminal;
mod timeline;

pub use error::ReportError;
pub use escape::{on_lines, on_one_line};
pub use json::{
    CapabilitiesEntry, CauseEntry, ChoiceEntry, ControlEntry, CoverageEntry, ExpectationsEntry, FindingEntry,
    GateEntry, GradeEntry, GradeWord, KeyEntry, KnownEntry, LeftOutEntry, PlaceEntry, RUN_SCHEMA,
    RepeatEntry, RunDocument, ScenarioEntry, ShownEntry, SourceEntry, StaleItem, SummaryEntry, TargetEntry,
    VerdictWord, run_document, run_schema,
};
pub use junit::junit;
pub use model::{Collector, RunModel};
pub use not_started::{not_started_document, not_started_junit};
pub use repro::{Recording, Reproduction, SCRIPT_MARK, reproduction, script_name};
pub use shell::shell_word;
pub use terminal::{
    CoverageTable, Terminal, TerminalOptions, Verbosity, bug_table, coverage_table, failure_block, run_line,
    run_sets, same_cause_block,
};
