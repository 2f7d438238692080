//! The way into a running relay from outside, and the way to see how far it is. Knows no sockets.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Waker},
};

/// How a connection is ended from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Both sockets are closed in an orderly way; what is held is lost.
    Close,
    /// Both sockets are reset.
    Reset,
}

/// Reaches into one running relay.
#[derive(Debug, Default)]
pub struct Control {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stop: Option<Stop>,
    waker: Option<Waker>,
}

impl Control {
    /// The middle was changed from outside: it is asked again.
    pub fn wake(&self) {
        let waker = self.lock().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the connection.
    pub fn stop(&self, stop: Stop) {
        self.lock().stop = Some(stop);
        self.wake();
    }

    /// Remembers who is to be woken; the order to stop, if there is one.
    pub(crate) fn watch(&self, cx: &Context<'_>) -> Option<Stop> {
        let mut state = self.lock();
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        state.stop
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Nothing that panics runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of one connection so far.
#[derive(Debug, Default)]
pub struct Traffic {
    /// Read from the client.
    pub taken_up: AtomicU64,
    /// Written to the upstream socket.
    pub given_up: AtomicU64,
    /// Read from upstream.
    pub taken_down: AtomicU64,
    /// Written to the client's socket.
    pub given_down: AtomicU64,
}

impl Traffic {
    pub(crate) fn add(counter: &AtomicU64, bytes: usize) {
        counter.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// One of its numbers.
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
