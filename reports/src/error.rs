//! Why a document could not be made or read.

/// Why a document could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The run's head never came: the target did not answer, so that there is nothing to report on.
    #[error("the run did not start: there is nothing to report on")]
    NotStarted,
    /// The JUnit document could not be written.
    #[error("could not write the JUnit document")]
    Junit(#[from] quick_junit::SerializeError),
    /// The JSON document could not be written or read.
    #[error("not a run document")]
    Json(#[from] serde_json::Error),
    /// Another schema or another major version of it.
    #[error("unknown schema `{0}`: this deadzone reads deadzone.run/1")]
    Schema(String),
    /// Its findings have no fingerprints: an earlier deadzone wrote it.
    #[error("the findings of this report have no fingerprints: run again")]
    Old,
    /// A version that is none.
    #[error("`{0}` is no version of MQTT")]
    Version(String),
    /// A clause that is not in the table: another deadzone wrote it.
    #[error("`{0}` is no clause that this deadzone knows")]
    Clause(String),
    /// A transport that is none.
    #[error("`{0}` is no transport of MQTT")]
    Transport(String),
}
