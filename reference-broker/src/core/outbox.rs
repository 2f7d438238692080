//! What the broker wants done, in order. Knows nothing of MQTT; holds everything back under one legal variant.

use std::collections::VecDeque;

use bytes::Bytes;

/// A network connection, named by whoever owns the sockets. Never used again once closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// One thing for the owner of the sockets to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write these bytes: exactly one packet.
    Send {
        /// The connection.
        conn: ConnId,
        /// The whole packet.
        bytes: Bytes,
    },
    /// Close after everything that was sent before; `rst` asks for a reset instead of an orderly close.
    Close {
        /// The connection. The broker has forgotten it already.
        conn: ConnId,
        /// Reset, so that unsent bytes are thrown away.
        rst: bool,
    },
}

/// Effects that are ready, and effects that wait for their time.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    ready: VecDeque<Effect>,
    late: VecDeque<(u64, Effect)>,
    delay_us: u64,
}

impl Outbox {
    /// An outbox that holds every effect back for this long; 0 for not at all.
    pub(crate) fn new(delay_us: u64) -> Self {
        Self { delay_us, ..Self::default() }
    }

    pub(crate) fn push(&mut self, now_us: u64, effect: Effect) {
        if self.delay_us == 0 {
            self.ready.push_back(effect);
        } else {
            self.late.push_back((now_us.saturating_add(self.delay_us), effect));
        }
    }

    /// Makes everything ready whose time has come.
    pub(crate) fn release(&mut self, now_us: u64) {
        while self.late.front().is_some_and(|(due, _)| *due <= now_us) {
            self.ready.extend(self.late.pop_front().map(|(_, effect)| effect));
        }
    }

    pub(crate) fn next_deadline_us(&self) -> Option<u64> {
        self.late.front().map(|(due, _)| *due)
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        self.ready.pop_front()
    }
}
