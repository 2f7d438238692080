//! The connection below TLS, which can be made to break at a byte of what TLS writes: the only place where ciphertext is seen.

use std::{
    error::Error,
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Stream;

/// Carries bytes until its break.
pub(crate) struct Breakable<S> {
    inner: S,
    break_at: Break,
}

/// When it breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Break {
    Never,
    /// Before the first byte that is written once the peer has begun to answer.
    Answered {
        heard: bool,
    },
    /// Behind so many bytes more.
    After(u64),
    Broken,
}

/// The connection was broken below TLS because that was asked for.
#[derive(Clone, Copy, Debug)]
struct BrokenBelow;

impl fmt::Display for BrokenBelow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was cut below TLS")
    }
}

impl Error for BrokenBelow {}

/// Whether this is the break that was asked for, and not the peer's doing.
pub fn is_broken_below(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<BrokenBelow>()).is_some()
}

fn broken<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionReset, BrokenBelow)))
}

impl<S: Stream> Breakable<S> {
    pub(crate) fn new(inner: S, in_handshake: bool) -> Self {
        let break_at = if in_handshake { Break::Answered { heard: false } } else { Break::Never };
        Self { inner, break_at }
    }

    fn break_now(&mut self) {
        self.inner.abort();
        self.break_at = Break::Broken;
    }
}

impl<S: Stream> Stream for Breakable<S> {
    fn abort(&mut self) {
        self.inner.abort();
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        self.break_at = Break::After(bytes.max(1));
        true
    }
}

impl<S: Stream> AsyncRead for Breakable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.break_at == Break::Broken {
            return broken();
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        if let Break::Answered { heard } = &mut self.break_at {
            *heard |= buf.filled().len() > before;
        }
        read
    }
}

impl<S: Stream> AsyncWrite for Breakable<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.break_at {
            Break::Broken => broken(),
            Break::Answered { heard: true } => {
                self.break_now();
                broken()
            }
            Break::Never | Break::Answered { heard: false } => {
                Pin::new(&mut self.inner).poll_write(cx, bytes)
            }
            Break::After(left) => {
                let most = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let written = Pin::new(&mut self.inner).poll_write(cx, &bytes[..most]);
                if let Poll::Ready(Ok(n)) = written {
                    self.break_at = Break::After(left - n as u64);
                    if left == n as u64 {
                        self.break_now();
                    }
                }
                written
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.break_at {
            Break::Broken => broken(),
            _ => Pin::new(&mut self.inner).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.break_at {
            Break::Broken => broken(),
            _ => Pin::new(&mut self.inner).poll_shutdown(cx),
        }
    }
}
