//! How long a connection of the API may keep us waiting. Knows when a request begins, is worked on and is answered, not
//! what it says.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::limits::Limits;
use crate::Clock;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A request's head is coming, or is awaited for the first time.
    Head,
    /// A request is worked on.
    Work,
    /// Its answer is being written.
    Answer,
    /// Nothing.
    Idle,
}

/// Where a connection is, and since when.
pub(super) struct Watch {
    clock: Clock,
    limits: Limits,
    at: Mutex<(Phase, u64)>,
}

impl Watch {
    pub(super) fn new(clock: Clock, limits: Limits) -> Self {
        Self { clock, limits, at: Mutex::new((Phase::Head, clock.now_us())) }
    }

    /// Goes on from one phase to the next.
    fn go_on(&self, next: impl FnOnce(Phase) -> Phase) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let phase = next(at.0);
        let same_request = phase == Phase::Answer;
        if phase != at.0 {
            *at = (phase, if same_request { at.1 } else { self.clock.now_us() });
        }
    }

    /// The head of a request is there.
    pub(super) fn begins(&self) {
        self.go_on(|_| Phase::Work);
    }

    /// A request has its answer.
    pub(super) fn answers(&self) {
        self.go_on(|_| Phase::Answer);
    }

    fn read(&self) {
        self.go_on(|phase| if phase == Phase::Idle { Phase::Head } else { phase });
    }

    fn written(&self) {
        self.go_on(|phase| if phase == Phase::Answer { Phase::Idle } else { phase });
    }

    /// When it has taken too long.
    pub(super) fn ends_us(&self) -> u64 {
        let (phase, since_us) = *self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = match phase {
            Phase::Head => self.limits.head,
            Phase::Work | Phase::Answer => self.limits.request,
            Phase::Idle => self.limits.idle,
        };
        since_us.saturating_add(micros(limit))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A socket that tells the watch what moves.
pub(super) struct Watched {
    pub(super) stream: TcpStream,
    pub(super) watch: Arc<Watch>,
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, into);
        if into.filled().len() > before {
            this.watch.read();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        if flushed.is_ready() {
            this.watch.written();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
