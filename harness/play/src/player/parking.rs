//! The performance's slot: given away while a wait is extended, taken back before the walk goes on; and the time of waits that
//! a slow target takes up, which the scenario's own deadline does not count.

use std::{cell::Cell, rc::Rc};

use crate::{client::SharedClient, recorder::SharedRecorder, slots::Slots};

/// Most time in which one performance may be parked, µs.
const PARKED_US: u64 = 300_000_000;

/// Whether this performance is parked, and for how long it was.
pub(crate) struct Parking {
    slots: Rc<dyn Slots>,
    recorder: SharedRecorder,
    since_us: Cell<Option<u64>>,
    /// Of earlier waits.
    total_us: Cell<u64>,
    /// Of waits that were slow, before they were parked.
    slow_us: Cell<u64>,
    /// Most of it that a scenario's deadline does not count.
    slow_max_us: u64,
    /// The wait of the moment is slow.
    is_slow: Cell<bool>,
}

impl Parking {
    pub(super) fn new(slots: Rc<dyn Slots>, recorder: SharedRecorder, slow_max_us: u64) -> Self {
        Self {
            slots,
            recorder,
            since_us: Cell::new(None),
            total_us: Cell::new(0),
            slow_us: Cell::new(0),
            slow_max_us,
            is_slow: Cell::new(false),
        }
    }

    pub(super) fn is_parked(&self) -> bool {
        self.since_us.get().is_some()
    }

    /// For how long it was parked up to now, µs.
    pub(super) fn total_us(&self) -> u64 {
        let now_us = self.recorder.now_us();
        self.total_us.get() + self.since_us.get().map_or(0, |since_us| now_us - since_us)
    }

    /// So much more time went by in a wait that is slow and not parked, µs.
    pub(super) fn slow(&self, us: u64) {
        self.slow_us.set(self.slow_us.get() + us);
        self.is_slow.set(true);
    }

    /// That wait is over.
    pub(super) fn wait_ended(&self) {
        self.is_slow.set(false);
    }

    /// Whether the time of the moment is one that a scenario's deadline does not count.
    pub(super) fn is_uncounted(&self) -> bool {
        self.is_parked() || (self.is_slow.get() && self.slow_us.get() < self.slow_max_us)
    }

    /// The time that a scenario's deadline does not count, µs: a target that answers late is not a script that lasts long.
    pub(super) fn uncounted_us(&self) -> u64 {
        self.total_us() + self.slow_us.get().min(self.slow_max_us)
    }

    /// How long slow waits took up to now, before they were parked, µs.
    pub(super) fn slow_us(&self) -> u64 {
        self.slow_us.get()
    }

    /// Whether slow waits may take so much more.
    pub(super) fn has_slow(&self, us: u64) -> bool {
        self.slow_us.get() + us <= self.slow_max_us
    }

    /// Whether it may be parked for so long.
    pub(super) fn has(&self, us: u64) -> bool {
        self.total_us() + us <= PARKED_US
    }

    /// Gives the slot away. Clients that don't ping by themselves are kept connected, but for one whose close is waited for,
    /// and those whose time their script has let pass.
    pub(super) fn park(&self, clients: &[SharedClient], closing: Option<usize>) {
        let now_us = self.recorder.now_us();
        self.since_us.set(Some(now_us));
        for (index, client) in clients.iter().enumerate() {
            let mut client = client.borrow_mut();
            client.keep_alive.by_harness = closing != Some(index) && !client.keep_alive.has_lapsed(now_us);
            client.modem.wake();
        }
        self.slots.park();
    }

    /// What was waited for is there: waits for a slot.
    pub(super) async fn unpark(&self, clients: &[SharedClient]) {
        self.slots.unpark().await;
        self.leave(clients);
    }

    /// The walk ends where it is parked.
    pub(super) fn leave(&self, clients: &[SharedClient]) {
        self.total_us.set(self.total_us());
        self.since_us.set(None);
        for client in clients {
            client.borrow_mut().keep_alive.by_harness = false;
        }
    }
}
