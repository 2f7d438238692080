//! The types of one result. Every change here is a change of a published format: add, never rename or remove.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One scenario in one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioEntry {
    /// Scenario id.
    pub id: String,
    /// `3.1`, `3.1.1` or `5.0`.
    pub version: String,
    /// What carried the bytes: `tcp`, `tls`, `ws` or `wss`; null where a record does not say.
    #[serde(default)]
    pub transport: Option<String>,
    /// Its title.
    pub title: String,
    /// Its file.
    pub file: String,
    /// Line of the scenario in its file, from 1.
    pub line: u32,
    /// Its clauses of this version.
    pub clauses: Vec<String>,
    /// Addresses of real bugs of this sort.
    pub like: Vec<String>,
    /// The verdict.
    pub verdict: VerdictWord,
    /// Why, where the verdict needs a reason.
    pub reason: Option<String>,
    /// Broken clauses, first in time first.
    pub findings: Vec<FindingEntry>,
    /// What is worth saying beside the verdict.
    pub grades: Vec<GradeEntry>,
    /// The control run, where one was made.
    pub control: Option<ControlEntry>,
    /// The gate that blocks it, by name; null unless blocked.
    pub blocked_by: Option<String>,
    /// Verdicts of the repeats, the first run excluded.
    pub repeats: Vec<VerdictWord>,
    /// What each repeat found, in the same order.
    pub repeated: Vec<RepeatEntry>,
    /// What the runs were compared by and what came of it; null where nothing was repeated.
    pub compared: Option<String>,
    /// Clauses that were judged in this performance.
    pub judged: Vec<String>,
    /// Seed of this scenario in this version, hex; null where it was not performed.
    pub seed: Option<String>,
    /// The one command that repeats it.
    pub repeat_command: String,
    /// Wall time, ms.
    pub wall_ms: u64,
    /// The file of known failures names all that it shows.
    #[serde(default)]
    pub expected: bool,
    /// The entries of the file that name it; empty unless expected.
    #[serde(default)]
    pub expected_by: Vec<KnownEntry>,
    /// It is newer than the file of known failures: nothing of it turns the run red.
    #[serde(default)]
    pub new: bool,
    /// What the target logged meanwhile, and of this performance's clients and topics alone: the last lines. Empty where it passed and where
    /// we did not start the target.
    #[serde(default)]
    pub target_log: Vec<String>,
    /// Fingerprints of silences that were not waited out.
    #[serde(default)]
    pub unconfirmed: Vec<String>,
}

/// An entry of a file of known failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownEntry {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Why it is expected; empty where the file does not say.
    pub reason: String,
    /// Where more is said of it.
    pub link: Option<String>,
}

/// One repeat, with what it showed by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepeatEntry {
    /// Its own verdict.
    pub verdict: VerdictWord,
    /// Why, where the verdict needs a reason.
    pub reason: Option<String>,
    /// The clauses that it found broken.
    pub clauses: Vec<String>,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// All that was claimed held.
    Pass,
    /// It held, but an answer came late.
    PassSlow,
    /// A clause at level MUST was broken.
    Fail,
    /// The experiment did not happen.
    Inconclusive,
    /// A gate that it stands on is shut.
    Blocked,
    /// A limit of the target excludes it.
    NotApplicable,
    /// The harness's fault, or the environment's.
    Error,
}

/// One broken clause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingEntry {
    /// The clause, with version.
    pub clause: String,
    /// Further clauses of the same obligation.
    pub also: Vec<String>,
    /// The rule or checker that found it.
    pub by: String,
    /// What a conformant broker does here.
    pub wanted: String,
    /// What this one did.
    pub got: String,
    /// What else the broker answered meanwhile; empty where that is not the question.
    pub meanwhile: String,
    /// Events of the history that show it, by number; the last one shows the bug.
    pub evidence: Vec<u64>,
    /// The repeat whose history the evidence is of, from 1; null where that is the first run's.
    pub repeat: Option<u32>,
    /// Where the scenario claims it.
    pub place: Option<PlaceEntry>,
    /// Legal answers that were considered, each with why this is none of them.
    pub could_instead: Vec<String>,
    /// Findings that follow from this one.
    pub folded: Vec<Self>,
    /// What makes it the same finding in another run.
    #[serde(default)]
    pub fingerprint: String,
    /// Some run of the scenario did not show it.
    #[serde(default)]
    pub intermittent: bool,
    /// The script that shows it without deadzone; null where none was written.
    #[serde(default)]
    pub reproduction: Option<String>,
}

/// A place in the scenario file, from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceEntry {
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Length.
    pub length: u32,
}

/// Something worth saying that is no failure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GradeEntry {
    /// The clause concerned.
    pub clause: Option<String>,
    /// Its level.
    pub level: GradeWord,
    /// What was seen.
    pub text: String,
    /// Events of the history that show it.
    pub evidence: Vec<u64>,
}

/// The level of a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GradeWord {
    /// Against a SHOULD.
    Should,
    /// Unusual use of a MAY.
    May,
    /// No requirement.
    Info,
}

/// The control run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ControlEntry {
    /// Its verdict.
    pub verdict: VerdictWord,
    /// The same clause failed there too: the fault is not needed for it.
    pub same_clause: bool,
    /// One line for people.
    pub text: String,
}
