//! What waits to be written to one connection, bounded, and how it is to end. Knows no socket.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
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

/// The outbound side of one connection.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    waiting: RefCell<VecDeque<Bytes>>,
    bytes: Cell<usize>,
    close: Cell<Option<Close>>,
    /// Told whenever something changed.
    pub(super) changed: Notify,
}

impl Mailbox {
    /// Adds a packet; `false` when that is more than `limit` bytes.
    pub(super) fn post(&self, packet: Bytes, limit: usize) -> bool {
        self.bytes.set(self.bytes.get() + packet.len());
        self.waiting.borrow_mut().push_back(packet);
        self.changed.notify_one();
        self.bytes.get() <= limit
    }

    /// The next packet to write.
    pub(super) fn take(&self) -> Option<Bytes> {
        let packet = self.waiting.borrow_mut().pop_front()?;
        self.bytes.set(self.bytes.get() - packet.len());
        Some(packet)
    }

    /// Asks for the close. A reset throws away what waits; an earlier wish stands.
    pub(super) fn close(&self, close: Close) {
        if self.close.get().is_none() {
            self.close.set(Some(close));
        }
        if self.close.get() == Some(Close::Reset) {
            self.waiting.borrow_mut().clear();
            self.bytes.set(0);
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
