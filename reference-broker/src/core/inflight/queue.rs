//! Messages that wait for their turn, bounded in number and bytes. Knows nothing of packet identifiers.

use std::{collections::VecDeque, sync::Arc};

use crate::core::message::Delivery;

/// First in, first out.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Delivery>,
    bytes: usize,
}

impl Queue {
    /// Takes a message in; `false` when it had to be dropped. The newest is dropped and not the oldest, so that what
    /// does arrive is an unbroken beginning. Neither standard says which.
    pub(crate) fn push(&mut self, delivery: Delivery, most: usize, room_bytes: usize) -> bool {
        let weight = delivery.message.weight();
        if self.waiting.len() >= most || self.bytes + weight > room_bytes {
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

    /// Puts what came last before all else, for one defect.
    pub(crate) fn last_first(&mut self) {
        self.waiting.rotate_right(usize::from(!self.waiting.is_empty()));
    }

    /// Turns the order round, for one defect.
    pub(crate) fn reverse(&mut self) {
        self.waiting.make_contiguous().reverse();
    }

    /// Takes one from the QoS of everything, for one defect.
    pub(crate) fn lower_qos(&mut self) {
        for delivery in &mut self.waiting {
            delivery.qos = delivery.qos.saturating_sub(1);
        }
    }

    /// Takes what should be forwarded from everything, for one defect.
    pub(crate) fn strip_properties(&mut self) {
        for delivery in &mut self.waiting {
            delivery.message = Arc::new(delivery.message.stripped());
        }
        self.bytes = self.waiting.iter().map(|d| d.message.weight()).sum();
    }

    /// Takes the identifiers from everything, for one defect.
    pub(crate) fn forget_identifiers(&mut self) {
        self.waiting.iter_mut().for_each(|delivery| delivery.subscription_ids.clear());
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    #[cfg(test)]
    pub(crate) fn weighed_bytes(&self) -> usize {
        self.waiting.iter().map(|d| d.message.weight()).sum()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}
