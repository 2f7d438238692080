//! Exit codes: a stable promise.

use deadzone_verdict::VerdictKind;

/// What the process exits with. Where several apply the first of this order wins:
/// interrupted, our bug, usage, target, nothing ran, failure, stale expectation, inconclusive, success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// All that ran passed or was not applicable.
    Success = 0,
    /// At least one failure.
    Failure = 1,
    /// Wrong usage, or mistakes in a scenario file.
    Usage = 2,
    /// Nothing failed, but something was inconclusive or blocked.
    Inconclusive = 3,
    /// Nothing ran.
    NothingRan = 4,
    /// The target can't be reached, does not speak MQTT, or was lost in the middle of the run.
    Target = 5,
    /// An expected failure did not happen.
    StaleExpectation = 6,
    /// Our bug.
    Bug = 70,
    /// A signal ended the run.
    Interrupted = 130,
}

impl ExitCode {
    /// The code of a run from its verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = VerdictKind>, target_lost: bool, interrupted: bool) -> Self {
        let mut worst = Self::NothingRan;
        for kind in verdicts {
            let code = match kind {
                VerdictKind::Pass | VerdictKind::PassSlow => Self::Success,
                VerdictKind::NotApplicable => Self::NothingRan,
                VerdictKind::Inconclusive | VerdictKind::Blocked => Self::Inconclusive,
                VerdictKind::Fail => Self::Failure,
                VerdictKind::Error => Self::Bug,
            };
            if code.rank() > worst.rank() {
                worst = code;
            }
        }
        match (interrupted, target_lost) {
            (true, _) => Self::Interrupted,
            (false, true) if worst.rank() < Self::Target.rank() => Self::Target,
            (false, _) => worst,
        }
    }

    /// Precedence among the verdicts' codes: nothing ran < success < inconclusive < failure < bug.
    fn rank(self) -> u8 {
        match self {
            Self::NothingRan => 0,
            Self::Success => 1,
            Self::Inconclusive => 2,
            Self::StaleExpectation => 3,
            Self::Failure => 4,
            Self::Target => 5,
            Self::Usage => 6,
            Self::Bug => 7,
            Self::Interrupted => 8,
        }
    }
}
