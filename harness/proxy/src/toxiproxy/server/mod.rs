//! Toxiproxy's HTTP API as a server. A `proxy` listens and serves its connections (`live`); the `collection` has all of
//! them. `routes` are Toxiproxy's own, `own_routes` are deadzone's, described in `openapi.json`; a `guard` stands before
//! both. A change of a toxic has taken effect on live connections when its answer is sent.

mod address;
mod collection;
mod error;
mod fault;
mod guard;
mod live;
mod metrics;
mod own_routes;
mod profile;
mod proxy;
mod routes;
mod serve;
mod toxics;

pub use fault::ReadFault;
pub use serve::{ServeError, Server, ServerOptions};
