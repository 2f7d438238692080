//! The recorder as everything in a run shares it: stamped by the clock, and waking whoever waits for a change.

use std::{
    cell::{Ref, RefCell},
    rc::Rc,
};

use deadzone_history::{Event, EventKind, Header, History, Overflow, Recorder, RecorderLimits};
use tokio::sync::Notify;

use crate::{clock::Clock, room::Share};

/// A shared handle on the growing record.
#[derive(Clone)]
pub(crate) struct Tape {
    inner: Rc<Inner>,
}

struct Inner {
    recorder: RefCell<Recorder>,
    changed: Notify,
    clock: Clock,
    share: Share,
}

impl Tape {
    pub(crate) fn new(recorder: Recorder, clock: Clock, share: Share) -> Self {
        let recorder = RefCell::new(recorder);
        Self { inner: Rc::new(Inner { recorder, changed: Notify::new(), clock, share }) }
    }

    /// Appends an event now and returns its number.
    pub(crate) fn append(&self, kind: EventKind) -> u64 {
        self.hold(RecorderLimits::cost(&kind));
        let seq = self.inner.recorder.borrow_mut().append(self.inner.clock.now_us(), kind);
        self.inner.changed.notify_one();
        seq
    }

    /// Holds bytes beside the record until they are released. Without room for them the record ends here.
    pub(crate) fn hold(&self, bytes: u64) {
        if !self.inner.share.hold(bytes) {
            self.stop(Overflow::Shared);
        }
    }

    /// Ends the record here.
    pub(crate) fn stop(&self, why: Overflow) {
        self.inner.recorder.borrow_mut().stop(why);
        self.inner.changed.notify_one();
    }

    /// Bytes that are not held any more.
    pub(crate) fn release(&self, bytes: u64) {
        self.inner.share.release(bytes);
    }

    /// Wakes the player without an entry: something changed that is no event.
    pub(crate) fn nudge(&self) {
        self.inner.changed.notify_one();
    }

    /// Returns when something changed since the last call.
    pub(crate) async fn changed(&self) {
        self.inner.changed.notified().await;
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

    /// Takes the record; what is appended afterwards is lost. Tasks that are still being dropped may hold other handles.
    pub(crate) fn take(&self, header: Header) -> History {
        self.inner.recorder.replace(Recorder::new(RecorderLimits::default())).finish(header)
    }
}
