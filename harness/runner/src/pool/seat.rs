//! The seat of one performance in the book of slots, as its player sees it.

use std::{
    rc::Rc,
    sync::{Arc, mpsc::Sender},
};

use deadzone_play::{NoSlots, Unparking};

use super::{
    slots::{SOLO_PARKS_MAX, Slots},
    task::Task,
    work::Message,
};

/// What a worker hands into a performance; everything but the player only passes it on.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(super) slots: Arc<Slots<Task>>,
    pub(super) number: usize,
    pub(super) sender: Sender<Message>,
}

impl Seat {
    /// The slot of a performance; one that has none shares nothing.
    pub(crate) fn of(seat: Option<&Self>) -> Rc<dyn deadzone_play::Slots> {
        match seat {
            Some(seat) => Rc::new(seat.clone()),
            None => Rc::new(NoSlots),
        }
    }

    /// Whether a silence may be waited out: what wants the broker for itself may do so three times a run.
    pub(crate) fn may_park(&self) -> bool {
        !self.slots.is_solo() || self.slots.parks() < SOLO_PARKS_MAX
    }
}

impl deadzone_play::Slots for Seat {
    fn park(&self) {
        // A worker takes the slot that is free from now on.
        let _ = self.sender.send(Message::Parked(self.number));
        self.slots.park(self.number);
    }

    fn unpark(&self) -> Unparking<'_> {
        let back = self.slots.unpark(self.number);
        Box::pin(async move {
            // The book outlives every seat; an end of it would only mean that the run is over.
            let _ = back.await;
        })
    }
}
