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
    /// Nothing ran; or nothing failed, and less was judged than the file of known failures asks for.
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

    /// The code of a run that is held against a file of known failures: something of it did not come, or too little was judged.
    pub(crate) fn with_file(self, stale: bool, below_floor: bool) -> Self {
        // A failure is told as one: the floor keeps a run from turning green, and often has that failure for its cause.
        match self.rank() < Self::StaleExpectation.rank() {
            true if below_floor => Self::NothingRan,
            true if stale => Self::StaleExpectation,
            _ => self,
        }
    }

    /// A code that a summary holds.
    pub fn known(code: u8) -> Self {
        let all = [
            Self::Success,
            Self::Failure,
            Self::Inconclusive,
            Self::NothingRan,
            Self::Target,
            Self::StaleExpectation,
            Self::Interrupted,
        ];
        all.into_iter().find(|known| *known as u8 == code).unwrap_or(Self::Bug)
    }

    /// The code of several runs: the worst; where they did not say the same, inconclusive at best.
    pub fn of_runs(codes: impl IntoIterator<Item = Self>, same: bool) -> Self {
        let least = if same { Self::NothingRan } else { Self::Inconclusive };
        codes.into_iter().chain([least]).max_by_key(|code| code.rank()).unwrap_or(least)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_makes_of_a_code_keeps_the_order_of_codes() {
        use ExitCode::{
            Bug, Failure, Inconclusive, Interrupted, NothingRan, StaleExpectation, Success, Target,
        };
        let codes = [Success, Inconclusive, Failure, Target, Bug, Interrupted];
        let of = |stale, floor| codes.map(|code| code.with_file(stale, floor));
        assert_eq!(of(false, false), codes);
        assert_eq!(of(true, false), [StaleExpectation, StaleExpectation, Failure, Target, Bug, Interrupted]);
        assert_eq!(of(true, true), [NothingRan, NothingRan, Failure, Target, Bug, Interrupted]);
    }

    #[test]
    fn runs_that_differ_never_end_in_success() {
        use ExitCode::{Failure, Inconclusive, NothingRan, Success};
        assert_eq!(ExitCode::of_runs([Success, Success], true), Success);
        assert_eq!(ExitCode::of_runs([Success, Success], false), Inconclusive);
        assert_eq!(ExitCode::of_runs([Success, Failure, Inconclusive], false), Failure);
        assert_eq!(ExitCode::of_runs([NothingRan], true), NothingRan);
    }
}
