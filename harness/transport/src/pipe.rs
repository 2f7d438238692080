//! A connected pair of streams in memory that can say everything TCP can: FIN in each direction, RST, back-pressure.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Stream;

/// One direction.
#[derive(Debug, Default)]
struct Half {
    buffer: BytesMut,
    /// The writer has finished; what is buffered can still be read.
    fin: bool,
    /// The reader is gone: writing makes no sense any more.
    deaf: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Half {
    fn wake(&mut self) {
        for waker in [self.reader.take(), self.writer.take()].into_iter().flatten() {
            waker.wake();
        }
    }
}

#[derive(Debug)]
struct Shared {
    /// Written by end 0, and by end 1.
    halves: [Half; 2],
    /// End 0 was reset by its peer, and end 1. What had arrived before can still be read, as on Linux.
    reset: [bool; 2],
    capacity: usize,
}

/// One end of an in-memory connection.
#[derive(Debug)]
pub struct Pipe {
    shared: Rc<RefCell<Shared>>,
    end: usize,
    aborted: bool,
}

/// A connected pair that buffers at most `capacity` bytes each way.
pub fn pipe(capacity: usize) -> (Pipe, Pipe) {
    let shared = Rc::new(RefCell::new(Shared {
        halves: [Half::default(), Half::default()],
        reset: [false; 2],
        capacity: capacity.max(1),
    }));
    (Pipe { shared: Rc::clone(&shared), end: 0, aborted: false }, Pipe { shared, end: 1, aborted: false })
}

fn reset_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "connection reset by peer")
}

impl Stream for Pipe {
    fn abort(&mut self) {
        self.aborted = true;
        let mut shared = self.shared.borrow_mut();
        shared.reset[1 - self.end] = true;
        for half in &mut shared.halves {
            half.wake();
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.shared.borrow_mut();
        let reset = shared.reset[self.end];
        let half = &mut shared.halves[1 - self.end];
        if self.aborted {
            return Poll::Ready(Err(reset_error()));
        }
        if !half.buffer.is_empty() {
            let n = half.buffer.len().min(buf.remaining());
            buf.put_slice(&half.buffer[..n]);
            half.buffer.advance(n);
            if let Some(waker) = half.writer.take() {
                waker.wake();
            }
            return Poll::Ready(Ok(()));
        }
        if reset {
            return Poll::Ready(Err(reset_error()));
        }
        if half.fin {
            return Poll::Ready(Ok(()));
        }
        half.reader = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut shared = self.shared.borrow_mut();
        let (reset, capacity) = (shared.reset[self.end], shared.capacity);
        let half = &mut shared.halves[self.end];
        if self.aborted || reset || half.deaf {
            return Poll::Ready(Err(reset_error()));
        }
        if half.fin {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::BrokenPipe, "write after shutdown")));
        }
        let room = capacity.saturating_sub(half.buffer.len());
        if room == 0 {
            half.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let n = room.min(bytes.len());
        half.buffer.extend_from_slice(&bytes[..n]);
        if let Some(waker) = half.reader.take() {
            waker.wake();
        }
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.shared.borrow_mut();
        let half = &mut shared.halves[self.end];
        half.fin = true;
        half.wake();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Pipe {
    /// As a socket's close: FIN, or RST where bytes were left unread.
    fn drop(&mut self) {
        let mut shared = self.shared.borrow_mut();
        let unread = !shared.halves[1 - self.end].buffer.is_empty();
        if unread {
            shared.reset[1 - self.end] = true;
        }
        shared.halves[self.end].fin = true;
        shared.halves[1 - self.end].deaf = true;
        for half in &mut shared.halves {
            half.wake();
        }
    }
}
