//! From a suite to verdicts: what to run, against which target, how often, and what came of it.
//!
//! The runner emits typed [`deadzone_verdict::RunEvent`]s and prints nothing. Embedded, every scenario has its own broker
//! and its own paused runtime, so that neither parallelism nor a neighbour changes a byte; against a real target it has a
//! thread and a runtime of its own, because it mostly waits.

mod ask;
mod at_once;
mod budget;
mod bugs;
mod confirm;
mod coverage;
mod cut_short;
mod error;
mod exchange;
mod exit;
mod expect;
mod fit;
mod gates;
mod gentle;
mod habit;
mod health;
mod histories;
mod info;
mod job;
mod judgeable;
mod lasting;
mod ledger;
mod leftovers;
mod links;
mod manners;
mod mutant;
mod own_files;
mod pace;
mod passes;
mod plan;
mod pool;
mod portrait;
mod probe;
mod profiles;
mod record;
mod recorded;
mod recovery;
mod run;
mod runs;
mod seed;
mod select;
mod selftest;
mod suite;
mod target;
mod telling;

pub use bugs::{bug_classes, bugs_covered, in_no_class};
pub use coverage::{evidence, proven_evidence};
pub use deadzone_link::Fault;
pub use deadzone_play::{Dial, Dialling, ForeignLinks, NetDial, Reaching, Working};
pub use deadzone_spec::Party;
pub use error::RunError;
pub use exit::ExitCode;
pub use expect::{ExpectError, Expectations, Showed, Updated, update};
pub use gentle::{Gentle, is_loopback, why_not_gentle};
pub use links::{Greeting, LinkProvider};
pub use manners::Manners;
pub use mutant::Mutant;
pub use own_files::{OwnFile, own_files, text_of};
pub use plan::{Plan, Planned};
pub use portrait::{Capability, portrait};
pub use profiles::{profile_texts, profiles};
pub use recorded::{JudgeOptions, judge_files};
pub use run::{Options, run, summary_of};
pub use runs::{RunOf, Runs, run_often};
pub use select::{Selection, SelectionError, Tier, names_clause, version};
pub use selftest::{Kill, SelftestOptions, SelftestProgress, SelftestReport, selftest};
pub use suite::{FileMistakes, Parsed, Suite, SuiteError, parse, same_id};
pub use target::{EmbeddedSpec, TargetSpec, end_started_brokers};
