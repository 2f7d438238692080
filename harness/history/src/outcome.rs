//! How waits end, and why a walk does not go on.

use std::fmt;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Its patience ended.
    Patience,
    /// It was parked, and the long bound ended.
    LongBound,
    /// The connection was closed.
    Closed,
    /// Another answer came.
    Mismatch,
    /// There is no connection on which it could come.
    NotConnected,
    /// The harness itself was not run for too long.
    Starved,
    /// The run was ended from outside.
    Cancelled,
    /// A bound of the record was passed.
    Overflow,
    /// The link is down.
    LinkDown,
    /// The scenario's own deadline passed.
    Overdue,
    /// The connection was closed, or told to come later, and is tried again after a pause.
    TriedAgain,
    /// An earlier wait ended in silence: what is not there already is not waited for.
    WalkEnded,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patience => "patience",
            Self::LongBound => "long bound",
            Self::Closed => "closed",
            Self::Mismatch => "mismatch",
            Self::NotConnected => "not connected",
            Self::Starved => "the harness was starved",
            Self::Cancelled => "cancelled",
            Self::Overflow => "overflow",
            Self::LinkDown => "link down",
            Self::Overdue => "the scenario's deadline",
            Self::TriedAgain => "tried again",
            Self::WalkEnded => "an earlier wait ended in silence",
        })
    }
}

/// Why a connection could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenError {
    /// The target refused it.
    Refused,
    /// Nothing came of it in time.
    TimedOut,
    /// It was reset while it was being made.
    Reset,
    /// The link was down all the time.
    LinkDown,
    /// Anything else, in the words of the operating system or of the link.
    Other(Box<str>),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the target refused it",
            Self::TimedOut => "no connection within the time-out",
            Self::Reset => "it was reset",
            Self::LinkDown => "the link was not restored in time",
            Self::Other(why) => why,
        })
    }
}

/// Why the steps behind one were not performed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abandon {
    /// The whole walk took too long.
    Deadline {
        /// How long it may take, ms.
        ms: u64,
    },
    /// A step that this one stands on was not performed.
    StepFailed {
        /// Its number.
        step: u32,
    },
    /// What the step claims did not come.
    ClaimUnmet {
        /// The claim's number.
        claim: u32,
        /// What did not come, for people.
        what: Box<str>,
    },
    /// The way to the target was lost behind a link of somebody else.
    LinkLost(OpenError),
    /// No connection could be made.
    NoConnection(OpenError),
    /// The step's client has none.
    NotConnected {
        /// The client's name.
        client: Box<str>,
    },
    /// The target closed before the step had done anything.
    ClosedEarly,
    /// The environment refused what the run needs.
    Trouble(Box<str>),
    /// The step can't be made as it is written.
    BadStep(Box<str>),
}

impl Abandon {
    /// A claim's end, told by what did not come.
    pub fn unmet(claim: u32, what: impl Into<Box<str>>) -> Self {
        Self::ClaimUnmet { claim, what: what.into() }
    }
}

impl fmt::Display for Abandon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadline { ms } => write!(f, "the scenario's deadline of {ms} ms passed"),
            Self::StepFailed { step } => write!(f, "step {step}, on which it stands, was not performed"),
            Self::ClaimUnmet { what, .. } => f.write_str(what),
            Self::NoConnection(OpenError::LinkDown) => OpenError::LinkDown.fmt(f),
            Self::LinkLost(why) | Self::NoConnection(why) => write!(f, "no connection to the target: {why}"),
            Self::NotConnected { client } => write!(f, "client `{client}` has no connection"),
            Self::ClosedEarly => f.write_str("the target closed before CONNECT was sent"),
            Self::Trouble(why) | Self::BadStep(why) => f.write_str(why),
        }
    }
}
