//! The one wait of every step: what is looked for, and how long, until which of its ends.
//!
//! A wait has three times, counted while its links could deliver what is waited for, from the last packet of that sort on.
//! After `within` an answer is slow. After the patience the performance is parked and the broker is asked for a sign of life;
//! the wait goes on to the long bound. Each wait is a claim whose end is recorded.

mod answer;
mod copies;
mod course;
mod direct;
mod life;
mod marker;
mod on_link;
mod sought;
mod stopwatch;

pub(super) use answer::{Answer, Order};
pub(super) use copies::Copies;
pub(super) use course::{Wait, go_on, wait_for};
pub(super) use direct::Direct;
pub(super) use life::Signs;
pub(super) use marker::{Marker, Repeats};
pub(super) use on_link::OnLink;
pub(super) use sought::Sought;
