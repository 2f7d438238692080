//! TLS by rustls, on ring. What TLS itself may get wrong is tried by changing its bytes below, never by this code.

mod breakable;
mod client;
mod pem;
mod provider;
mod server;
mod stream;

pub(crate) use breakable::Breakable;
pub use breakable::is_broken_below;
pub(crate) use client::Configs;
pub use client::{ClientTls, Trust};
pub(crate) use server::server_config;
pub(crate) use stream::Secured;
