//! The broker without input or output: no socket, no clock, no randomness. Time comes in as `now_us`.
//!
//! [`Broker`] holds three sorts of state, each owned by one module: network connections (`connection`), sessions
//! (`session`, with `inflight` for the QoS exchanges and `subscription` for the filters), and retained messages
//! (`retained`). What packets do to them is in `connect`, `publish`, `acknowledge`, `subscribe` and `ending`.

mod acknowledge;
#[cfg(test)]
mod bounds;
mod broker;
mod config;
mod connect;
mod connection;
mod ending;
mod inflight;
mod limits;
mod malformed;
mod message;
mod outbox;
mod publish;
mod retained;
mod session;
mod subscribe;
mod subscription;
mod will;

pub use broker::Broker;
pub use config::Config;
pub use limits::Limits;
pub use outbox::{ConnId, Effect};
