//! Nothing stands in between: every byte and every close passes at once.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{Impairment, Out};

/// A connection without impairment. A reset of one end resets the other.
#[derive(Debug, Default)]
pub struct Plain {
    due: VecDeque<Out>,
    held_up: usize,
    held_down: usize,
}

impl Impairment for Plain {
    fn up(&mut self, _now_us: u64, bytes: Bytes) {
        self.held_up += bytes.len();
        self.due.push_back(Out::Up(bytes));
    }

    fn down(&mut self, _now_us: u64, bytes: Bytes) {
        self.held_down += bytes.len();
        self.due.push_back(Out::Down(bytes));
    }

    fn up_closed(&mut self, _now_us: u64, rst: bool) {
        self.due.push_back(if rst { Out::RstUp } else { Out::FinUp });
    }

    fn down_closed(&mut self, _now_us: u64, rst: bool) {
        self.due.push_back(if rst { Out::RstDown } else { Out::FinDown });
    }

    fn poll(&mut self, _now_us: u64) -> Option<Out> {
        let out = self.due.pop_front()?;
        match &out {
            Out::Up(bytes) => self.held_up -= bytes.len(),
            Out::Down(bytes) => self.held_down -= bytes.len(),
            _ => {}
        }
        Some(out)
    }

    fn wake_at_us(&self) -> Option<u64> {
        None
    }

    fn held_up(&self) -> usize {
        self.held_up
    }

    fn held_down(&self) -> usize {
        self.held_down
    }

    fn transparent(&self) -> bool {
        self.due.is_empty()
    }
}
