//! The run's clock and every wait of this crate. Under a paused runtime it is virtual without a word of ours.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

/// Microseconds since the run began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Returns once the clock shows `at_us` or later.
    pub(crate) async fn until_us(&self, at_us: u64) {
        tokio::time::sleep_until(self.start + Duration::from_micros(at_us)).await;
    }

    /// The future's output, or `None` when `for_us` passed first.
    pub(crate) async fn at_most_us<F: Future>(&self, for_us: u64, future: F) -> Option<F::Output> {
        tokio::time::timeout(Duration::from_micros(for_us), future).await.ok()
    }
}
