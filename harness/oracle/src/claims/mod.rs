//! What the script claims: opened in the record with what it wants, closed with what happened, judged on the same state as the
//! rules, one kind of claim a file.
//!
//! Waits are judged when they end, what is counted over the whole run when the record ends. Here it is decided who is to blame
//! for what did not come, and every legal way out is looked for first.

mod arrival;
mod closing;
mod copies;
mod debt;
mod judge;
mod mismatch;
mod order;
mod quiescent;
mod receives;
mod session;
mod shape;
mod silence;
mod thrown_out;
mod wait;
mod will;

pub(crate) use judge::Claims;
