//! What the shell asks of a byte stream.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// A byte stream to one client that can also be reset. `poll_shutdown` must close the writing direction only.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// Arranges that dropping the stream resets the connection instead of closing it in order.
    fn abort(&mut self);
}

impl Socket for TcpStream {
    fn abort(&mut self) {
        // Without linger time the close sends RST. If it can't be set the close is an orderly one, which is harmless.
        if let Err(error) = self.set_zero_linger() {
            tracing::debug!(%error, "no reset");
        }
    }
}

impl Socket for tokio::io::DuplexStream {
    /// This stream has no reset: the other end sees a close.
    fn abort(&mut self) {}
}
