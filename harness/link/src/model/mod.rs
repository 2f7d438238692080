//! How a radio link behaves by itself: bytes and microseconds in, microseconds out.
//!
//! A [`modem`] has two lanes. Bytes that enter one travel first (a floor and a log-normal part that remembers itself), then
//! they are served in order: at a rate that remembers itself, or at recorded opportunities. The server stands where bytes
//! leave, so nothing leaves faster than it serves. Interruptions stop it: stalls (the radio keeps what it has), outages and failed
//! hand-overs (what was sent is lost, and TCP's retransmission clock decides when it comes). A segment may be lost too;
//! it is then late by that clock, and all behind it waits. Nothing is ever lost from the middle.
//!
//! Every process draws from a stream of its own ([`Identity`], direction, [`Process`]), so a change of one leaves all others
//! as they were. Delay, rate, stalls, outages and hand-overs depend on time alone, whatever is sent and whatever is looked
//! at ahead. Loss is decided for each go of bytes, and a promotion for each time that an idle radio is needed: their n-th
//! decision is always the same, but what is sent says when it comes. A stream lives as long as its link; a process
//! whose numbers change goes on drawing from it where time has brought it. What was drawn can be written out and
//! played again ([`Decision`]).
//!
//! Service is reserved ahead (`book`), so that paths, directions and the links of a cell get its time once, and what is
//! thrown away gives back its own part only.
//!
//! Nothing here knows a path, a fault or a packet.

mod airtime;
mod ar1_process;
mod cell;
mod coverage;
mod decision;
mod fixed;
mod idle;
mod interruptions;
mod lane;
mod modem;
mod rng_stream;
mod rto;
mod shape;
mod trace;

pub(crate) use ar1_process::Ar1Shape;
pub use cell::Cell;
pub(crate) use coverage::Begin;
pub use decision::{Decision, Process};
pub(crate) use fixed::{Fx, fx};
pub(crate) use lane::Served;
pub(crate) use modem::Modem;
pub(crate) use rng_stream::Chance;
pub use rng_stream::Identity;
pub(crate) use shape::{
    HandoverShape, IdleShape, LaneShape, NatShape, OutageShape, OutageTimes, SEGMENT, Service, Shape,
    StallShape,
};
pub use trace::{Trace, TraceError};
