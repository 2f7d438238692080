//! A client's link, with the carriers that must look at it again when something happened to it.

use std::rc::Rc;

use deadzone_link::{Link, PathId};

use super::{Waker, wakers::Wakers};

/// The emulated modem of one client.
#[derive(Debug, Default)]
pub(crate) struct Modem {
    /// Changed by [`Self::on`] only.
    link: Link,
    wakers: Wakers,
    /// The event with which its newest fault was armed.
    pub(crate) armed_at: usize,
}

impl Modem {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, wakers: Wakers::default(), armed_at: 0 }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    /// Does something to the link, for the connection `by` if for any. The carriers of others that it may concern are woken.
    pub(crate) fn on<T>(&mut self, by: Option<PathId>, call: impl FnOnce(&mut Link) -> T) -> T {
        let answer = call(&mut self.link);
        self.wakers.advanced(self.link.generation(), by);
        answer
    }

    /// This connection is carried from now on; its carrier is woken here.
    pub(crate) fn serve(&mut self, path: PathId) -> Rc<Waker> {
        self.wakers.open(path)
    }

    /// This connection is carried no longer.
    pub(crate) fn leave(&mut self, path: PathId) {
        self.wakers.close(path);
    }

    /// Has every carrier look at its timers again.
    pub(crate) fn wake(&self) {
        self.wakers.wake();
    }

    /// All connections have done what others made due on them.
    pub(crate) fn is_settled(&self) -> bool {
        self.wakers.are_settled()
    }
}
