//! What the runner tells its listeners: typed events, in order.

use deadzone_spec::{ClauseId, Party, Transport};
use std::sync::Arc;

use deadzone_history::History;
use deadzone_wire::Version;

use crate::{AgainstFile, Choice, Coverage, Expectation, Finding, LeftOut, Verdict, VerdictKind};

/// A scenario in a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScenarioKey {
    /// Scenario id.
    pub id: String,
    /// Version.
    pub version: Version,
}

/// One event of a run.
#[derive(Clone, Debug)]
pub enum RunEvent {
    /// The plan is made and the target answered.
    Started(Arc<RunInfo>),
    /// A scenario began.
    ScenarioStarted(ScenarioKey),
    /// A scenario met silence, which is waited out up to the long bound.
    ScenarioParked(ScenarioKey),
    /// A scenario ended its first run, and what it showed is repeated after all first runs: its result is told later.
    ScenarioWaits(ScenarioKey),
    /// A gate that was not chosen passed: it has no result of its own.
    GatePassed(ScenarioKey),
    /// A scenario has its verdict.
    ScenarioFinished(Arc<ScenarioResult>),
    /// The first pass is over; this many scenarios are performed again.
    Confirming(usize),
    /// Something about the run as a whole: a throttle, a target that does not answer any more.
    Notice(String),
    /// The run ended; nothing comes after.
    Finished(Arc<Summary>),
}

/// What the target offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Which version was asked.
    pub version: Version,
    /// Maximum QoS, 0 to 2.
    pub max_qos: u8,
    /// Retained messages.
    pub retain: bool,
    /// Wildcard subscriptions.
    pub wildcard: bool,
    /// Subscription Identifiers.
    pub subscription_identifier: bool,
    /// Shared subscriptions.
    pub shared: bool,
    /// Sessions outlive their connection (probed).
    pub session: bool,
    /// Receive Maximum of the server (65,535 where it does not say).
    pub receive_maximum: u16,
    /// Maximum Packet Size, bytes, where it says.
    pub maximum_packet_size: Option<u32>,
    /// Server Keep Alive, seconds, where it says.
    pub server_keep_alive_s: Option<u16>,
    /// Topic Alias Maximum of the server, 0 where it does not say: how many aliases it takes.
    pub topic_alias_maximum: u16,
    /// Where each fact that is not the default comes from.
    pub sources: Vec<Provenance>,
}

impl Capabilities {
    /// Of a target that offers everything and limits nothing, but for the highest topic alias: there is one above its maximum.
    pub fn everything(version: Version) -> Self {
        Self {
            version,
            max_qos: 2,
            retain: true,
            wildcard: true,
            subscription_identifier: version == Version::V5,
            shared: version == Version::V5,
            session: true,
            receive_maximum: u16::MAX,
            maximum_packet_size: None,
            server_keep_alive_s: None,
            topic_alias_maximum: if version == Version::V5 { u16::MAX - 1 } else { 0 },
            sources: Vec::new(),
        }
    }
}

/// Where a fact about a target comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Which: `retain`.
    pub fact: String,
    /// Who says so.
    pub source: Source,
    /// How, in words: `CONNACK says RetainAvailable 0`.
    pub how: String,
}

/// Who says a fact about a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Its descriptor.
    Declared,
    /// Its CONNACK.
    Advertised,
    /// It was seen on the wire.
    Seen,
    /// Nobody says otherwise than the standard.
    Standard,
}

impl Source {
    /// The word for it: `declared`, `advertised`, `seen`, `standard`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Advertised => "advertised",
            Self::Seen => "seen",
            Self::Standard => "standard",
        }
    }
}

/// The head of a run.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// Version of deadzone.
    pub deadzone: String,
    /// Hash of the suite's text, hex.
    pub suite: String,
    /// The target's name: `embedded`, `mosquitto`, or its address.
    pub target: String,
    /// What the target says of its version, if anything.
    pub target_version: Option<String>,
    /// Its address, if it has one.
    pub address: Option<String>,
    /// What carried the bytes; absent where a record does not say.
    pub transport: Option<Transport>,
    /// How it was started and configured, for a maintainer: command line, configuration text; empty if we did not start it.
    pub target_configuration: String,
    /// Whose links stood between the clients and the target, if not ours: kind, version and address.
    pub links: Option<String>,
    /// Defects, mutants and variants that are switched on.
    pub switched_on: Vec<String>,
    /// What it offers, by version.
    pub capabilities: Vec<Capabilities>,
    /// Run seed, hex.
    pub seed: String,
    /// How many scenario performances are planned.
    pub planned: usize,
    /// How they were chosen.
    pub choice: Choice,
    /// The folder into which a script of each failure is written, if any is.
    pub scripts: Option<String>,
}

