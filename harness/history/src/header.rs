//! What was run: the first line of a history.

use deadzone_spec::ClauseId;
use deadzone_wire::Version;
use serde::{Deserialize, Serialize};

/// The schema's name and major version.
pub const SCHEMA: &str = "deadzone.history/1";

/// The first line of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`]; a reader refuses another major.
    pub schema: String,
    /// Version of deadzone that wrote it.
    pub deadzone: String,
    /// Scenario id.
    pub scenario: String,
    /// Scenario file, as the scenario root names it.
    pub file: String,
    /// Version that it was performed in.
    pub version: Version,
    /// Seed of this scenario in this version, hex.
    pub seed: String,
    /// Which run this is.
    pub run: RunKind,
    /// What `{run}` stood for.
    pub nonce: String,
    /// The clauses that the scenario names for this version.
    pub clauses: Vec<ClauseId>,
    /// The clients in the order of the script; events name them by index.
    pub clients: Vec<ClientInfo>,
    /// Facts about the target that judgement needs.
    pub target: TargetFacts,
}

impl Header {
    /// The version in force on this client's connections; the harness's own client speaks the scenario's.
    pub fn version_of(&self, client: usize) -> Version {
        self.clients.get(client).map_or(self.version, |c| c.version)
    }
}

/// The main run or the control run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// With the scenario's faults.
    Main,
    /// Without.
    Control,
}

/// A client of the script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// Its name.
    pub name: String,
    /// The script answers for it.
    pub manual: bool,
    /// It never crosses an impaired link.
    pub direct: bool,
    /// The version it speaks.
    pub version: Version,
}

/// Declared facts about the target that change what may be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetFacts {
    /// It makes subscriptions of its own for clients, so that a topic may match no filter that we sent.
    pub automatic_subscriptions: bool,
}
