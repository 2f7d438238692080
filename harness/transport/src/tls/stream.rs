//! A TLS connection as a stream.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsStream;

use crate::{Stream, turned_away::is_alert};

/// A TLS connection, in either role. One task reads and writes it: each of the two drives what the other left behind.
pub(crate) struct Secured<S> {
    inner: TlsStream<S>,
    /// Records may wait that the socket did not take.
    unflushed: bool,
}

impl<S: Stream> Secured<S> {
    pub(crate) fn new(inner: impl Into<TlsStream<S>>) -> Self {
        Self { inner: inner.into(), unflushed: false }
    }

    /// Writes what waits; `Pending` leaves it to the next turn.
    fn push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.unflushed {
            ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> Stream for Secured<S> {
    fn abort(&mut self) {
        match &mut self.inner {
            TlsStream::Client(stream) => stream.get_mut().0.abort(),
            TlsStream::Server(stream) => stream.get_mut().0.abort(),
        }
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        match &mut self.inner {
            TlsStream::Client(stream) => stream.get_mut().0.break_below(bytes),
            TlsStream::Server(stream) => stream.get_mut().0.break_below(bytes),
        }
    }
}

impl<S: Stream> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // What fails here is told by reading, or by the next write.
        let _ = self.push(cx);
        match ready!(Pin::new(&mut self.inner).poll_read(cx, buf)) {
            // The peer closed TCP without a word of TLS, as many do: to MQTT that is a close.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            // A fatal alert is the peer's own end: with TLS 1.3 a client's certificate is refused behind its handshake.
            Err(error) if is_alert(&error) => Poll::Ready(Err(match error.into_inner() {
                Some(alert) => io::Error::new(io::ErrorKind::ConnectionReset, alert),
                None => io::ErrorKind::ConnectionReset.into(),
            })),
            other => Poll::Ready(other),
        }
    }
}

impl<S: Stream> AsyncWrite for Secured<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.push(cx))?;
        let n = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes))?;
        self.unflushed = true;
        let _ = self.push(cx);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.push(cx)
    }

    /// Says goodbye in TLS and then closes the writing direction of TCP.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
