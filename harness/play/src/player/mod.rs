//! Walks the script: one step after another, each bounded in time, each recorded.
//!
//! The [`walk`] decides which step comes next; [`steps`] say what each does on the [`stage`], which holds the clients and their
//! connections ([`network`]), the claims and the performance's slot. Whatever is waited for is waited for in one way
//! ([`wait`]). Absence is watched for by a fence, or once at the end by the grace. What a step found is recorded as a claim
//! that was met or not; the walk itself decides only whether going on makes sense.

mod bridge;
mod claims;
mod control;
mod footprint;
mod network;
mod parking;
mod process;
mod rest;
mod setting;
mod stage;
mod steps;
mod teardown;
mod wait;
mod walk;

pub(crate) use setting::timing;
pub(crate) use walk::Player;
