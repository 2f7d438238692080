//! `deadzone link --api` from outside: Toxiproxy's API as its documentation has it, over plain sockets.

mod api;
mod documented;
mod effects;
mod foreign;
mod own;
#[path = "../support/mod.rs"]
mod support;
