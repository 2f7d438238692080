//! Things that wait for their time, in the order of their time. Knows no clock, and not what waits.

use std::collections::BTreeMap;

/// A queue by due time; what is due at the same time comes out in the order in which it was put in.
#[derive(Debug)]
pub(crate) struct Schedule<T> {
    waiting: BTreeMap<(u64, u64), T>,
    last: u64,
}

impl<T> Default for Schedule<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), last: 0 }
    }
}

impl<T> Schedule<T> {
    pub(crate) fn put(&mut self, due_us: u64, item: T) {
        self.last += 1;
        self.waiting.insert((due_us, self.last), item);
    }

    /// The earliest item whose time has come.
    pub(crate) fn take_due(&mut self, now_us: u64) -> Option<T> {
        let entry = self.waiting.first_entry().filter(|e| e.key().0 <= now_us)?;
        Some(entry.remove())
    }

    /// The earliest item, whatever its time.
    pub(crate) fn take_first(&mut self) -> Option<T> {
        self.waiting.pop_first().map(|(_, item)| item)
    }

    pub(crate) fn next_due_us(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(key, _)| key.0)
    }

    /// Keeps what `keep` says yes to, given its time.
    pub(crate) fn retain(&mut self, keep: impl Fn(u64, &T) -> bool) {
        self.waiting.retain(|(due_us, _), item| keep(*due_us, item));
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
