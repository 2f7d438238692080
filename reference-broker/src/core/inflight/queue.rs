//! Messages that wait for their turn, bounded in number and bytes. Knows nothing of packet identifiers.

use std::collections::VecDeque;

use crate::{Limits, core::message::Delivery};

/// First in, first out.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Delivery>,
    bytes: usize,
}

impl Queue {
    /// Takes a message in; `false` when it had to be dropped. The newest is dropped and not the oldest, so that what
    /// does arrive is an unbroken beginning. Neither standard says which.
    pub(crate) fn push(&mut self, delivery: Delivery, limits: &Limits) -> bool {
        let weight = delivery.message.weight();
        if self.waiting.len() >= limits.queued_messages || self.bytes + weight > limits.queued_bytes {
            return false;
        }
        self.bytes += weight;
        self.waiting.push_back(delivery);
        true
    }

    pub(crate) fn front(&self) -> Option<&Delivery> {
        self.waiting.front()
    }

    pub(crate) fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.waiting.pop_front()?;
        self.bytes -= delivery.message.weight();
        Some(delivery)
    }

    /// Turns the order round, for one defect.
    pub(crate) fn reverse(&mut self) {
        self.waiting.make_contiguous().reverse();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
