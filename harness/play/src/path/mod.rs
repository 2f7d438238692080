//! One connection of one client: its ordered queue, its way through the link, and its stream to the target.
//!
//! A command is taken only when all bytes before it were written, so that a step takes effect after every byte that the
//! client wrote before it. Where its link is full the client waits, and so does what is behind its bytes. Reading never stops
//! while the stream is open: after `cut fin` and `cut silent` the broker's end is read and recorded until the broker closes.
//! What somebody else did on the link may make something due here, for which there is no timer: then it is poked.

mod carry;
mod client_end;
#[cfg(test)]
mod upstream;

pub(crate) use carry::Path;
