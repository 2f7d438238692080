//! Wakes the carriers of a client's connections: what happened on the link by way of one connection may make something due on
//! another, for which there is no timer. Knows connections by their numbers only.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use deadzone_link::PathId;
use tokio::sync::Notify;

/// Where the carrier of one connection is woken.
#[derive(Debug, Default)]
pub(crate) struct Waker {
    woken: Cell<bool>,
    wakes: Notify,
}

impl Waker {
    fn wake(&self) {
        self.woken.set(true);
        self.wakes.notify_one();
    }

    /// Returns once there was a call that is not taken yet.
    pub(crate) async fn woken(&self) {
        while !self.woken.get() {
            self.wakes.notified().await;
        }
    }

    /// The link is being looked at; whether there was a call.
    pub(crate) fn take(&self) -> bool {
        self.woken.take()
    }
}

/// All of one client. They are woken in the order of their connections, so that equal runs stay equal.
#[derive(Debug, Default)]
pub(super) struct Wakers {
    wakers: BTreeMap<PathId, Rc<Waker>>,
    /// The link's generation that they know of.
    generation: u64,
}

impl Wakers {
    pub(super) fn open(&mut self, path: PathId) -> Rc<Waker> {
        Rc::clone(self.wakers.entry(path).or_default())
    }

    pub(super) fn close(&mut self, path: PathId) {
        self.wakers.remove(&path);
    }

    /// The link has this generation now. Every carrier that does not know it is woken, but for the one that made it.
    pub(super) fn advanced(&mut self, generation: u64, by: Option<PathId>) {
        if std::mem::replace(&mut self.generation, generation) != generation {
            self.wakers.iter().filter(|(path, _)| Some(**path) != by).for_each(|(_, waker)| waker.wake());
        }
    }

    /// Wakes every carrier.
    pub(super) fn wake(&self) {
        self.wakers.values().for_each(|waker| waker.wake());
    }

    /// Every call was taken.
    pub(super) fn are_settled(&self) -> bool {
        self.wakers.values().all(|waker| !waker.woken.get())
    }
}
