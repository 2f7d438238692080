//! One connection of one client: its ordered queue, its way through the link, and its stream to the target.
//!
//! A command is taken only when all bytes before it were written, so that a step takes effect after every byte that the
//! client wrote before it. Where its link is full the client waits, and so does what is behind its bytes. Reading never stops
//! while the stream is open: after `cut fin` and `cut silent` the broker's end is read and recorded until the broker closes.
//! What happened on the link by way of another connection may make something due here, for which there is no timer: then the
//! carrier is woken.

mod broker_end;
mod carry;
mod client_end;
mod turns;
#[cfg(test)]
mod upstream;

pub(crate) use carry::Path;
