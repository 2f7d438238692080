//! The server as the command starts it.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use deadzone_link::Catalogue;
use hyper::{
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

use super::{
    api::Api,
    collection::Collection,
    fault::ReadFault,
    limits::Limits,
    own_routes,
    proxy::Ground,
    routes,
    watch::{Watch, Watched},
};
use crate::{
    Clock, Recorder,
    clock::{Alarm, pause},
};

/// The pause after the system refused a connection, as it does when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How a server behaves.
#[derive(Clone)]
pub struct ServerOptions {
    /// Where all chance comes from: the same seed and the same order of connections give the same draws.
    pub seed: u64,
    /// Serve `/metrics`.
    pub metrics: bool,
    /// The profiles that links can have, by name.
    pub catalogue: Catalogue,
    /// How faults are read that come as a text.
    pub read_fault: ReadFault,
    /// What clients can take.
    pub limits: Limits,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// Why the API could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be had.
    #[error("could not listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
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

    /// Serves until it is dropped; the proxies end with it. Their connections are recorded where a record is kept.
    pub async fn run(self, recorder: Option<Arc<Recorder>>) -> Result<(), ServeError> {
        let limits = self.options.limits;
        let router = router(self.options, recorder, self.address.ip());
        let seats = Arc::new(Semaphore::new(limits.api_connections.min(Semaphore::MAX_PERMITS)));
        let mut talks = JoinSet::new();
        loop {
            while talks.try_join_next().is_some() {}
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!("the API: a connection could not be taken in: {error}");
                    pause(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
                tracing::warn!(
                    "the API: {} connections are open, one more was reset",
                    limits.api_connections
                );
                let _ = stream.set_zero_linger();
                continue;
            };
            let router = router.clone();
            talks.spawn(async move {
                talk(stream, router, limits).await;
                drop(seat);
            });
        }
    }
}

/// Serves one connection until it ends, or has kept us waiting for too long.
async fn talk(stream: TcpStream, router: Router, limits: Limits) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("the API: no TCP_NODELAY: {error}");
    }
    let clock = Clock::new();
    let watch = Arc::new(Watch::new(clock, limits));
    let routes = TowerToHyperService::new(router);
    let service = service_fn(|request| {
        watch.begins();
        let (watch, answer) = (Arc::clone(&watch), routes.call(request));
        async move {
            let answer = answer.await;
            watch.answers();
            answer
        }
    });
    let socket = TokioIo::new(Watched { stream, watch: Arc::clone(&watch) });
    let mut connection = pin!(http1::Builder::new().serve_connection(socket, service));
    let mut alarm = Alarm::default();
    poll_fn(|cx| match connection.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(()),
        Poll::Pending => alarm.poll(&clock, Some(watch.ends_us()), cx),
    })
    .await;
}

fn router(options: ServerOptions, recorder: Option<Arc<Recorder>>, own: IpAddr) -> Router {
    let ground =
        Ground { seed: options.seed, clock: Clock::new(), connections: options.limits.connections, recorder };
    let collection = Collection::new(ground, options.catalogue, options.read_fault);
    routes::routes(options.metrics)
        .merge(own_routes::routes())
        .fallback(nowhere)
        .with_state(Arc::new(Api::new(collection, own)))
}

async fn nowhere() -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, plain, "404 page not found\n").into_response()
}

#[cfg(test)]
mod tests;
