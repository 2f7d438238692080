//! What waits to be written to one connection, bounded, and how it is to end. Knows no socket.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use bytes::Bytes;
use tokio::sync::Notify;

/// How the connection is to be closed once the mailbox is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// After everything was written.
    Orderly,
    /// At once, and what was not written is thrown away.
    Reset,
}

/// What a waiting packet costs beside its own bytes.
const PACKET_BYTES: usize = 64;

/// The outbound side of one connection.
#[derive(Debug)]
pub(super) struct Mailbox {
    waiting: RefCell<VecDeque<Bytes>>,
    /// What the packet costs that was taken last: it is held until the next is asked for.
    writing: Cell<usize>,
    /// What all of it costs.
    bytes: Cell<usize>,
    /// The bytes of all mailboxes together.
    in_all: Rc<Cell<usize>>,
    close: Cell<Option<Close>>,
    /// Told whenever something changed.
    pub(super) changed: Notify,
}

impl Mailbox {
    /// An empty mailbox that counts into this sum.
    pub(super) fn new(in_all: Rc<Cell<usize>>) -> Self {
        Self {
            waiting: RefCell::default(),
            writing: Cell::default(),
            bytes: Cell::default(),
            in_all,
            close: Cell::default(),
            changed: Notify::new(),
        }
    }

    /// Adds a packet.
    pub(super) fn post(&self, packet: Bytes) {
        self.count(self.bytes.get() + packet.len() + PACKET_BYTES);
        self.waiting.borrow_mut().push_back(packet);
        self.changed.notify_one();
    }

    /// The next packet to write; the one before it has been written.
    pub(super) fn take(&self) -> Option<Bytes> {
        let packet = self.waiting.borrow_mut().pop_front();
        let cost = packet.as_ref().map_or(0, |p| p.len() + PACKET_BYTES);
        self.count(self.bytes.get() - self.writing.replace(cost));
        packet
    }

    /// Bytes that wait, with what each packet costs.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    fn count(&self, bytes: usize) {
        self.in_all.set(self.in_all.get() + bytes - self.bytes.get());
        self.bytes.set(bytes);
    }

    /// Asks for the close. A reset throws away what waits; an earlier wish stands.
    pub(super) fn close(&self, close: Close) {
        if self.close.get().is_none() {
            self.close.set(Some(close));
        }
        if self.close.get() == Some(Close::Reset) {
            self.waiting.borrow_mut().clear();
            self.writing.set(0);
            self.count(0);
        }
        self.changed.notify_one();
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }

    /// The wish to close, if there is one.
    pub(super) fn closing(&self) -> Option<Close> {
        self.close.get()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.count(0);
    }
}
