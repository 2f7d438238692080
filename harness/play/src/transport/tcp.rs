//! TCP streams.

use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::{Dial, Dialling, Stream};

impl Stream for TcpStream {
    fn abort(&mut self) {
        // Linger 0 turns the close into a RST. It fails only on a socket that is gone already.
        let _ = self.set_zero_linger();
    }
}

/// Dials a TCP address.
#[derive(Clone, Debug)]
pub struct TcpDial {
    /// Where the target listens.
    pub address: SocketAddr,
}

impl Dial for TcpDial {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async move {
            let stream = TcpStream::connect(self.address).await?;
            // Small packets must not wait for acknowledgements: Nagle would shift what a fault is to hit.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Stream>)
        })
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}
