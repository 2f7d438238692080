//! What was run: the first line of a history.

use deadzone_spec::ClauseId;
use deadzone_wire::Version;
use serde::{Deserialize, Serialize};

use crate::{ClientIx, ConnId, CutShort};

/// The schema's name and major version.
pub const SCHEMA: &str = "deadzone.history/2";

/// The first line of a history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`]; a reader refuses another major.
    pub schema: String,
    /// Version of deadzone that wrote it.
    pub deadzone: String,
    /// Scenario id; in a link's record the names of its links.
    pub scenario: String,
    /// Scenario file, as the scenario root names it.
    pub file: String,
    /// Version that it was performed in.
    pub version: Version,
    /// Seed of this scenario in this version, hex.
    pub seed: String,
    /// What was recorded.
    pub origin: Origin,
    /// What every topic and client id of the whole run begins with. A topic that begins so but not with `nonce` belongs to
    /// another scenario of the run.
    pub run_prefix: String,
    /// What `{run}` stood for: it begins with `run_prefix`.
    pub nonce: String,
    /// The clauses that the scenario names for this version.
    pub clauses: Vec<ClauseId>,
    /// The clients in the order of the script; events name them by index. Empty in a link's record.
    pub clients: Vec<ClientInfo>,
    /// After how long a wait that met silence is parked, µs.
    #[serde(default)]
    pub patience_us: u64,
    /// How long a parked wait lasts in all, µs.
    #[serde(default)]
    pub long_bound_us: u64,
    /// In real time: the same steps may go otherwise another time, so that what failed wants its repeats. In virtual time the same
    /// run gives the same bytes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub real_time: bool,
    /// No wait was extended to the long bound: a quick run, or a repeat of another one. Its silences prove nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quick: bool,
    /// What ended it before its own end, or took the target from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<CutShort>,
    /// Facts about the target that judgement needs.
    pub target: TargetFacts,
    /// What this record continues, where an earlier file has the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<Continues>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this shape")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The state in which a record was continued in a file of its own. Packets whose twin lies in an earlier file name none there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continues {
    /// The number of the first event in this file.
    pub first_seq: u64,
    /// The connections that were open.
    pub open: Vec<OpenConnection>,
}

/// A connection that an earlier file opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenConnection {
    /// Which.
    pub conn: ConnId,
    /// Whose.
    pub client: ClientIx,
    /// The version in force on it.
    pub version: Version,
}

impl Header {
    /// The version in force on this client's connections; the harness's own client speaks the scenario's.
    pub fn version_of(&self, client: ClientIx) -> Version {
        self.clients.get(client.index()).map_or(self.version, |c| c.version)
    }
}

/// What a history is the record of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A scenario with its faults.
    Scenario,
    /// The same without them.
    Control,
    /// Foreign clients, over a link of ours.
    Link,
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
    /// It is no client of the script but the connection between two brokers of a target, recorded for people: both of its ends
    /// are the target's, so that none is judged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bridge: bool,
}

/// Declared and probed facts about the target that change what may be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TargetFacts {
    /// It makes subscriptions of its own for clients, so that a topic may match no filter that we sent.
    pub automatic_subscriptions: bool,
    /// It declares topics for which it keeps no order.
    pub unordered_topics: bool,
    /// What outlives its process.
    pub durable: Durability,
    /// Most messages that it keeps for one session, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// Longest life of a session without connection, seconds, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_ttl_s: Option<u32>,
    /// Most connections at once, where it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Its nodes are two brokers with a bridge between them: what crosses it is held to no clause of the standard.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bridge: bool,
    /// A probe found that it speaks 3.1.1 and not 5.0 at this address.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub v311_alone: bool,
    /// The user name with which every client of the harness comes to it, where it wants a login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A probe found that it sends one unacknowledged message at a time.
    pub in_flight_one: bool,
    /// A gate saw that it takes messages of QoS 2: one that it closes on is not beyond what it supports.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_qos_2: bool,
    /// A gate found that a session which a clean start begins goes wrong, and one that begins without it does not: new sessions
    /// begin in that way.
    pub session_at_once: bool,
}

/// What of its state a target declares to keep over a kill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Nothing.
    #[default]
    None,
    /// What was written at its last interval.
    Periodic,
    /// Whatever it has acknowledged.
    Ack,
}