/// A control run's outcome.
#[derive(Clone, Debug)]
pub struct ControlResult {
    /// Its verdict's kind.
    pub kind: VerdictKind,
    /// The same clause failed there too: the fault is not needed for it.
    pub same_clause: bool,
    /// One line for people.
    pub text: String,
    /// Its record.
    pub history: Option<Arc<History>>,
}

/// One repeat of a run, on a clock of its own, with all that it showed.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Its own verdict, before the runs were compared.
    pub verdict: Verdict,
    /// Its record; absent if it could not be made.
    pub history: Option<Arc<History>>,
    /// A signal ended it: it shows nothing.
    pub cut_short: bool,
}

/// All about one scenario in one version.
#[derive(Clone, Debug)]
pub struct ScenarioResult {
    /// Which.
    pub key: ScenarioKey,
    /// What carried the bytes; absent where a record does not say.
    pub transport: Option<Transport>,
    /// Who was judged.
    pub party: Party,
    /// The scenario's title.
    pub title: String,
    /// Its file.
    pub file: String,
    /// The file's text, for carets.
    pub source: Arc<str>,
    /// Line of the `scenario` keyword.
    pub line: u32,
    /// Its clauses of this version.
    pub clauses: Vec<ClauseId>,
    /// Addresses of real bugs of this sort.
    pub like: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The control run, where one was made.
    pub control: Option<ControlResult>,
    /// The repeats, where they were made, the first run excluded.
    pub repeats: Vec<Repeat>,
    /// What the runs were compared by and what came of it, for people; absent where nothing was repeated.
    pub compared: Option<String>,
    /// The record of the first run; absent if it was not performed.
    pub history: Option<Arc<History>>,
    /// The one command that repeats it.
    pub repeat_command: String,
    /// Wall time, ms; for progress and JUnit only.
    pub wall_ms: u64,
    /// The target's log while it ran, where we started it: a bounded tail.
    pub target_log: Option<String>,
    /// How it stands to the file of known failures; absent without one, and for what passed and is not new.
    pub expectation: Option<Expectation>,
}

impl ScenarioResult {
    /// The record that a finding's evidence is of.
    pub fn record_of(&self, finding: &Finding) -> Option<&Arc<History>> {
        let Some(number) = finding.repeat else { return self.history.as_ref() };
        let at = usize::try_from(number).ok()?.checked_sub(1)?;
        self.repeats.get(at)?.history.as_ref()
    }
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// How many of each kind.
    pub pass: usize,
    /// Of which slow.
    pub slow: usize,
    /// Failures.
    pub fail: usize,
    /// Inconclusive.
    pub inconclusive: usize,
    /// Blocked by a gate.
    pub blocked: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Errors.
    pub error: usize,
    /// Planned but not run (interrupted, fail-fast).
    pub not_run: usize,
    /// What was put to the test, by version.
    pub coverage: Vec<Coverage>,
    /// A signal ended the run.
    pub interrupted: bool,
    /// The process's exit code.
    pub exit_code: u8,
    /// Wall time of the run, ms.
    pub wall_ms: u64,
    /// Wall time of the confirmation, ms; a part of `wall_ms`.
    pub confirmation_ms: u64,
    /// How long a silence was waited out, s; absent where nothing was waited out.
    pub long_bound_s: Option<u64>,
    /// What was told of the run as a whole, in order.
    pub notices: Vec<String>,
    /// The gates that were tried.
    pub gates: Vec<GateState>,
    /// What was planned and did not begin, on purpose; a part of `not_run`.
    pub left_out: Vec<LeftOut>,
    /// How it stands to the file of known failures; absent without one.
    pub expectations: Option<AgainstFile>,
}

/// How a gate ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateState {
    /// The version.
    pub version: Version,
    /// The gate's name.
    pub gate: String,
    /// `open`, `failed`, `limited` or `not known`.
    pub state: String,
    /// Why, where it is not open.
    pub why: String,
    /// The scenario that shows the violation, where one does.
    pub failed_by: Option<String>,
}
