//! The recorder as everything in a performance shares it: stamped by the clock, and waking all that wait for a change.

use std::{
    cell::{Cell, Ref, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use deadzone_history::{
    By, ConnId, End, Event, EventKind, Header, History, Overflow, Recorder, RecorderLimits,
};
use tokio::sync::Notify;

use crate::{clock::Clock, memory::Reservation};

/// A shared handle on the growing record.
#[derive(Clone)]
pub(crate) struct SharedRecorder {
    inner: Rc<Inner>,
}

struct Inner {
    recorder: RefCell<Recorder>,
    changed: Notify,
    clock: Clock,
    reservation: Reservation,
    /// When a byte of the broker was last read on any connection, µs.
    heard_us: Cell<Option<u64>>,
    /// When the harness was last found starved, µs.
    starved_us: Cell<Option<u64>>,
    /// How often the broker's end of a connection was closed by the broker, and by either side.
    closes: RefCell<BTreeMap<ConnId, (u32, u32)>>,
}

impl SharedRecorder {
    pub(crate) fn new(recorder: Recorder, clock: Clock, reservation: Reservation) -> Self {
        Self {
            inner: Rc::new(Inner {
                recorder: RefCell::new(recorder),
                changed: Notify::new(),
                clock,
                reservation,
                heard_us: Cell::new(None),
                starved_us: Cell::new(None),
                closes: RefCell::default(),
            }),
        }
    }

    /// Appends an event now and returns its number.
    pub(crate) fn append(&self, kind: EventKind) -> u64 {
        self.hold(RecorderLimits::cost(&kind));
        match &kind {
            EventKind::Starved { .. } => self.inner.starved_us.set(Some(self.now_us())),
            EventKind::Closed { conn, end: End::Broker, by, .. } => {
                let mut closes = self.inner.closes.borrow_mut();
                let (broker, all) = closes.entry(*conn).or_default();
                *broker += u32::from(*by == By::Broker);
                *all += 1;
            }
            _ => {}
        }
        let seq = self.inner.recorder.borrow_mut().append(self.inner.clock.now_us(), kind);
        self.nudge();
        seq
    }

    /// Holds bytes beside the record until they are released. Without memory for them the record ends here.
    pub(crate) fn hold(&self, bytes: u64) {
        if !self.inner.reservation.hold(bytes) {
            self.stop(Overflow::Shared);
        }
    }

    /// Ends the record here.
    pub(crate) fn stop(&self, why: Overflow) {
        self.inner.recorder.borrow_mut().stop(why);
        self.nudge();
    }

    /// Bytes that are not held any more.
    pub(crate) fn release(&self, bytes: u64) {
        self.inner.reservation.release(bytes);
    }

    /// Wakes all that wait, without an entry: something changed that is no event.
    pub(crate) fn nudge(&self) {
        self.inner.changed.notify_waiters();
    }

    /// A byte of the broker was read.
    pub(crate) fn heard(&self) {
        self.inner.heard_us.set(Some(self.now_us()));
    }

    /// When a byte of the broker was last read, µs.
    pub(crate) fn heard_us(&self) -> Option<u64> {
        self.inner.heard_us.get()
    }

    /// When the harness was last found starved, µs.
    pub(crate) fn starved_us(&self) -> Option<u64> {
        self.inner.starved_us.get()
    }

    /// How often the broker's end of this connection was closed by the broker, and by either side.
    pub(crate) fn closes(&self, conn: ConnId) -> (u32, u32) {
        self.inner.closes.borrow().get(&conn).copied().unwrap_or_default()
    }

    /// Returns at the next change, or when the clock shows `at_us`. Nothing is missed where the caller has looked at what it
    /// waits for and has not waited for anything else since.
    pub(crate) async fn change_or_until(&self, at_us: u64) {
        let left_us = at_us.saturating_sub(self.now_us());
        self.clock().at_most_us(left_us, self.inner.changed.notified()).await;
    }

    /// Waits until it is so, or until the clock shows `at_us`; whether it is.
    pub(crate) async fn until(&self, at_us: u64, is_so: impl Fn() -> bool) -> bool {
        while !is_so() {
            if self.now_us() >= at_us {
                return false;
            }
            self.change_or_until(at_us).await;
        }
        true
    }

    pub(crate) fn events(&self) -> Ref<'_, [Event]> {
        Ref::map(self.inner.recorder.borrow(), Recorder::events)
    }

    pub(crate) fn overflow(&self) -> Option<Overflow> {
        self.inner.recorder.borrow().overflow()
    }

    pub(crate) fn clock(&self) -> Clock {
        self.inner.clock
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.inner.clock.now_us()
    }

    /// Takes the record; what is appended afterwards is lost. Tasks that are still being dropped may hold other handles.
    pub(crate) fn take(&self, header: Header) -> History {
        self.inner.recorder.replace(Recorder::new(RecorderLimits::default())).finish(header)
    }
}
