//! TCP streams.

use std::{io, net::SocketAddr};

use tokio::net::TcpStream;

use crate::Stream;

impl Stream for TcpStream {
    fn abort(&mut self) {
        // Linger 0 turns the close into a RST. If it can't be set the socket is gone already.
        if let Err(error) = self.set_zero_linger() {
            tracing::debug!(%error, "no reset");
        }
    }
}

/// Connects, without Nagle: small packets must not wait for acknowledgements, which would shift what a fault is to hit.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
