//! The proxy's one clock: microseconds for the pure parts, and every wait of this crate. Knows nothing of bytes.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

/// Microseconds since it was made. Copies tell the same time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts at 0.
    #[expect(clippy::new_without_default, reason = "it reads the time, which a default does not")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    /// Microseconds since the start.
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Waits until this time. The runtime's timer has a grain of 1 ms and is never early.
    pub async fn until(&self, at_us: u64) {
        sleep_until(self.start + Duration::from_micros(at_us)).await;
    }
}

/// Waits this long.
pub async fn pause(time: Duration) {
    sleep(time).await;
}

/// What comes of it within the limit, or `None`.
pub(crate) async fn within<T>(limit: Duration, what: impl Future<Output = T>) -> Option<T> {
    timeout(limit, what).await.ok()
}

/// Wakes one task at a time that may be changed. Costs a pointer until it is first set.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    at_us: Option<u64>,
}

impl Alarm {
    /// Sets it to this time, or off, and says whether that time has come.
    pub(crate) fn poll(&mut self, clock: &Clock, at_us: Option<u64>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(wanted) = at_us else {
            self.at_us = None;
            return Poll::Pending;
        };
        let when = clock.start + Duration::from_micros(wanted);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(when)));
        if self.at_us != at_us {
            sleep.as_mut().reset(when);
            self.at_us = at_us;
        }
        sleep.as_mut().poll(cx)
    }
}
