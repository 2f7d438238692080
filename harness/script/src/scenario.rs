//! A scenario: one named experiment with its needs, clauses, clients and steps.

use deadzone_spec::{ClauseId, Node};
use deadzone_wire::Version;

use crate::{At, Certificate, Count, Gate, Step, StepKind, TargetAction};

/// One named experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// `area/file/slug`: from the file's path below the scenario root (without `.mqt`) and the slug. Never a position.
    pub id: String,
    /// The file as it was named to the parser.
    pub file: String,
    /// Where the `scenario` line stands.
    pub at: At,
    /// One line for people.
    pub title: String,
    /// Clauses, in the order of the text.
    pub clauses: Vec<ClauseId>,
    /// What the target must offer.
    pub needs: Vec<Need>,
    /// Versions that it runs in; 3.1.1 and 5.0 unless the text says otherwise.
    pub versions: Vec<Version>,
    /// Free words to select by.
    pub tags: Vec<String>,
    /// Names of the defects and mutants that make it fail.
    pub catches: Vec<Catch>,
    /// Addresses of real bugs of this sort.
    pub like: Vec<String>,
    /// Touches the whole broker: runs alone. So does whatever does something to the target's process.
    pub solo: bool,
    /// This scenario is that gate.
    pub gate: Option<Gate>,
    /// The gates that it stands on, in the order of [`Gate::ALL`]: those that its steps show, and those that the text adds.
    pub stands_on: Vec<Gate>,
    /// How often the steps are played, each time by clients of their own; 1 unless the text says otherwise.
    pub times: u32,
    /// The clients, in the order of declaration.
    pub clients: Vec<ClientDecl>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What runs after a failure, without faults.
    pub control: Control,
}

impl Scenario {
    /// The clauses of one version.
    pub fn clauses_of(&self, version: Version) -> impl Iterator<Item = ClauseId> {
        self.clauses.iter().copied().filter(move |c| c.version() == version)
    }
}

impl Scenario {
    /// The names of all link profiles and overlays that it uses, in the order of the text.
    pub fn profiles(&self) -> Vec<&str> {
        let given = self.clients.iter().filter_map(|client| client.via.as_deref());
        let control = match &self.control {
            Control::Steps(steps) => steps.as_slice(),
            Control::Derived | Control::None(_) => &[],
        };
        let changed = self.steps.iter().chain(control).filter_map(|step| match &step.kind {
            StepKind::LinkProfile { profile, .. } => Some(profile.as_str()),
            _ => None,
        });
        given.chain(changed).collect()
    }

    /// Its steps and those of its control block, to change them.
    pub(crate) fn all_steps_mut(&mut self) -> impl Iterator<Item = &mut Step> {
        let control = match &mut self.control {
            Control::Steps(steps) => steps.as_mut_slice(),
            Control::Derived | Control::None(_) => &mut [],
        };
        self.steps.iter_mut().chain(control)
    }

    /// Whether its steps do something to the target's process.
    pub fn handles_target(&self) -> bool {
        let control = match &self.control {
            Control::Steps(steps) => steps.as_slice(),
            Control::Derived | Control::None(_) => &[],
        };
        self.steps.iter().chain(control).any(|step| matches!(step.kind, StepKind::Target(_)))
    }

    /// Whether it has a fault in this version, so that a run without it says something: a step on a link or on the target, a link
    /// with a profile, or control steps of its own.
    pub fn has_fault(&self, version: Version) -> bool {
        let taken = |step: &&Step| step.only.is_none_or(|only| only == version);
        let is_fault = |step: &Step| {
            matches!(
                step.kind,
                StepKind::Link { .. }
                    | StepKind::LinkProfile { .. }
                    | StepKind::CutTls { .. }
                    | StepKind::Target(_)
            )
        };
        matches!(self.control, Control::Steps(_))
            || self.clients.iter().any(|client| client.via.is_some())
            || self.steps.iter().filter(taken).any(is_fault)
    }

    /// How long its steps wait by the clock alone, ms: watched absences, keep-alives, will delays, and patience that the
    /// script sets itself. An estimate for planning, no bound.
    pub fn bound_by_clock_ms(&self) -> u64 {
        let radio_ms = if self.profiles().is_empty() { 0 } else { RADIO_MS };
        let once_ms = self.steps.iter().map(|step| waits_ms(&step.kind)).sum::<u64>();
        radio_ms + once_ms * u64::from(self.times)
    }
}

/// What an emulated radio costs, ms: some exchanges that take a second or more each.
const RADIO_MS: u64 = 10_000;

