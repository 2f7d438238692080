//! Endpoints to the addresses that their names have.

use std::net::{SocketAddr, ToSocketAddrs};

use deadzone_transport::{Endpoint, EndpointError, Login};

use crate::RunError;

/// A broker's URL.
pub(super) fn parse(text: &str) -> Result<(Endpoint, Option<Login>), RunError> {
    Endpoint::parse(text).map_err(|why| match why {
        // What has no scheme may hold a secret as little as a file name does.
        EndpointError::Scheme if !text.contains('@') => RunError::TargetSyntax(text.to_owned()),
        EndpointError::Scheme => RunError::Address(EndpointError::Scheme),
        part => RunError::Address(part),
    })
}

/// Every socket address that the resolver names for the endpoint's host, in its order; at least one.
pub(super) fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, RunError> {
    let host = endpoint.authority();
    let failed = |why: String| RunError::Resolve { host: host.clone(), why };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in host.to_socket_addrs().map_err(|e| failed(e.to_string()))? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(failed("the resolver named none".to_owned())) } else { Ok(addresses) }
}
