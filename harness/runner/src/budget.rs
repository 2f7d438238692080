//! The time that a run may take: what is begun within it. It changes no verdict: nothing that began is cut short, and what failed is
//! confirmed in full.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A run's budget, from its beginning on.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    began: Instant,
    total: Duration,
    /// Something waits for its confirmation: a part of the time is kept for it.
    owes: Arc<AtomicBool>,
}

impl Budget {
    pub(crate) fn new(began: Instant, total: Duration) -> Self {
        Self { began, total, owes: Arc::default() }
    }

    /// The whole of it.
    pub(crate) fn total(&self) -> Duration {
        self.total
    }

    /// From here on a confirmation is owed.
    pub(crate) fn owe(&self) {
        self.owes.store(true, Ordering::Relaxed);
    }

    /// Whether something that lasts so long may begin now.
    pub(crate) fn allows(&self, lasts: Duration) -> bool {
        fits(self.began.elapsed(), lasts, self.total, self.owes.load(Ordering::Relaxed))
    }
}

/// First runs end within the budget, or within three quarters of it where a confirmation is owed.
fn fits(spent: Duration, lasts: Duration, total: Duration, owes: bool) -> bool {
    let share = if owes { total / 4 * 3 } else { total };
    spent < share && spent.saturating_add(lasts) <= share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_outlast_the_budget_does_not_begin() {
        let s = Duration::from_secs;
        let at = |spent, lasts, owes| fits(s(spent), s(lasts), s(60), owes);
        assert!(at(0, 60, false) && at(59, 0, false) && at(50, 10, false));
        assert!(!at(50, 11, false) && !at(60, 0, false) && !at(61, 0, false));
        assert!(at(35, 10, true) && !at(36, 10, true), "a quarter is kept for the confirmation");
        assert!(!fits(s(0), s(0), s(0), false), "no time, nothing");
    }
}
