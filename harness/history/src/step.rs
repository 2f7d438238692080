//! Steps of the script, and what happens to the target.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::ClientIx;

/// A step's turn came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepEvent {
    /// Its number in the script, from 0.
    pub step: u32,
    /// Its line in the file.
    pub line: u32,
    /// Its text.
    pub text: Arc<str>,
    /// What it is done to.
    pub kind: StepClass,
    /// It breaks the protocol on purpose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deviant: bool,
    /// Which time the steps are played, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub round: u32,
    /// Why it was left out, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipReason>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_first(round: &u32) -> bool {
    *round == 0
}

/// What a step is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepClass {
    /// A client acts or waits.
    Client(ClientIx),
    /// A client's link changes, or is looked at.
    Link(ClientIx),
    /// Something is done to the target's process.
    Target(TargetStep),
    /// Something is expected of the whole run.
    Expect(ClientIx),
}

/// What a script can do to the target's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetStep {
    /// Ends it without a word.
    Kill,
    /// Asks it to end.
    Stop,
    /// Starts it again.
    Restart,
    /// Starts it again with nothing stored.
    RestartFresh,
    /// Halts it where it is.
    Freeze,
    /// Lets it run on.
    Thaw,
}

/// Why a step was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipReason {
    /// It is for another version.
    OtherVersion,
    /// It recovers from a fault that this run does not have.
    Recovery,
    /// The walk was given up before it.
    EarlierStepFailed,
    /// This run is without it.
    NotPlayed,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherVersion => "another version",
            Self::Recovery => "recovery: nothing to recover from without the fault",
            Self::EarlierStepFailed => "an earlier step failed",
            Self::NotPlayed => "not played in this run",
        })
    }
}

/// What became of the target's process, or was found out about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetEvent {
    /// It was killed.
    Killed,
    /// It was asked to end, and did.
    Stopped,
    /// It runs again.
    Restarted,
    /// It was halted.
    Frozen,
    /// It runs on.
    Thawed,
    /// It ended by itself.
    Gone,
    /// It answers nothing on any connection.
    Hung,
    /// It answers some clients only.
    HalfDead,
    /// It serves fresh clients again.
    Whole,
}

impl fmt::Display for TargetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed => "the target was killed",
            Self::Stopped => "the target was stopped",
            Self::Restarted => "the target runs again",
            Self::Frozen => "the target was frozen",
            Self::Thawed => "the target was thawed",
            Self::Gone => "the target is gone",
            Self::Hung => "the target hangs",
            Self::HalfDead => "the target answers some clients only",
            Self::Whole => "the target is whole again",
        })
    }
}
