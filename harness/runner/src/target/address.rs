//! Addresses of brokers.

use std::net::{SocketAddr, ToSocketAddrs};

use crate::RunError;

/// MQTT's registered port.
const DEFAULT_PORT: u16 = 1883;

/// `mqtt://HOST[:PORT]` to every socket address that the resolver names, in its order; at least one.
pub(super) fn parse(text: &str) -> Result<Vec<SocketAddr>, RunError> {
    let Some(rest) = text.strip_prefix("mqtt://") else {
        return Err(RunError::TargetSyntax(text.to_owned()));
    };
    let host_port = rest.trim_end_matches('/');
    if host_port.is_empty() || host_port.contains(['/', '@', '?']) {
        return Err(RunError::TargetSyntax(text.to_owned()));
    }
    let bare = host_port.parse::<std::net::Ipv6Addr>().is_ok();
    let has_port = !bare && host_port.rsplit_once(':').is_some_and(|(host, _)| !host.ends_with(':'));
    let full = match (bare, has_port && !host_port.ends_with(']')) {
        (true, _) => format!("[{host_port}]:{DEFAULT_PORT}"),
        (false, true) => host_port.to_owned(),
        (false, false) => format!("{host_port}:{DEFAULT_PORT}"),
    };
    let failed = |why: String| RunError::Resolve { host: host_port.to_owned(), why };
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in full.to_socket_addrs().map_err(|e| failed(e.to_string()))? {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err(failed("the resolver named none".to_owned())) } else { Ok(addresses) }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn port_is_optional_and_ipv6_is_understood() {
        assert_eq!(parse("mqtt://127.0.0.1").unwrap(), ["127.0.0.1:1883".parse().unwrap()]);
        assert_eq!(parse("mqtt://127.0.0.1:99/").unwrap(), ["127.0.0.1:99".parse().unwrap()]);
        assert_eq!(parse("mqtt://[::1]").unwrap(), ["[::1]:1883".parse().unwrap()]);
        assert_eq!(parse("mqtt://[::1]:5").unwrap(), ["[::1]:5".parse().unwrap()]);
        assert_eq!(parse("mqtt://::1").unwrap(), ["[::1]:1883".parse().unwrap()]);
    }

    #[test]
    fn other_schemes_and_paths_are_refused() {
        for text in
            ["http://127.0.0.1", "127.0.0.1:1883", "mqtt://", "mqtt://127.0.0.1/x", "mqtt://127.0.0.1:999999"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
