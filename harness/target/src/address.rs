//! Endpoints to the addresses that their names have.

use std::net::{SocketAddr, ToSocketAddrs};

use deadzone_transport::{Endpoint, EndpointError, Login};

use crate::{TargetError, presets};

/// A broker's URL, and the login that it may hold.
pub fn endpoint(text: &str) -> Result<(Endpoint, Option<Login>), TargetError> {
    Endpoint::parse(text).map_err(|why| match why {
        // What has no scheme may hold a secret as little as a file name does.
        EndpointError::Scheme if !text.contains('@') => syntax(text),
        EndpointError::Scheme => TargetError::Address(EndpointError::Scheme),
        part => TargetError::Address(part),
    })
}

/// What is neither a preset nor an address, with the preset that may be meant.
fn syntax(text: &str) -> TargetError {
    let near = deadzone_spec::nearest(text, presets().into_iter().map(|(name, _)| name));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    TargetError::Syntax { text: text.to_owned(), near }
}

/// Every socket address that the resolver names for the endpoint's host, in its order; at least one.
pub(crate) fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, TargetError> {
    let host = endpoint.authority();
    let failed = |why: String| TargetError::Resolve { host: host.clone(), why };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in host.to_socket_addrs().map_err(|e| failed(e.to_string()))? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(failed("the resolver named none".to_owned())) } else { Ok(addresses) }
}
