//! Why a run could not be made, by whose doing.

use std::{io, path::PathBuf};

use deadzone_history::HistoryError;
use deadzone_target::TargetError;

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
    /// The target can't be had.
    #[error(transparent)]
    Broker(#[from] TargetError),
    /// The file of known failures has mistakes, or can't be read.
    #[error(transparent)]
    Expect(#[from] ExpectError),
    /// Foreign links need a target that has an address.
    #[error("foreign links lead to an address: the embedded broker has none (--broker)")]
    LinksWithoutAddress,
    /// Clients are dealt over nodes whose target does not say how soon one learns what another was told.
    #[error("--spread needs a target that declares `settle_ms`, in a descriptor: `deadzone explain target`")]
    SpreadWithoutSettling,
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
            Self::Broker(TargetError::Interrupted) | Self::Interrupted => ExitCode::Interrupted,
            Self::Broker(error) if error.is_mistake() => ExitCode::Usage,
            Self::Suite(_)
            | Self::Expect(_)
            | Self::LinksWithoutAddress
            | Self::SpreadWithoutSettling
            | Self::Write { .. }
            | Self::Record { .. } => ExitCode::Usage,
            Self::Selection(_) | Self::NoRecords(_) => ExitCode::NothingRan,
            Self::Broker(_) | Self::Listen { .. } | Self::Target { .. } => ExitCode::Target,
            Self::Environment(_) => ExitCode::Bug,
        }
    }
}
