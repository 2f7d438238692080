//! What the server lets its clients take. Knows nothing of how it is watched.

use std::time::Duration;

use crate::CONNECTIONS_MAX;

/// Times and numbers that bound what clients can take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most connections to the API at once; more are reset. They share the table of open files with the proxies.
    pub api_connections: usize,
    /// How long the head of a request may take, from its first byte or, for the first one, from the connection's.
    pub head: Duration,
    /// How long a request may take until its answer has been written. The work on it ends before.
    pub request: Duration,
    /// How long a connection may stay open between two requests.
    pub idle: Duration,
    /// Most connections of one proxy at once; more are reset, as by any link.
    pub connections: usize,
}

impl Default for Limits {
    /// Toxiproxy's times. Its numbers have no bound; 256 connections are more than tests of one machine have at once.
    fn default() -> Self {
        Self {
            api_connections: 256,
            head: Duration::from_secs(15),
            request: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            connections: CONNECTIONS_MAX,
        }
    }
}
