//! `deadzone link --api` from outside: Toxiproxy's API as its documentation has it, over plain sockets.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops where it fails, and says what it skips"
)]

mod api;
mod described;
mod documented;
mod effects;
mod foreign;
mod judged;
mod own;
mod quirks;
mod quirky;
#[path = "../support/mod.rs"]
mod support;
