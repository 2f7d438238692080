//! Why a target can't be had, by whose doing.

use std::path::PathBuf;

/// Why a target can't be had.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The text names no broker.
    #[error(
        "`{text}` is no broker: expected a preset (`deadzone targets`), `embedded`, `reference`, mqtt[s]://HOST:PORT, ws[s]://HOST:PORT/PATH or FILE.toml{near}"
    )]
    Syntax {
        /// As given.
        text: String,
        /// The preset that may be meant, as a question; else empty.
        near: String,
    },
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
    Tls(#[from] deadzone_transport::TlsError),
    /// A descriptor has a mistake, or can't be read.
    #[error("{path}: {why}")]
    Descriptor {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its line.
        why: String,
    },
    /// The host's name has no address.
    #[error("no address for `{host}`: {why}")]
    Resolve {
        /// As given.
        host: String,
        /// What the resolver said.
        why: String,
    },
    /// Something that the broker needs is not installed.
    #[error("{name}: {missing} is not installed; {how}")]
    NotInstalled {
        /// The target.
        name: String,
        /// The program or file, and where it was looked for.
        missing: String,
        /// How it is installed.
        how: String,
    },
    /// An installation failed.
    #[error("{name} could not be installed: {why}")]
    Install {
        /// The target.
        name: String,
        /// What failed.
        why: String,
    },
    /// The broker could not be started, or did not become ready.
    #[error("{name} could not be started: {why}")]
    Start {
        /// The target.
        name: String,
        /// Why, with the tail of its log.
        why: String,
    },
    /// A signal came meanwhile.
    #[error("interrupted")]
    Interrupted,
}

impl TargetError {
    /// Whether it is a mistake of the user, in words or in a file; else the target or the machine is at fault.
    pub fn is_mistake(&self) -> bool {
        matches!(
            self,
            Self::Syntax { .. }
                | Self::Address(_)
                | Self::Entry(_)
                | Self::EntryFile { .. }
                | Self::Tls(_)
                | Self::Descriptor { .. }
        )
    }
}
