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

/// What is to be told of a run that took longer.
pub(crate) fn overrun(total: Duration, took: Duration) -> Option<String> {
    let text = format!(
        "the run took {:.1} s of a budget of {} s: what begins is not cut short, silences are waited out (--long-bound) and failures confirmed",
        took.as_secs_f64(),
        total.as_secs_f64()
    );
    // A moment is no overrun.
    (took > total + total / 10).then_some(text)
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
        assert_eq!(overrun(s(60), s(66)), None);
        assert!(overrun(s(60), s(67)).is_some_and(|text| text.contains("67.0 s of a budget of 60 s")));
    }
}
