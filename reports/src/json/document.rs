//! The document's types. Every change here is a change of a published format: add, never rename or remove.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CauseEntry, ScenarioEntry};
use crate::ReportError;

/// The schema's name and major version.
pub const RUN_SCHEMA: &str = "deadzone.run/1";

/// A whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunDocument {
    /// `deadzone.run/1`.
    pub schema: String,
    /// Version of deadzone that wrote it.
    pub deadzone: String,
    /// Hash of the suite's text, hex.
    pub suite: String,
    /// Run seed, hex.
    pub seed: String,
    /// The broker under test.
    pub target: TargetEntry,
    /// What the target offers, by version.
    pub capabilities: Vec<CapabilitiesEntry>,
    /// How many scenario performances were planned.
    pub planned: u64,
    /// How they were chosen.
    #[serde(default)]
    pub choice: ChoiceEntry,
    /// The results, ordered by id and version.
    pub scenarios: Vec<ScenarioEntry>,
    /// The causes of what failed, the worst first.
    #[serde(default)]
    pub causes: Vec<CauseEntry>,
    /// What was planned and did not begin, on purpose: it has no result.
    #[serde(default)]
    pub left_out: Vec<LeftOutEntry>,
    /// The counts; null where the run broke off.
    pub summary: Option<SummaryEntry>,
    /// Every planned performance has its result. Where false, absence of a scenario means nothing.
    pub complete: bool,
    /// Why nothing ran; null where the run began.
    #[serde(default)]
    pub not_started: Option<String>,
}

/// How what runs was chosen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChoiceEntry {
    /// The words of the filter, as they were typed; none: everything.
    pub filters: Vec<String>,
    /// The tier: `smoke`, `full` or `long`; empty where records were judged.
    pub tier: String,
    /// How many performances the filter chooses that are outside the tier.
    pub left_out: u64,
    /// The budget, ms; null where there was none.
    pub budget_ms: Option<u64>,
    /// Why the run was gentle with its target; null where it was not.
    pub gentle: Option<String>,
}

/// A performance that was planned and did not begin, on purpose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOutEntry {
    /// Scenario id.
    pub id: String,
    /// `3.1.1` or `5.0`.
    pub version: String,
    /// Why.
    pub why: String,
}

/// The broker under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetEntry {
    /// Its name, or its address.
    pub name: String,
    /// What it says of its version.
    pub version: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// What carried the bytes: `tcp`, `tls`, `ws` or `wss`; null where a record does not say.
    #[serde(default)]
    pub transport: Option<String>,
    /// How it was started and configured; empty if deadzone did not start it.
    pub configuration: String,
    /// Whose links stood between the clients and the broker: kind, version and address; null where they were deadzone's own.
    pub links: Option<String>,
    /// Defects, mutants and variants that were switched on.
    pub switched_on: Vec<String>,
}

/// What the target offers in one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapabilitiesEntry {
    /// `3.1`, `3.1.1` or `5.0`.
    pub version: String,
    /// Maximum QoS, 0 to 2. Here and below: where `sources` does not name a fact, nothing was said against it, which before 5.0 is
    /// no proof that it is offered.
    pub max_qos: u8,
    /// Retained messages.
    pub retain: bool,
    /// Wildcard subscriptions.
    pub wildcard: bool,
    /// Subscription Identifiers.
    pub subscription_identifier: bool,
    /// Shared subscriptions.
    pub shared: bool,
    /// Sessions outlive their connection.
    pub session: bool,
    /// Receive Maximum of the server.
    pub receive_maximum: u16,
    /// Maximum Packet Size, bytes; null where it does not say.
    pub maximum_packet_size: Option<u32>,
    /// Server Keep Alive, seconds; null where it does not say.
    pub server_keep_alive_s: Option<u16>,
    /// Topic Alias Maximum; 0 where it does not say, which is what the standard then means.
    #[serde(default)]
    pub topic_alias_maximum: u16,
    /// Where each fact that is not the default comes from.
    pub sources: Vec<SourceEntry>,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceEntry {
    /// The fact: `retain`.
    pub fact: String,
    /// Its source: `CONNACK Retain Available 0`.
    pub source: String,
}

/// The counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryEntry {
    /// Passes, slow ones included.
    pub pass: u64,
    /// Slow passes.
    pub slow: u64,
    /// Failures.
    pub fail: u64,
    /// Inconclusive.
    pub inconclusive: u64,
    /// Blocked by a gate.
    pub blocked: u64,
    /// Not applicable.
    pub not_applicable: u64,
    /// Errors.
    pub error: u64,
    /// Planned but not run.
    pub not_run: u64,
    /// Clauses that were put to the test, by version.
    pub coverage: Vec<CoverageEntry>,
    /// A signal ended the run.
    pub interrupted: bool,
    /// The process's exit code.
    pub exit_code: u8,
    /// Wall time of the run, ms.
    pub wall_ms: u64,
    /// Wall time of the confirmation, ms; a part of `wall_ms`.
    pub confirmation_ms: u64,
    /// How long silences were waited out, s; null where none was.
    pub long_bound_s: Option<u64>,
    /// What was told of the run as a whole: throttles, gates that are shut, a target that was lost.
    pub notices: Vec<String>,
    /// The gates that were tried, by version.
    pub gates: Vec<GateEntry>,
    /// How it stands to the file of known failures; null without one.
    #[serde(default)]
    pub expectations: Option<ExpectationsEntry>,
}

/// How a gate ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateEntry {
    /// `3.1.1` or `5.0`.
    pub version: String,
    /// The gate: `qos2-in`.
    pub gate: String,
    /// `open`, `failed`, `limited` or `not known`.
    pub state: String,
    /// Why, where it is not open.
    pub why: String,
}

/// Coverage of one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageEntry {
    /// `3.1`, `3.1.1` or `5.0`.
    pub version: String,
    /// Numbered server clauses that were put to the test.
    pub named: u64,
    /// Numbered server clauses of the standard.
    pub of: u64,
    /// Ids of deadzone's own that were put to the test.
    pub own: u64,
}

/// How the run stands to a file of known failures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationsEntry {
    /// The file.
    pub file: String,
    /// Results that did not pass, as expected.
    pub expected: u64,
    /// Results that did not pass, and are not expected.
    pub unexpected: u64,
    /// Results of scenarios that are newer than the file.
    pub new: u64,
    /// Entries that matched nothing although their scenarios were judged.
    pub stale: Vec<StaleItem>,
    /// Lines of entries that matched and give no reason.
    pub no_reason: Vec<u32>,
    /// Scenarios that were judged.
    pub tested: u64,
    /// How many must be; null where the run was not of everything.
    pub min_tested: Option<u64>,
    /// What else is to be said of the file.
    pub notes: Vec<String>,
}

/// An entry whose failure did not come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaleItem {
    /// Its line in the file, from 1.
    pub line: u32,
    /// What it expects of which scenario.
    pub text: String,
}

impl RunDocument {
    /// The document as text, indented, with a line end.
    pub fn to_json(&self) -> Result<String, ReportError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads what [`RunDocument::to_json`] wrote, also by a later version with the same major.
    pub fn from_json(text: &str) -> Result<Self, ReportError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        match value.get("schema").and_then(|schema| schema.as_str()) {
            Some(RUN_SCHEMA) => Ok(serde_json::from_value(value)?),
            other => Err(ReportError::Schema(other.unwrap_or_default().to_owned())),
        }
    }
}
