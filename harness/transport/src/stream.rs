//! What everything above asks of a byte stream.

use crate::Frames;
use tokio::io::{AsyncRead, AsyncWrite};

/// A byte stream that can end in both ways: orderly in one direction (`poll_shutdown`, after which it can still be read) and by
/// reset. A reset by the peer shows as `ErrorKind::ConnectionReset` from `read`.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Resets the connection when it is dropped; nothing is written or read afterwards.
    fn abort(&mut self);

    /// Resets the connection once TLS has written so many bytes more, 1 or more: they are ciphertext. `false`: there is no TLS.
    fn break_below(&mut self, _bytes: u64) -> bool {
        false
    }

    /// Its WebSocket frames, where it has some.
    fn frames(&mut self) -> Option<&mut dyn Frames> {
        None
    }
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn abort(&mut self) {
        (**self).abort();
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        (**self).break_below(bytes)
    }

    fn frames(&mut self) -> Option<&mut dyn Frames> {
        (**self).frames()
    }
}

impl Stream for tokio::io::DuplexStream {
    /// This stream has no reset: the other end sees a close.
    fn abort(&mut self) {}
}
