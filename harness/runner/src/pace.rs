//! The pace of new connections to a target that others use: one limiter for all that dials it.

use std::{rc::Rc, sync::Arc, time::Duration};

use deadzone_play::{Dial, Dialling};
use deadzone_transport::Approach;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// Between two new connections in a gentle run: ten a second.
const GENTLE: Duration = Duration::from_millis(100);

/// Lets one begin each so often, counted from when the last one really began: a wait that ends late makes the next no earlier.
#[derive(Debug)]
pub(crate) struct Pace {
    every: Duration,
    /// When the last one began. Who holds it waits; the others stand in line.
    last: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn gentle() -> Self {
        Self { every: GENTLE, last: Mutex::new(None) }
    }

    /// Waits for its turn: at most as long as all that came before it need. The caller bounds the wait.
    async fn turn(&self) {
        let mut last = self.last.lock().await;
        if let Some(began) = *last {
            sleep_until(began + self.every).await;
        }
        *last = Some(Instant::now());
    }
}

/// Dials when its turn has come.
pub(crate) struct PacedDial {
    pub(crate) inner: Rc<dyn Dial>,
    pub(crate) pace: Arc<Pace>,
}

impl Dial for PacedDial {
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            self.pace.turn().await;
            self.inner.dial(approach).await
        })
    }

    fn trouble(&self) -> Option<String> {
        self.inner.trouble()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, io};

    use super::*;

    /// Counts, and lets nobody in.
    struct Closed(Cell<u32>);

    impl Dial for Closed {
        fn dial<'a>(&'a self, _approach: &'a Approach) -> Dialling<'a> {
            self.0.set(self.0.get() + 1);
            Box::pin(async { Err(io::Error::from(io::ErrorKind::ConnectionRefused)) })
        }

        fn trouble(&self) -> Option<String> {
            None
        }
    }

    #[tokio::test(start_paused = true)]
    async fn ten_connections_a_second_whoever_makes_them() {
        let pace = Arc::new(Pace::gentle());
        let inner = Rc::new(Closed(Cell::new(0)));
        let dials = [(); 2].map(|()| PacedDial { inner: inner.clone(), pace: Arc::clone(&pace) });
        let began = Instant::now();
        for number in 0..21 {
            let refused = dials[number % 2].dial(&Approach::default()).await;
            assert!(refused.is_err());
        }
        assert_eq!(inner.0.get(), 21);
        assert_eq!(began.elapsed(), Duration::from_secs(2), "21 begin within two seconds, and no more");
        tokio::time::advance(Duration::from_secs(5)).await;
        let rested = Instant::now();
        let _ = dials[0].dial(&Approach::default()).await;
        assert_eq!(rested.elapsed(), Duration::ZERO, "no turn is saved up, and none is owed");
        let _ = dials[1].dial(&Approach::default()).await;
        assert_eq!(rested.elapsed(), GENTLE);
    }

    /// A worker that was kept from the processor begins late; who comes behind it must not catch up.
    #[tokio::test(start_paused = true)]
    async fn one_that_begins_late_brings_no_other_nearer() {
        let pace = Pace::gentle();
        pace.turn().await;
        let mut late = Box::pin(pace.turn());
        assert!(tokio::time::timeout(Duration::ZERO, &mut late).await.is_err(), "it waits");
        tokio::time::advance(GENTLE * 3).await;
        let began = Instant::now();
        late.await;
        pace.turn().await;
        assert_eq!(began.elapsed(), GENTLE);
    }
}
