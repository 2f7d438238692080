//! Why a run could not be made, by whose doing.

use std::{io, path::PathBuf};

use deadzone_history::HistoryError;

use crate::{ExitCode, ExpectError, SelectionError, SuiteError};

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The scenario files have mistakes, or can't be read.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// The selection names nothing.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The address is none.
    #[error(
        "`{0}` is no broker: expected `mosquitto`, `embedded`, `reference`, mqtt[s]://HOST:PORT, ws[s]://HOST:PORT/PATH or FILE.toml"
    )]
    TargetSyntax(String),
    /// The address has a mistake.
    #[error("the broker's address: {0}")]
    Address(#[source] deadzone_transport::EndpointError),
    /// What goes with the address does not fit it.
    #[error("{0}")]
    Entry(&'static str),
    /// A file with a password or a certificate can't be read.
    #[error("{path}: {why}")]
    EntryFile {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Certificates or keys can't be used.
    #[error(transparent)]
    Tls(deadzone_transport::TlsError),
    /// A target's descriptor has a mistake, or can't be read.
    #[error("{path}: {why}")]
    Descriptor {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        why: String,
    },
    /// The file of known failures has mistakes, or can't be read.
    #[error(transparent)]
    Expect(#[from] ExpectError),
    /// Foreign links need a target that has an address.
    #[error("foreign links lead to an address: the embedded broker has none (--broker)")]
    LinksWithoutAddress,
    /// The host's name has no address.
    #[error("no address for `{host}`: {why}")]
    Resolve {
        /// As given.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// The broker's program is not installed.
    #[error("{program} is not installed (looked in {looked})")]
    NotInstalled {
        /// Its name.
        program: &'static str,
        /// Where we looked.
        looked: String,
    },
    /// The broker's program could not be started or did not become ready.
    #[error("{program} could not be started: {why}")]
    Start {
        /// Its name.
        program: String,
        /// Why, with the tail of its log.
        why: String,
    },
    /// The target can't be reached or does not speak MQTT.
    #[error("{target} is not usable as an MQTT broker: {why}")]
    Target {
        /// Its address.
        target: String,
        /// What happened.
        why: String,
    },
    /// A signal came before anything ran.
    #[error("interrupted")]
    Interrupted,
    /// A port that was asked for can't be listened on.
    #[error("could not listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A file that was asked for could not be written.
    #[error("could not write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no history, or one that can't be read.
    #[error("{path} is no history that can be judged: {source}")]
    Record {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        source: HistoryError,
    },
    /// A folder holds no records.
    #[error("no history (`*.ndjson`) in {0}")]
    NoRecords(PathBuf),
    /// A runtime or thread could not be made.
    #[error("the environment refused")]
    Environment(#[source] io::Error),
}

impl RunError {
    /// The exit code that it calls for.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Suite(_)
            | Self::TargetSyntax(_)
            | Self::Address(_)
            | Self::Entry(_)
            | Self::EntryFile { .. }
            | Self::Tls(_)
            | Self::Descriptor { .. }
            | Self::Expect(_)
            | Self::LinksWithoutAddress
            | Self::Write { .. }
            | Self::Record { .. } => ExitCode::Usage,
            Self::Selection(_) | Self::NoRecords(_) => ExitCode::NothingRan,
            Self::Resolve { .. }
            | Self::NotInstalled { .. }
            | Self::Start { .. }
            | Self::Listen { .. }
            | Self::Target { .. } => ExitCode::Target,
            Self::Interrupted => ExitCode::Interrupted,
            Self::Environment(_) => ExitCode::Bug,
        }
    }
}
