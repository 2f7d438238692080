//! The server as the command starts it.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    http::{StatusCode, header},
    middleware::from_fn,
    response::{IntoResponse, Response},
};
use deadzone_link::Catalogue;
use tokio::{net::TcpListener, sync::Mutex};

use super::{collection::Collection, fault::ReadFault, guard::guard, own_routes, proxy::Ground, routes};
use crate::Clock;

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where all chance comes from: the same seed and the same order of connections give the same draws.
    pub seed: u64,
    /// Serve `/metrics`.
    pub metrics: bool,
    /// The profiles that links can have, by name.
    pub catalogue: Catalogue,
    /// How faults are read that come as a text.
    pub read_fault: ReadFault,
}

/// Why the API could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be had.
    #[error("could not listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// Connections can't be taken in.
    #[error("could not serve the API: {0}")]
    Serve(io::Error),
}

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    options: ServerOptions,
}

impl Server {
    /// Listens there; port 0 is any free one.
    pub async fn bind(address: SocketAddr, options: ServerOptions) -> Result<Self, ServeError> {
        let failed = |error| ServeError::Listen(address, error);
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, options })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped; the proxies end with it.
    pub async fn run(self) -> Result<(), ServeError> {
        let router = router(self.options, self.address.ip());
        axum::serve(self.listener, router).await.map_err(ServeError::Serve)
    }
}

fn router(options: ServerOptions, own: IpAddr) -> Router {
    let ground = Ground { seed: options.seed, clock: Clock::new() };
    routes::routes(options.metrics)
        .merge(own_routes::routes())
        .route_layer(from_fn(guard))
        .fallback(nowhere)
        .with_state(Arc::new(Mutex::new(Collection::new(ground, own, options.catalogue, options.read_fault))))
}

async fn nowhere() -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, plain, "404 page not found\n").into_response()
}
