//! One connection from its first byte to its end: reads while writes wait, so that two full buffers never lock each other.

use std::{future::poll_fn, io, pin::Pin, rc::Rc, task::Poll, time::Duration};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncWriteExt, ReadBuf},
    time::timeout,
};

use super::{
    Socket,
    mailbox::{Close, Mailbox},
};

/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// What one turn of the socket brought.
pub(super) enum Turn {
    /// So many bytes are at the start of the buffer; 0 at the end of the stream.
    Read(usize),
    /// Something was written.
    Wrote,
    /// The mailbox changed.
    Mail,
    /// The connection is broken.
    Broken(io::Error),
}

/// The socket with its mailbox.
pub(super) struct Attendance<S> {
    socket: S,
    mailbox: Rc<Mailbox>,
    /// The packet being written.
    current: Bytes,
    unflushed: bool,
    reading: bool,
    pub(super) buffer: Box<[u8]>,
}

impl<S: Socket> Attendance<S> {
    pub(super) fn new(socket: S, mailbox: Rc<Mailbox>) -> Self {
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        Self { socket, mailbox, current: Bytes::new(), unflushed: false, reading: true, buffer }
    }

    /// Waits for the next thing to happen.
    pub(super) async fn turn(&mut self) -> Turn {
        let mailbox = Rc::clone(&self.mailbox);
        if self.current.is_empty() {
            self.current = mailbox.take().unwrap_or_default();
        }
        tokio::select! {
            biased;
            turn = self.poll_socket() => turn,
            () = mailbox.changed.notified() => Turn::Mail,
        }
    }

    /// Whether nothing is left to write.
    pub(super) fn idle(&self) -> bool {
        self.current.is_empty() && !self.unflushed
    }

    /// Reads no more: a stream that has ended stays readable for ever, and polling it again would spin.
    pub(super) fn stop_reading(&mut self) {
        self.reading = false;
    }

    async fn poll_socket(&mut self) -> Turn {
        let Self { socket, current, unflushed, reading, buffer, .. } = self;
        poll_fn(|cx| {
            if !current.is_empty() {
                match Pin::new(&mut *socket).poll_write(cx, current) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Turn::Broken(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(n)) => {
                        current.advance(n);
                        *unflushed = true;
                        return Poll::Ready(Turn::Wrote);
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Turn::Broken(error)),
                    Poll::Pending => {}
                }
            } else if *unflushed {
                match Pin::new(&mut *socket).poll_flush(cx) {
                    Poll::Ready(Ok(())) => {
                        *unflushed = false;
                        return Poll::Ready(Turn::Wrote);
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Turn::Broken(error)),
                    Poll::Pending => {}
                }
            }
            if !*reading {
                return Poll::Pending;
            }
            let mut read = ReadBuf::new(buffer);
            match Pin::new(&mut *socket).poll_read(cx, &mut read) {
                Poll::Ready(Ok(())) => Poll::Ready(Turn::Read(read.filled().len())),
                Poll::Ready(Err(error)) => Poll::Ready(Turn::Broken(error)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Closes as asked. An orderly close shuts down writing and reads on until the client has closed too, or for
    /// `linger`: a socket that is dropped with unread bytes resets, and the last packet would be lost to the client.
    pub(super) async fn finish(mut self, close: Close, peer_closed: bool, linger: Duration) {
        match close {
            Close::Reset => self.socket.abort(),
            Close::Orderly => {
                let orderly = async {
                    if self.socket.shutdown().await.is_ok() && !peer_closed {
                        while matches!(self.turn().await, Turn::Read(1..) | Turn::Mail) {}
                    }
                };
                if timeout(linger, orderly).await.is_err() {
                    tracing::debug!("the client did not close in time");
                }
            }
        }
    }
}
