//! Counts the time of a wait: only that in which an answer could have come.

/// The time of one wait, µs.
#[derive(Debug)]
pub(super) struct Stopwatch {
    at_us: u64,
    /// The link could not deliver since then.
    stalled: bool,
    /// The target was halted since then: that is no time of the wait at all.
    halted: bool,
    /// In all.
    pub(super) waited_us: u64,
    /// Since the last packet of what is waited for.
    pub(super) silent_us: u64,
    /// In which the link could not deliver.
    pub(super) stalled_us: u64,
}

impl Stopwatch {
    pub(super) fn start(now_us: u64) -> Self {
        Self { at_us: now_us, stalled: false, halted: false, waited_us: 0, silent_us: 0, stalled_us: 0 }
    }

    /// It is so late now; from now on the link can deliver, or can't, and the target runs, or is halted.
    pub(super) fn tick(&mut self, now_us: u64, stalled: bool, halted: bool) {
        let passed_us = now_us.saturating_sub(self.at_us);
        if self.halted {
            // Nothing could come.
        } else if self.stalled {
            self.stalled_us += passed_us;
        } else {
            self.waited_us += passed_us;
            self.silent_us += passed_us;
        }
        self.at_us = now_us;
        self.stalled = stalled;
        self.halted = halted;
    }

    /// A packet of what is waited for came.
    pub(super) fn progress(&mut self) {
        self.silent_us = 0;
        self.stalled_us = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_stalled_link_nor_a_halted_target_nor_a_draining_backlog_is_silence() {
        let mut watch = Stopwatch::start(100);
        watch.tick(150, true, false);
        watch.tick(950, false, false);
        watch.tick(1_000, false, true);
        assert_eq!((watch.waited_us, watch.silent_us, watch.stalled_us), (100, 100, 800));
        watch.progress();
        watch.tick(9_000, true, false);
        watch.tick(9_000, false, false);
        watch.tick(9_030, false, false);
        assert_eq!((watch.waited_us, watch.silent_us, watch.stalled_us), (130, 30, 0));
    }
}
