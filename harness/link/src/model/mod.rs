//! How a radio link behaves by itself: bytes and microseconds in, microseconds out.
//!
//! A [`modem`] has two lanes. Bytes that enter one travel first (a floor and a log-normal part that remembers itself), then
//! they are served in order: at a rate that remembers itself, or at recorded opportunities. The server stands where bytes
//! leave, so nothing leaves faster than it serves. Gaps stop it: stalls (the radio keeps what it has), outages and failed
//! hand-overs (what was sent is lost, and TCP's retransmission clock decides when it comes). A segment may be lost too;
//! it is then late by that clock, and all behind it waits. Nothing is ever lost from the middle.
//!
//! Every process draws from a stream of its own ([`Identity`], direction, [`Process`]) and depends on time alone, so a
//! change of one leaves all others as they were. What was drawn can be written out and played again ([`Decision`]).
//!
//! Nothing here knows a path, a fault or a packet.

mod cell;
mod decision;
mod dice;
mod fixed;
mod gaps;
mod lane;
mod modem;
mod rto;
mod shape;
mod trace;
mod wave;

pub use cell::Cell;
pub use decision::{Decision, Process};
pub use dice::Identity;
pub(crate) use fixed::{Fx, fx};
pub(crate) use lane::Served;
pub(crate) use modem::Modem;
pub(crate) use shape::{
    HandoverShape, IdleShape, LaneShape, NatShape, OutageShape, OutageTimes, SEGMENT, Service, Shape,
    StallShape,
};
pub use trace::{Trace, TraceError};
pub(crate) use wave::WaveShape;
