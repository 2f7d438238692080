//! A descriptor as it is written.

use std::{collections::BTreeMap, path::PathBuf};

use deadzone_history::Durability;
use serde::Deserialize;

/// The keys that declare something, and so may be documented.
pub(super) const DECLARING: [&str; 12] = [
    "automatic_subscriptions",
    "backpressure",
    "client_certificates",
    "connections",
    "durable",
    "max_qos",
    "queue",
    "retained",
    "session_ttl_s",
    "settle_ms",
    "solo",
    "unordered_topics",
];

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) schema: Option<String>,
    pub(super) name: Option<String>,
    pub(super) about: Option<String>,
    pub(super) version: Option<String>,
    pub(super) tried: Option<String>,
    pub(super) address: Addresses,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) ca: Option<PathBuf>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) expired_cert: Option<PathBuf>,
    pub(super) expired_key: Option<PathBuf>,
    #[serde(default)]
    pub(super) insecure: bool,
    pub(super) max_qos: Option<u8>,
    pub(super) retained: Option<bool>,
    #[serde(default)]
    pub(super) automatic_subscriptions: bool,
    #[serde(default)]
    pub(super) unordered_topics: bool,
    #[serde(default)]
    pub(super) durable: Durability,
    pub(super) queue: Option<u32>,
    pub(super) session_ttl_s: Option<u32>,
    /// What its nodes take to learn of each other.
    pub(super) settle_ms: Option<u32>,
    pub(super) connections: Option<u32>,
    #[serde(default)]
    pub(super) backpressure: bool,
    pub(super) solo: Option<bool>,
    #[serde(default)]
    pub(super) client_certificates: bool,
    #[serde(default)]
    pub(super) documented: BTreeMap<String, String>,
    pub(super) bridge: Option<BridgeFile>,
    pub(super) start: Option<StartFile>,
    pub(super) install: Option<InstallFile>,
}

/// One address for every version, or one for each.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum NodeAddresses {
    One(String),
    Each(BTreeMap<String, String>),
}

/// Those of one node, or of each of several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Addresses {
    Node(NodeAddresses),
    Nodes(Vec<NodeAddresses>),
}

impl Addresses {
    /// Those of each node.
    pub(crate) fn nodes(&self) -> &[NodeAddresses] {
        match self {
            Self::Node(node) => std::slice::from_ref(node),
            Self::Nodes(nodes) => nodes,
        }
    }

    /// Every address as written.
    pub(super) fn texts(&self) -> Vec<&str> {
        self.nodes().iter().flat_map(NodeAddresses::texts).collect()
    }
}

/// What makes two nodes two brokers with a bridge between them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BridgeFile {
    /// Where the second node connects to reach the first; the link listens there.
    pub(crate) listen: String,
}

impl NodeAddresses {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(one) => vec![one],
            Self::Each(each) => each.values().map(String::as_str).collect(),
        }
    }
}

/// How it is started. Every text may hold placeholders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartFile {
    /// A name on PATH, or a path.
    pub(crate) program: String,
    /// Files that have to be there besides.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Names of further free ports; `port` is always there.
    #[serde(default)]
    pub(crate) ports: Vec<String>,
    /// An authority, a server's certificate, a client's and an expired one are made in `{certificates}`.
    #[serde(default)]
    pub(crate) certificates: bool,
    /// Files of the scratch folder.
    #[serde(default)]
    pub(crate) files: Vec<TextFile>,
    /// Commands that are run in the scratch folder before it.
    #[serde(default)]
    pub(crate) prepare: Vec<Vec<String>>,
    /// Commands that are run when it was killed, for what a signal does not reach.
    #[serde(default)]
    pub(crate) end: Vec<Vec<String>>,
    pub(crate) ready_within_s: Option<u32>,
    pub(crate) stop_within_s: Option<u32>,
    /// Open files that it needs.
    pub(crate) open_files: Option<usize>,
    pub(crate) version: Option<VersionFile>,
}

/// A file with its text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextFile {
    /// Below the folder.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// How it tells its version.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionFile {
    pub(crate) command: Vec<String>,
    /// What stands before the version on its line.
    #[serde(default)]
    pub(crate) prefix: String,
    /// What stands behind it.
    #[serde(default)]
    pub(crate) suffix: String,
}

/// How it is installed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstallFile {
    /// Packages of Debian.
    #[serde(default)]
    pub(crate) debian: Vec<String>,
    /// Commands that put it into `{installed}`.
    #[serde(default)]
    pub(crate) commands: Vec<Vec<String>>,
    /// Files of `{installed}`.
    #[serde(default)]
    pub(crate) files: Vec<TextFile>,
}
