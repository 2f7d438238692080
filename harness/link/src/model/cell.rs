//! A cell that several links share: what one of them is served, the others wait for. Knows no links.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Direction;

/// A handle; clones are the same cell.
#[derive(Clone, Debug, Default)]
pub struct Cell(Arc<Mutex<[u64; 2]>>);

impl Cell {
    /// A cell that serves nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// When this direction's service is free, µs.
    pub(crate) fn free_us(&self, direction: Direction) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[direction as usize]
    }

    /// It is taken until then.
    pub(crate) fn take(&self, direction: Direction, until_us: u64) {
        let mut busy = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        busy[direction as usize] = busy[direction as usize].max(until_us);
    }
}
