//! The broker without input or output: no socket, no clock, no randomness. Time comes in as `now_us`.
//!
//! [`Broker`] holds three sorts of state, each owned by one module: network connections (`connection`), sessions
//! (`session`, with `inflight` for the QoS exchanges and `subscription` for the filters), and retained messages
//! (`retained`). What packets do to them is in `connect`, `publish`, `acknowledge`, `subscribe`, `routing` and `ending`; who may come in
//! is in `admission`, and who must prove it in `auth`. `lapses`, `reported` and `schedule` serve defects and legal variants alone.

mod acknowledge;
mod admission;
mod alterations;
mod auth;
#[cfg(test)]
mod bounds;
mod bridge;
mod broker;
mod config;
mod connack;
mod connect;
mod connection;
mod ending;
mod extras;
mod inflight;
mod lapses;
mod limits;
mod malformed;
mod message;
mod names;
mod offers;
mod outbox;
mod peer;
mod publish;
mod reported;
mod retained;
mod routing;
mod schedule;
mod session;
mod sharing;
mod subscribe;
mod subscription;
mod will;

pub use broker::Broker;
pub use config::{Config, Secrets, Users};
pub use limits::Limits;
pub use outbox::{ConnId, Effect};
