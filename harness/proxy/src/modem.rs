//! A modem that connections share, or that one has for itself: the link with its faults, behind a lock.
//! Knows no sockets; the carrier of a connection is woken when what another one did concerns it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use deadzone_link::{Link, LinkStep, Note, PathId};

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
    /// The link's generation that the others know of.
    generation: u64,
}

impl Modem {
    /// A modem with these faults armed, the clock showing `now_us`.
    pub(crate) fn new(now_us: u64, mut link: Link, steps: &[LinkStep]) -> Self {
        // A device has many connections side by side: none of them is the one that faults are for.
        link.make_equal();
        for step in steps {
            link.step(now_us, step.clone());
        }
        let inner = Inner { link, next_path: 0, lines: BTreeMap::new(), waiting: Vec::new(), generation: 0 };
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

    /// Whether a connection could be made now. If not: when to ask again, unless this control is woken before.
    pub(crate) fn usable(&self, now_us: u64, control: &Arc<Control>) -> Result<(), Option<u64>> {
        let mut inner = self.lock();
        inner.link.advance(now_us);
        inner.wake_others(None);
        if inner.link.usable() {
            return Ok(());
        }
        if !inner.waiting.iter().any(|other| Arc::ptr_eq(other, control)) {
            inner.waiting.push(Arc::clone(control));
        }
        Err(inner.link.wake_at_us())
    }

    /// What waited waits no more. What the link said meanwhile and belongs to no connection.
    pub(crate) fn leave(&self, control: &Arc<Control>) -> Vec<Note> {
        let mut inner = self.lock();
        inner.waiting.retain(|other| !Arc::ptr_eq(other, control));
        std::iter::from_fn(|| inner.link.poll_note()).collect()
    }

    /// Writes down what chance decided since this was last done, if anybody wants it.
    pub(crate) fn write_down(&self) {
        let Some((book, link, modem)) = &self.book else { return };
        let decisions = self.lock().link.take_decisions();
        if !decisions.is_empty() {
            book.write(Decided { link: link.clone(), modem: modem.clone(), decisions });
        }
    }

    /// Whether nothing goes through it now.
    pub(crate) fn is_idle(&self) -> bool {
        let inner = self.lock();
        inner.lines.is_empty() && inner.waiting.is_empty()
    }
}

impl Drop for Modem {
    fn drop(&mut self) {
        self.write_down();
    }
}

impl Inner {
    /// A new connection, served by the holder of this control.
    pub(crate) fn open(&mut self, now_us: u64, control: &Arc<Control>) -> PathId {
        let path = PathId(self.next_path);
        self.next_path += 1;
        self.link.open(now_us, path);
        self.wake_others(Some(path));
        self.lines.insert(path, Arc::clone(control));
        path
    }

    /// It is not served any more.
    pub(crate) fn close(&mut self, path: PathId) {
        self.link.forget(path);
        self.lines.remove(&path);
        self.wake_others(None);
    }

    /// Something was done to the link, by this connection if by any: the connections that it may concern are told. Most of what a
    /// connection does concerns no other, and a modem may have thousands of them.
    pub(crate) fn wake_others(&mut self, path: Option<PathId>) {
        if std::mem::replace(&mut self.generation, self.link.generation()) == self.link.generation() {
            return;
        }
        for (_, control) in self.lines.iter().filter(|(other, _)| Some(**other) != path) {
            control.wake();
        }
        self.waiting.iter().for_each(|control| control.wake());
    }
}
