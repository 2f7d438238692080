//! One toxic on one direction of one connection: pure, told the time. One file a kind.
//!
//! A stage is told things in the order of their times and emits things with theirs. Bytes stay in order and none is lost
//! from the middle: a stage that lets nothing pass keeps what came, and a connection that it ends is over.

mod bandwidth;
mod latency;
mod limit_data;
mod reset_peer;
mod slicer;
mod slow_close;
mod timeout;
mod work;

#[cfg(test)]
mod bench;

pub(super) use work::{Emitted, Item, Stage, stage};
