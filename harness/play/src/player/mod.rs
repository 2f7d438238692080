//! Walks the script: one step after another, each bounded in time, each recorded.
//!
//! A wait for presence has a deadline and a patience; absence is watched for by a fence, or once at the end by the grace.
//! What a step found is recorded as a claim that was met or not; the walk itself decides only whether going on makes sense.

mod arrival;
mod connection;
mod control;
mod expect;
mod finds;
mod intent;
mod link;
mod marker;
mod packet;
mod radio;
mod teardown;
mod walk;

pub(crate) use radio::timing;
pub(crate) use walk::{Flow, Player};
