//! Memory that the performances of one run share. A target that floods every connection at once must not make as many bounds
//! as there are jobs add up.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// What each performance may hold without asking, in bytes: more than an ordinary scenario ever needs.
const ALLOWANCE: u64 = 256 * 1024;

/// What is left of a run's memory for packets, beyond every performance's own allowance.
#[derive(Debug)]
pub struct MemoryBudget {
    left: AtomicU64,
}

impl MemoryBudget {
    /// A budget of this many bytes.
    pub fn new(bytes: u64) -> Self {
        Self { left: AtomicU64::new(bytes) }
    }

    fn take(&self, bytes: u64) -> bool {
        let took =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        took.is_ok()
    }

    fn give(&self, bytes: u64) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// One performance's part of the budget. Its end gives back what it took.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Option<Arc<MemoryBudget>>,
    allowance: u64,
    held: Cell<u64>,
    taken: Cell<u64>,
}

impl Reservation {
    /// `more` is what the performance may hold beside the allowance that all have, since its scenario asks for it, bytes.
    pub(crate) fn of(budget: Option<Arc<MemoryBudget>>, more: u64) -> Self {
        Self { budget, allowance: ALLOWANCE.saturating_add(more), held: Cell::new(0), taken: Cell::new(0) }
    }

    /// Holds this many bytes more. `false`: the budget has no such bytes.
    pub(crate) fn hold(&self, bytes: u64) -> bool {
        let held = self.held.get() + bytes;
        let wanted = held.saturating_sub(self.allowance).saturating_sub(self.taken.get());
        if wanted > 0
            && let Some(budget) = &self.budget
        {
            if !budget.take(wanted) {
                return false;
            }
            self.taken.set(self.taken.get() + wanted);
        }
        self.held.set(held);
        true
    }

    /// Holds this many bytes less. What was taken for them is kept until the end: it is likely to be needed again.
    pub(crate) fn release(&self, bytes: u64) {
        self.held.set(self.held.get().saturating_sub(bytes));
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.give(self.taken.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_performance_has_the_allowance_and_the_rest_is_shared() {
        let budget = Arc::new(MemoryBudget::new(100));
        let (a, b) =
            (Reservation::of(Some(Arc::clone(&budget)), 0), Reservation::of(Some(Arc::clone(&budget)), 0));
        assert!(a.hold(ALLOWANCE + 100), "its own and all that is shared");
        assert!(!a.hold(1));
        assert!(b.hold(ALLOWANCE), "the allowance is never shared");
        assert!(!b.hold(1));
        a.release(50);
        assert!(a.hold(50), "what it gave up it may hold again");
        drop(a);
        assert!(b.hold(100), "an end gives back what was taken");
        assert!(!b.hold(1));
    }

    #[test]
    fn without_a_budget_nothing_is_refused() {
        assert!(Reservation::of(None, 0).hold(u64::MAX / 2));
    }
}
