//! Carries one connection between two sockets with a [`Impairment`](crate::Impairment) in between.
//!
//! One task, one state machine, both directions. A *side* is a socket with what waits to be written to it. The *pump* asks
//! the middle what is due, writes, reads, and sleeps until a socket, the middle's time or the [`Control`] wakes it. Bytes
//! are read into a buffer that the thread owns, so an idle connection has none; where the middle is transparent they go
//! straight from there to the other socket.
//!
//! Bounds: [`HELD_MAX`] bytes a direction on the way and [`WAITING_MAX`] bytes that a socket would not take; above either
//! the sender is not read, but looked at now and then: whether it is still there. [`AFTERLIFE`] ends a connection of which both ends closed while something is held for ever.

mod control;
mod pump;
mod side;

pub use control::{Control, Stop, Traffic};
pub use pump::{AFTERLIFE, End, Finished, HELD_MAX, relay};
pub use side::WAITING_MAX;
pub(crate) use side::unread;
