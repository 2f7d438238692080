//! Makes the connection to upstream: resolves its name anew each time, and does not wait for ever. Knows no client.

use std::{io, net::SocketAddr, time::Duration};

use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::clock::within;

/// Why upstream was not reached.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Its name has no address.
    #[error("`{0}` could not be resolved: {1}")]
    Resolve(String, io::Error),
    /// No address took the connection; the last one's reason.
    #[error("upstream {0}: {1}")]
    Connect(SocketAddr, io::Error),
    /// Nothing answered in time.
    #[error("upstream {0} did not answer within {1:?}")]
    Silent(String, Duration),
}

/// Connects to the first address that takes it. `receive_buffer` is the socket's, in bytes; `None` leaves it to the system.
pub(crate) async fn dial(
    upstream: &str,
    limit: Duration,
    receive_buffer: Option<u32>,
) -> Result<TcpStream, DialError> {
    let silent = || DialError::Silent(upstream.to_owned(), limit);
    within(limit, connect(upstream, receive_buffer)).await.unwrap_or_else(|| Err(silent()))
}

async fn connect(upstream: &str, receive_buffer: Option<u32>) -> Result<TcpStream, DialError> {
    let unresolved = |error| DialError::Resolve(upstream.to_owned(), error);
    let mut last = unresolved(io::ErrorKind::NotFound.into());
    for address in lookup_host(upstream).await.map_err(unresolved)? {
        match connect_to(address, receive_buffer).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = DialError::Connect(address, error),
        }
    }
    Err(last)
}

async fn connect_to(address: SocketAddr, receive_buffer: Option<u32>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bytes) = receive_buffer {
        // Before the handshake: the window that is offered there comes from it.
        socket.set_recv_buffer_size(bytes)?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
