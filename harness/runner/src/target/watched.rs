//! A dial whose connections are felt for the target's pulse.

use std::{
    io,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, ready},
};

use deadzone_play::{Dial, Dialling};
use deadzone_transport::{Approach, Frames, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Pulse;

/// Dials and keeps the pulse.
pub(crate) struct WatchedDial {
    pub(super) inner: Rc<dyn Dial>,
    pub(super) pulse: Arc<Pulse>,
}

impl Dial for WatchedDial {
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a> {
        Box::pin(async move {
            match self.inner.dial(approach).await {
                Ok(inner) => {
                    let number = self.pulse.opened();
                    let pulse = Arc::clone(&self.pulse);
                    Ok(Box::new(WatchedStream { inner, pulse, number, over: false }) as Box<dyn Stream>)
                }
                Err(error) => {
                    if error.kind() == io::ErrorKind::ConnectionRefused {
                        self.pulse.refused();
                    }
                    Err(error)
                }
            }
        })
    }

    fn trouble(&self) -> Option<String> {
        self.inner.trouble()
    }
}

struct WatchedStream {
    inner: Box<dyn Stream>,
    pulse: Arc<Pulse>,
    number: u64,
    over: bool,
}

impl WatchedStream {
    fn over(&mut self, by_target: bool) {
        if !std::mem::replace(&mut self.over, true) {
            self.pulse.ended(self.number, by_target);
        }
    }
}

impl Stream for WatchedStream {
    fn abort(&mut self) {
        self.pulse.leaving(self.number);
        self.inner.abort();
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        self.inner.break_below(bytes)
    }

    fn frames(&mut self) -> Option<&mut dyn Frames> {
        self.inner.frames()
    }
}

impl Drop for WatchedStream {
    fn drop(&mut self) {
        self.over(false);
    }
}

impl AsyncRead for WatchedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buf));
        if read.is_ok() && buf.filled().len() > before {
            self.pulse.heard(self.number);
        } else {
            self.over(true);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for WatchedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        if let Ok(n) = wrote {
            self.pulse.wrote(self.number, &bytes[..n]);
        }
        Poll::Ready(wrote)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pulse.leaving(self.number);
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