/// What a process takes to end or to begin, ms: some take a tenth of it, some four times as much.
const PROCESS_MS: u64 = 5_000;

fn waits_ms(kind: &StepKind) -> u64 {
    match kind {
        StepKind::Connect { options, .. } => {
            let keep_alive_s = options.keep_alive_s.map_or(0, u64::from);
            let delay_s = options.will.as_ref().map_or(0, |will| u64::from(will.delay_s));
            (keep_alive_s.min(10) + delay_s.min(10)) * 1000
        }
        StepKind::ExpectReceives { count: Count::Nothing { for_ms }, .. } => for_ms.unwrap_or(0),
        StepKind::Target(TargetAction::Freeze { for_ms }) => *for_ms,
        StepKind::Target(_) => PROCESS_MS,
        StepKind::ExpectReceives { within_ms, .. } | StepKind::Receive { within_ms, .. } => {
            within_ms.unwrap_or(0)
        }
        _ => 0,
    }
}

/// The name of a defect or mutant that a scenario catches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catch {
    /// Its name.
    pub name: String,
    /// Only in this version (`catches NAME(5.0)`), else in all of the scenario's.
    pub only: Option<Version>,
    /// Where it is named.
    pub at: At,
}

/// Something that the target must offer, else the scenario is not applicable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// `qos N`: Maximum QoS is at least this.
    Qos(u8),
    /// `session`: sessions outlive their connection.
    Session,
    /// `retain`: retained messages.
    Retain,
    /// `wildcard`: wildcard subscriptions.
    Wildcard,
    /// `subscription-identifier`: Subscription Identifiers (5.0).
    SubscriptionIdentifier,
    /// `shared-subscription`: shared subscriptions (5.0).
    SharedSubscription,
    /// `topic-alias`: the server takes topic aliases (5.0).
    TopicAlias,
    /// `topic-alias-limit`: it takes some, and not all (5.0).
    TopicAliasLimit,
    /// `without qos 2`: Maximum QoS is 0 or 1.
    WithoutQos2,
    /// `without retain`: no retained messages.
    WithoutRetain,
    /// `without wildcard`: no wildcard subscriptions.
    WithoutWildcard,
    /// `nodes N`: so many endpoints, 2 or more, that are one server.
    Nodes(u8),
    /// `bridge`: two brokers, the second of which reaches the first over a link of ours.
    Bridge,
    /// `ws`: the run is over a WebSocket, with TLS below it or without.
    Ws,
    /// `tls`: the run is over TLS, with a WebSocket above it or without.
    Tls,
    /// `password`: clients have a user name and a password that the target asks for.
    Password,
    /// `client-certificates`: the target lets no client in without a certificate of its authority.
    ClientCertificates,
}

impl Need {
    /// Whether it is that the target lacks something.
    pub fn is_without(self) -> bool {
        matches!(self, Self::WithoutQos2 | Self::WithoutRetain | Self::WithoutWildcard)
    }
}

/// A scripted client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientDecl {
    /// Its name in the text.
    pub name: String,
    /// The script answers for it; otherwise it is polite: acknowledges by QoS, answers PUBREL, pings.
    pub manual: bool,
    /// It never crosses an impaired link; link steps on it are mistakes.
    pub direct: bool,
    /// The profile of its link, with overlays: `lte-m`, `lte-m+nat-short`. Names are looked up by whoever performs it.
    pub via: Option<String>,
    /// A version of its own.
    pub version: Option<Version>,
    /// The node that it connects to, where the text says so.
    pub node: Option<Node>,
    /// It is no client of the script but the bridge between two brokers: `needs bridge` declares it, and only its link can be
    /// named.
    pub bridge: bool,
    /// The WebSocket subprotocols that it offers, in this order; none given: `mqtt` alone.
    pub offers: Vec<String>,
    /// The certificate that it shows.
    pub certificate: Certificate,
    /// Where it is declared.
    pub at: At,
}

impl ClientDecl {
    /// A client of which nothing but its name is said.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            manual: false,
            direct: false,
            via: None,
            version: None,
            offers: Vec::new(),
            certificate: Certificate::Own,
            node: None,
            bridge: false,
            at: At::default(),
        }
    }
}

/// What runs after a failure to tell whether the fault is needed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// The same steps with the faults put off and made a clean close, without the `recover` steps.
    Derived,
    /// The scenario's own steps.
    Steps(Vec<Step>),
    /// There is none, for this reason: the fault is the stimulus.
    None(String),
}
