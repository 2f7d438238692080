//! A cell that several links share: what one of them is served, the others wait for. Knows no links.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::airtime::AirtimeSchedule;

/// What is over is remembered for so many turns: the links of a cell are not driven in step.
const PAST: usize = 4096;

/// A handle; clones are the same cell.
#[derive(Clone, Debug, Default)]
pub struct Cell(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
pub(super) struct Inner {
    /// Up and down.
    books: [AirtimeSchedule; 2],
    members: u32,
}

impl Cell {
    /// A cell that serves no link yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// One direction's reservations, of which those that were over by then may be forgotten.
    pub(super) fn book(&mut self, direction: crate::Direction, settled_us: u64) -> &mut AirtimeSchedule {
        let book = &mut self.books[direction as usize];
        book.settle(settled_us, PAST);
        book
    }
}

/// A link's place in a cell. Without it what it reserved is free again.
#[derive(Debug)]
pub(super) struct Member {
    cell: Cell,
    pub(super) number: u32,
    /// The last time that it was known to be, µs.
    pub(super) settled_us: u64,
}

impl Member {
    pub(super) fn new(cell: Cell, settled_us: u64) -> Self {
        let number = {
            let mut inner = cell.lock();
            inner.members += 1;
            inner.members
        };
        Self { cell, number, settled_us }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.cell.lock()
    }

    /// Gives back what is reserved after this time: of one turn, or of all.
    pub(super) fn give_back(&self, now_us: u64, turn: Option<u64>) {
        for book in &mut self.lock().books {
            book.give_back(now_us, self.number, turn);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.give_back(self.settled_us, None);
    }
}
