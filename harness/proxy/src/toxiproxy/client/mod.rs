//! Toxiproxy's HTTP API as a client: typed calls (`api`), how a fault of ours is said with toxics (`plan`), and which
//! `release` can be asked for what.

mod api;
mod plan;
mod release;

pub use api::{Api, ClientError, ProxyInfo};
pub use plan::{Change, NotThere, plan};
pub use release::Release;
