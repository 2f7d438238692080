//! Claims of the walk: numbered, recorded where they begin, and closed with what became of them.

use deadzone_history::{Claim, ClaimKind, Ended, EventKind, Late, Place};
use deadzone_script::Step;
use deadzone_wire::Version;

use crate::recorder::SharedRecorder;

/// The claim that is being waited for.
#[derive(Clone, Copy, Debug)]
struct Open {
    claim: u32,
    since_us: u64,
}

/// All claims of a performance.
pub(crate) struct Claims {
    recorder: SharedRecorder,
    version: Version,
    next: u32,
    /// The step whose turn it is.
    pub(super) step: u32,
    open: Option<Open>,
    /// A claim was not met, so no further round begins.
    pub(super) missed: bool,
}

impl Claims {
    pub(super) fn new(recorder: SharedRecorder, version: Version) -> Self {
        Self { recorder, version, next: 0, step: 0, open: None, missed: false }
    }

    /// Records a claim and returns its number.
    pub(super) fn state(&mut self, step: &Step, within_us: u64, kind: ClaimKind) -> u32 {
        let id = self.next;
        self.next += 1;
        let claim = Claim {
            id,
            step: self.step,
            place: Place { line: step.at.line, column: step.at.column, length: step.at.length },
            text: step.text.as_str().into(),
            clauses: step.clauses.iter().copied().filter(|c| c.version() == self.version).collect(),
            within_us,
            kind,
        };
        self.recorder.append(EventKind::Claim(Box::new(claim)));
        id
    }

    /// This claim is waited for from now on.
    pub(super) fn wait_begins(&mut self, claim: u32) {
        self.open = Some(Open { claim, since_us: self.recorder.now_us() });
    }

    pub(super) fn met(&mut self, claim: u32, by: &[u64], late: Late) {
        self.open = None;
        self.recorder.append(EventKind::Met { claim, by: by.into(), late });
    }

    pub(super) fn unmet(&mut self, claim: u32, since_us: u64, why: Ended, got: Option<u64>) {
        self.open = None;
        self.missed |= why != Ended::TriedAgain;
        let waited_us = self.recorder.now_us() - since_us;
        self.recorder.append(EventKind::Unmet { claim, waited_us, why, got });
    }

    /// Whatever is being waited for ends here.
    pub(super) fn cut_off(&mut self, why: Ended) {
        if let Some(Open { claim, since_us }) = self.open {
            self.unmet(claim, since_us, why, None);
        }
    }

    /// The number of the last claim.
    pub(super) fn last(&self) -> u32 {
        self.next.saturating_sub(1)
    }
}
