//! Job slots of a run: a performance that waits in silence gives its slot to another one.

use std::{future::Future, pin::Pin};

/// A slot that is being waited for.
pub type Unparking<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The slot of one performance. A wait that met silence past its patience gives it away; before the walk goes on it is taken
/// back. A walk that ends in silence ends without its slot.
pub trait Slots {
    /// The slot is free from now on.
    fn park(&self);
    /// Waits for a slot.
    fn unpark(&self) -> Unparking<'_>;
}

/// As many slots as there are performances.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSlots;

impl Slots for NoSlots {
    fn park(&self) {}

    fn unpark(&self) -> Unparking<'_> {
        Box::pin(async {})
    }
}
