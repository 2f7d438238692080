//! Toxiproxy's HTTP API as a server. A `proxy` listens and serves its connections (`live`); the `collection` has all of
//! them, and the `api` changes it for requests that need names resolved first. `routes` are Toxiproxy's own, `own_routes`
//! are deadzone's, described in `openapi.json`; `extract` reads what they are asked, a `guard` stands before them, and a
//! `watch` ends connections that keep us waiting beyond the `limits`. A change of a toxic has taken effect on live
//! connections when its answer is sent.

mod address;
mod api;
mod collection;
mod error;
mod extract;
mod fault;
mod guard;
mod limits;
mod live;
mod metrics;
mod own_routes;
mod profile;
mod proxy;
mod routes;
mod serve;
mod toxics;
mod watch;

pub use fault::ReadFault;
pub use limits::Limits;
pub use serve::{ServeError, Server, ServerOptions};
