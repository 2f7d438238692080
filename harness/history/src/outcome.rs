//! How waits end, and why a walk does not go on.

use serde::{Deserialize, Serialize};

/// When what a claim waited for came. Times are counted from the start of `within`, µs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// Before `within` ended.
    #[default]
    InTime,
    /// After it.
    Slow {
        /// How long it took.
        us: u64,
    },
    /// After it, and only after the harness had asked for a sign of life.
    AfterLife {
        /// How long it took.
        us: u64,
    },
}

impl Late {
    pub(crate) fn is_in_time(&self) -> bool {
        *self == Self::InTime
    }

    /// How long it took where that was too long, µs.
    pub fn us(self) -> Option<u64> {
        match self {
            Self::InTime => None,
            Self::Slow { us } | Self::AfterLife { us } => Some(us),
        }
    }
}

/// What ended a wait in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Its patience ended.
    #[error("patience")]
    Patience,
    /// It was parked, and the long bound ended.
    #[error("long bound")]
    LongBound,
    /// The connection was closed.
    #[error("closed")]
    Closed,
    /// Another answer came.
    #[error("mismatch")]
    Mismatch,
    /// There is no connection on which it could come.
    #[error("not connected")]
    NotConnected,
    /// The harness itself was not run for too long.
    #[error("the harness was starved")]
    Starved,
    /// The run was ended from outside.
    #[error("cancelled")]
    Cancelled,
    /// A bound of the record was passed.
    #[error("overflow")]
    Overflow,
    /// The link is down.
    #[error("link down")]
    LinkDown,
    /// The scenario's own deadline passed.
    #[error("the scenario's deadline")]
    Overdue,
    /// The connection was closed, or told to come later, and is tried again after a pause.
    #[error("tried again")]
    TriedAgain,
    /// An earlier wait ended in silence: what is not there already is not waited for.
    #[error("an earlier wait ended in silence")]
    WalkEnded,
}

/// Why a connection could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenError {
    /// The target refused it.
    #[error("the target refused it")]
    Refused,
    /// Nothing came of it in time.
    #[error("no connection within the time-out")]
    TimedOut,
    /// It was reset while it was being made.
    #[error("it was reset")]
    Reset,
    /// The link was down all the time.
    #[error("the link was not restored in time")]
    LinkDown,
    /// Anything else, in the words of the operating system or of the link.
    #[error("{0}")]
    Other(Box<str>),
}

/// Why the steps behind one were not performed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abandon {
    /// The whole walk took too long.
    #[error("the scenario's deadline of {ms} ms passed")]
    Deadline {
        /// How long it may take, ms.
        ms: u64,
    },
    /// A step that this one stands on was not performed.
    #[error("step {step}, on which it stands, was not performed")]
    StepFailed {
        /// Its number.
        step: u32,
    },
    /// What the step claims did not come.
    #[error("{what}")]
    ClaimUnmet {
        /// The claim's number.
        claim: u32,
        /// What did not come, for people.
        what: Box<str>,
    },
    /// The way to the target was lost behind a foreign link.
    #[error("no connection to the target: {0}")]
    LinkLost(OpenError),
    /// No connection could be made.
    #[error("{}", no_connection(.0))]
    NoConnection(OpenError),
    /// The step's client has none.
    #[error("client `{client}` has no connection")]
    NotConnected {
        /// The client's name.
        client: Box<str>,
    },
    /// The target closed before the step had done anything.
    #[error("the target closed before CONNECT was sent")]
    ClosedEarly,
    /// The environment refused what the run needs.
    #[error("{0}")]
    Trouble(Box<str>),
    /// The step can't be made as it is written.
    #[error("{0}")]
    BadStep(Box<str>),
}

impl Abandon {
    /// A claim's end, told by what did not come.
    pub fn unmet(claim: u32, what: impl Into<Box<str>>) -> Self {
        Self::ClaimUnmet { claim, what: what.into() }
    }
}

fn no_connection(why: &OpenError) -> String {
    match why {
        OpenError::LinkDown => why.to_string(),
        why => format!("no connection to the target: {why}"),
    }
}
