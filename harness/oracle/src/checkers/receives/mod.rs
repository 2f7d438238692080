//! How often, in which order and in what shape messages are delivered to a client over the whole run.
//!
//! Judged at the broker's end: what the link did to a copy is not the broker's. A promise is only as strong as the QoS that
//! the message was published with and the subscription was granted.

mod check;
mod clauses;
mod count;
mod deliveries;
mod owing;
mod shape;

pub(super) use check::{NAME, check};
pub(crate) use clauses::field_clause;
pub(super) use deliveries::{Deliveries, Known};
pub(crate) use owing::delivery_owed;
