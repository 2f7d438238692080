//! Toxiproxy's HTTP API, both ways: a server whose toxics are stages of ours, and a client for a foreign server.
//!
//! A [`Toxic`] is what the API talks about. Each kind has a pure `stage` (bytes and microseconds in and out); a `lane` is
//! one direction's stages in their order, a `chain` both lanes with a link of ours behind them, as a
//! [`Impairment`](crate::Impairment) for the relay. `rng_stream` gives each its own stream of chance. The `server` has the routes, the
//! `client` calls them at a foreign server. `loose_json` reads bodies as leniently as Toxiproxy does, and `go_syntax` has
//! its words for what is no JSON.
//!
//! Where Toxiproxy's documentation and its behaviour differ, the documentation holds here: a seed repeats, and `reset_peer`
//! resets an idle connection too. One thing is different from both, on purpose: a `timeout` that is removed lets the bytes
//! flow again, none lost, where Toxiproxy drops them and closes. `stage/timeout.rs` says why, and within which bounds.

mod chain;
mod client;
mod go_syntax;
mod lane;
mod loose_json;
mod rng_stream;
mod server;
mod stage;
mod toxic;

pub use client::{Api, Change, ClientError, NotThere, ProxyInfo, Release, plan};
pub use server::{Limits, ReadFault, ServeError, Server, ServerOptions};
pub use toxic::{Stream, Toxic, ToxicInfo};
