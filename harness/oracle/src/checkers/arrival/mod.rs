//! What must arrive: one packet or the close, on one connection. Sorts each claim by how its wait ended.
//!
//! A claim that was met is looked at again: if the packet does not fit after all, the harness contradicts itself.

mod check;
mod closing;
mod mismatch;
mod question;
mod session;
mod silence;
mod wait;

pub(super) use check::{NAME, check};
