//! Where a proxy is to listen, as people write it. Knows no proxies.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::{TcpListener, lookup_host};

use super::error::ApiError;

/// `host:port` to an address. Without a host it is the API's own: loopback unless told otherwise.
pub(super) async fn resolve(listen: &str, own: IpAddr) -> Result<SocketAddr, ApiError> {
    let failed = |why: &str| ApiError::Environment(format!("listen tcp: address {listen}: {why}"));
    if listen.is_empty() {
        return Ok(SocketAddr::new(own, 0));
    }
    let (host, port) = listen.rsplit_once(':').ok_or_else(|| failed("missing port in address"))?;
    let port: u16 = if port.is_empty() { Ok(0) } else { port.parse() }.map_err(|_| failed("invalid port"))?;
    if host.is_empty() {
        return Ok(SocketAddr::new(own, port));
    }
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return Ok(SocketAddr::new(address, port));
    }
    let found: Vec<SocketAddr> =
        lookup_host((bare, port)).await.map_err(|e| failed(&e.to_string()))?.collect();
    // As most do for `localhost`: the older family first.
    let first = found.iter().find(|a| a.is_ipv4()).or_else(|| found.first());
    first.copied().ok_or_else(|| failed("no such host"))
}

/// Listens there.
pub(super) async fn bind(address: SocketAddr) -> Result<TcpListener, ApiError> {
    TcpListener::bind(address).await.map_err(|error| {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "bind: address already in use".to_owned(),
            io::ErrorKind::PermissionDenied => "bind: permission denied".to_owned(),
            io::ErrorKind::AddrNotAvailable => "bind: cannot assign requested address".to_owned(),
            _ => error.to_string(),
        };
        ApiError::Environment(format!("listen tcp {address}: {why}"))
    })
}
