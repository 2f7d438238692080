//! Toxiproxy's HTTP API as a client: typed calls (`api`), and how a fault of ours is said with toxics (`plan`).

mod api;
mod plan;

pub use api::{Api, ClientError, ProxyInfo};
pub use plan::{Change, NotThere, plan};
