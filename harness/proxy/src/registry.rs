//! What all links do and have done: live numbers, and what became of each connection. Bounded; knows no sockets.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{ConnectionSummary, Control, Finished, Stop, Traffic, Who};

/// Connections whose end the report tells one by one: the last so many. Older ones are only in the sums.
pub const OUTCOMES_MAX: usize = 1_000;

/// One direction of a connection, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The sender's kernel was told that they arrived.
    pub acknowledged: u64,
    /// Of those, given to the receiver's socket.
    pub given: u64,
    /// Of those, lost in a black hole.
    pub swallowed: u64,
    /// Of those, thrown away by a cut or a reset.
    pub discarded: u64,
}

impl Flow {
    /// Neither given nor lost when the connection ended: held, delayed or not read.
    pub fn left(&self) -> u64 {
        self.acknowledged.saturating_sub(self.given + self.swallowed + self.discarded)
    }

    fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.given += other.given;
        self.swallowed += other.swallowed;
        self.discarded += other.discarded;
    }
}

/// What became of one connection.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Which one.
    pub who: Who,
    /// When it was accepted, µs of the proxy's clock.
    pub from_us: u64,
    /// When it was over.
    pub to_us: u64,
    /// Client to upstream.
    pub up: Flow,
    /// Upstream to client.
    pub down: Flow,
    /// What the link did to it.
    pub story: ConnectionSummary,
    /// How it ended.
    pub end: Ending,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was carried to its end.
    Carried(Finished),
    /// Upstream could not be reached, and why: the client was reset.
    Unreached(String),
    /// Its modem was dark when it came, and it went before that changed.
    Dark,
}

/// Sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Accepted, ever.
    pub accepted: u64,
    /// Open now.
    pub open: u64,
    /// Reset because upstream could not be reached.
    pub unreached: u64,
    /// Reset because there were too many.
    pub refused: u64,
    /// Faults that happened.
    pub fired: u64,
    /// Client to upstream.
    pub up: Flow,
    /// Upstream to client.
    pub down: Flow,
}

/// A connection that is open now.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) control: Arc<Control>,
    pub(crate) traffic: Arc<Traffic>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    open: BTreeMap<u64, Open>,
    sums: Sums,
    outcomes: VecDeque<Outcome>,
    stopping: bool,
}

/// The board. Shared by all links of a process.
#[derive(Debug, Default)]
pub struct Registry {
    inner: Mutex<Inner>,
    fired: Arc<AtomicU64>,
}

impl Registry {
    /// The numbers now, open connections included.
    pub fn sums(&self) -> Sums {
        let inner = self.lock();
        let mut sums = inner.sums;
        sums.open = inner.open.len() as u64;
        sums.fired = self.fired.load(Ordering::Relaxed);
        for open in inner.open.values() {
            let traffic = &open.traffic;
            let flow = |taken, given| Flow {
                acknowledged: Traffic::get(taken),
                given: Traffic::get(given),
                ..Flow::default()
            };
            sums.up.add(flow(&traffic.taken_up, &traffic.given_up));
            sums.down.add(flow(&traffic.taken_down, &traffic.given_down));
        }
        sums
    }

    /// The last outcomes, oldest first.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.lock().outcomes.iter().cloned().collect()
    }

    /// Ends every open connection, and every one that comes.
    pub fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        for open in inner.open.values() {
            open.control.stop(Stop::Close);
        }
    }

    /// Where faults that happened are counted.
    pub(crate) fn fired(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.fired)
    }

    /// A connection was accepted; its number.
    pub(crate) fn accept(&self, open: Open) -> u64 {
        let mut inner = self.lock();
        if inner.stopping {
            open.control.stop(Stop::Close);
        }
        inner.next += 1;
        inner.sums.accepted += 1;
        let number = inner.next;
        inner.open.insert(number, open);
        number
    }

    /// A connection was reset because there were too many.
    pub(crate) fn refuse(&self) {
        self.lock().sums.refused += 1;
    }

    /// A connection is over.
    pub(crate) fn finish(&self, outcome: Outcome) {
        let mut inner = self.lock();
        inner.open.remove(&outcome.who.number);
        inner.sums.unreached += u64::from(matches!(outcome.end, Ending::Unreached(_)));
        inner.sums.up.add(outcome.up);
        inner.sums.down.add(outcome.down);
        if inner.outcomes.len() == OUTCOMES_MAX {
            inner.outcomes.pop_front();
        }
        inner.outcomes.push_back(outcome);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Only sums and lists: nothing under this lock can be half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
