//! What everything above asks of a byte stream.

use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream that can end in both ways: orderly in one direction (`poll_shutdown`, after which it can still be read) and by
/// reset. A reset by the peer shows as `ErrorKind::ConnectionReset` from `read`.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Resets the connection when it is dropped; nothing is written or read afterwards.
    fn abort(&mut self);
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn abort(&mut self) {
        (**self).abort();
    }
}

impl Stream for tokio::io::DuplexStream {
    /// This stream has no reset: the other end sees a close.
    fn abort(&mut self) {}
}
