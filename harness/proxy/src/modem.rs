//! A modem that connections share, or that one has for itself: the link with its faults, behind a lock.
//! Knows no sockets; whoever serves a connection is poked when another one's doing concerns it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use deadzone_link::{Link, LinkStep, PathId};

use crate::{Control, Decided, DecisionBook};

/// One modem.
#[derive(Debug)]
pub(crate) struct Modem {
    inner: Mutex<Inner>,
    /// Where its decisions go when it is gone, with its link's name and its own.
    book: Option<(Arc<DecisionBook>, String, String)>,
}

/// What is behind the lock.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) link: Link,
    next_path: u32,
    /// Who serves the connections, and who waits for one.
    lines: BTreeMap<PathId, Arc<Control>>,
    /// Who found the modem dark.
    waiting: Vec<Arc<Control>>,
}

impl Modem {
    /// A modem with these faults armed, the clock showing `now_us`.
    pub(crate) fn new(now_us: u64, mut link: Link, steps: &[LinkStep]) -> Self {
        for step in steps {
            link.step(now_us, step.clone());
        }
        let inner = Inner { link, next_path: 0, lines: BTreeMap::new(), waiting: Vec::new() };
        Self { inner: Mutex::new(inner), book: None }
    }

    /// Has what chance decides for it written down.
    pub(crate) fn written_to(mut self, book: &Arc<DecisionBook>, link: &str, name: &str) -> Self {
        self.book = Some((Arc::clone(book), link.to_owned(), name.to_owned()));
        self
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // The link is pure and bounded; should it panic all the same, the connection that did it is gone.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection could be made now. If not: when to ask again, unless this control is poked before.
    pub(crate) fn usable(&self, now_us: u64, control: &Arc<Control>) -> Result<(), Option<u64>> {
        let mut inner = self.lock();
        inner.link.advance(now_us);
        if inner.link.usable() {
            return Ok(());
        }
        if !inner.waiting.iter().any(|other| Arc::ptr_eq(other, control)) {
            inner.waiting.push(Arc::clone(control));
        }
        Err(inner.link.wake_at_us())
    }

    /// Whoever waited waits no more.
    pub(crate) fn leave(&self, control: &Arc<Control>) {
        self.lock().waiting.retain(|other| !Arc::ptr_eq(other, control));
    }

    /// Whether nothing goes through it now.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.lines.is_empty() && inner.waiting.is_empty()
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        let Some((book, link, modem)) = self.book.take() else { return };
        let decisions = self.lock().link.decisions();
        if !decisions.is_empty() {
            book.write(Decided { link, modem, decisions });
        }
    }
}

impl Inner {
    /// A new connection, served by whoever has this control.
    pub(crate) fn open(&mut self, now_us: u64, control: &Arc<Control>) -> PathId {
        let path = PathId(self.next_path);
        self.next_path += 1;
        self.link.open(now_us, path);
        self.poke_others(path);
        self.lines.insert(path, Arc::clone(control));
        path
    }

    /// Nobody serves it any more.
    pub(crate) fn close(&mut self, path: PathId) {
        self.link.forget(path);
        self.lines.remove(&path);
        self.poke_others(path);
    }

    /// Something was done to the link by this connection.
    pub(crate) fn poke_others(&self, path: PathId) {
        for (_, control) in self.lines.iter().filter(|(other, _)| **other != path) {
            control.poke();
        }
        self.waiting.iter().for_each(|control| control.poke());
    }
}
