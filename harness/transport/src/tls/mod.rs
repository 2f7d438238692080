//! TLS by rustls, on ring. What TLS itself may get wrong is tried by changing its bytes below, never by this code.

mod client;
mod pem;
mod server;
mod stream;

pub use client::{ClientTls, Trust};
pub(crate) use server::server_config;
pub(crate) use stream::Secured;

use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};

/// The one provider: chosen here, never by what else is linked in.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
