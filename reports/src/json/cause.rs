//! The causes of a document's failures.

use deadzone_verdict::{Cause, ScenarioResult, Shown, causes, finding};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RunModel;

/// Failures that show the same: one clause, kind of fact and acknowledged step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseEntry {
    /// What it means to a user, by its stable name: `loses`, `duplicates`, `cosmetic` …
    pub consequence: String,
    /// The same in words.
    pub means: String,
    /// The clause, with version.
    pub clause: String,
    /// The kind of fact, by its stable name.
    pub fact: String,
    /// Where it shows and is not known; the first is the one to read.
    pub shown: Vec<ShownEntry>,
    /// Where it shows as a file of known failures expects, or in a scenario that is newer than the file.
    #[serde(default)]
    pub known: Vec<ShownEntry>,
    /// The gates that it shuts, by name.
    pub gates: Vec<String>,
    /// What stands on those gates, and so was blocked.
    pub blocks: Vec<KeyEntry>,
}

/// A scenario that shows a cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShownEntry {
    /// Scenario id.
    pub id: String,
    /// `3.1`, `3.1.1` or `5.0`.
    pub version: String,
    /// Which of the scenario's findings it is, from 0.
    pub finding: u64,
    /// The finding's fingerprint.
    pub fingerprint: String,
}

/// A scenario in a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KeyEntry {
    /// Scenario id.
    pub id: String,
    /// `3.1`, `3.1.1` or `5.0`.
    pub version: String,
}

/// The causes of what failed in a run, the worst first.
pub(super) fn entries(run: &RunModel) -> Vec<CauseEntry> {
    let gates = run.summary.as_deref().map(|summary| summary.gates.as_slice()).unwrap_or_default();
    causes(&run.results, gates).iter().map(|cause| entry(run, cause)).collect()
}

fn entry(run: &RunModel, cause: &Cause) -> CauseEntry {
    let entry_of = |shown: &Shown| {
        let KeyEntry { id, version } = key(run.results.get(shown.result)?);
        let fingerprint = finding(&run.results, *shown)?.fingerprint().to_string();
        Some(ShownEntry { id, version, finding: shown.finding as u64, fingerprint })
    };
    CauseEntry {
        consequence: cause.consequence.name().to_owned(),
        means: cause.consequence.text().to_owned(),
        clause: cause.fingerprint.clause.to_string(),
        fact: cause.fingerprint.fact.to_string(),
        shown: cause.shown.iter().filter_map(entry_of).collect(),
        known: cause.known.iter().filter_map(entry_of).collect(),
        gates: cause.gates.clone(),
        blocks: cause.blocks.iter().filter_map(|at| run.results.get(*at)).map(|result| key(result)).collect(),
    }
}

fn key(result: &ScenarioResult) -> KeyEntry {
    KeyEntry { id: result.key.id.clone(), version: result.key.version.to_string() }
}
