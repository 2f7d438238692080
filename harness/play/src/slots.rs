//! The job slot of a performance, as the runner hands it in: a wait that meets silence gives it away and takes one again
//! before the walk goes on.

use std::{future::Future, pin::Pin};

/// A future of one thread.
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The job slot of one performance.
pub trait Slots {
    /// The performance waits on for a silent broker: its slot is free from now on, its connections are not.
    fn park(&self);
    /// Ends when the performance has a slot again. The walk goes on only then.
    fn unpark(&self) -> LocalBoxFuture<'_, ()>;
}

/// A performance that shares nothing: embedded ones, where parking costs no wall time.
#[derive(Clone, Copy, Debug)]
pub struct OwnSlot;

impl Slots for OwnSlot {
    fn park(&self) {}

    fn unpark(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
