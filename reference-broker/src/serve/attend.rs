//! One connection from its first byte to its end: reads while writes wait, so that two full buffers never lock each other.

use std::{future::poll_fn, io, pin::Pin, rc::Rc, task::Poll, time::Duration};

use bytes::{Buf, Bytes};
use deadzone_transport::Stream;
use tokio::{
    io::{AsyncWriteExt, ReadBuf},
    time::{Sleep, sleep, timeout},
};

use super::{
    mailbox::{Close, Mailbox},
    segments::Segments,
};

/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// How far segments are apart under [`crate::Variant::SplitsPackets`].
const SEGMENT_PAUSE: Duration = Duration::from_millis(1);

/// What one turn of the socket brought.
pub(super) enum Turn {
    /// So many bytes are at the start of the buffer; 0 at the end of the stream.
    Read(usize),
    /// Something was written.
    Wrote,
    /// The mailbox changed.
    Mail,
    /// The pause between two segments is over.
    Rested,
    /// The connection is broken.
    Broken(io::Error),
}

/// The socket with its mailbox.
pub(super) struct Attendance<S> {
    socket: S,
    mailbox: Rc<Mailbox>,
    /// What is being written: a packet, or a segment of it.
    current: Bytes,
    /// What follows it of the same packet.
    segments: Segments,
    /// Until when the next segment waits.
    pause: Option<Pin<Box<Sleep>>>,
    unflushed: bool,
    reading: bool,
    pub(super) buffer: Box<[u8]>,
}

impl<S: Stream> Attendance<S> {
    pub(super) fn new(socket: S, mailbox: Rc<Mailbox>, splits: bool) -> Self {
        let buffer = vec![0; READ_BYTES].into_boxed_slice();
        let segments = Segments::new(splits);
        let current = Bytes::new();
        Self { socket, mailbox, current, segments, pause: None, unflushed: false, reading: true, buffer }
    }

    /// Waits for the next thing to happen.
    pub(super) async fn turn(&mut self) -> Turn {
        let mailbox = Rc::clone(&self.mailbox);
        let mut pause = self.pause.take();
        if self.current.is_empty() && !self.unflushed && pause.is_none() {
            self.current = self.segments.next(&mailbox);
        }
        let pausing = pause.is_some();
        let turn = tokio::select! {
            biased;
            turn = self.poll_socket() => turn,
            () = async { if let Some(sleep) = &mut pause { sleep.await } }, if pausing => {
                pause = None;
                Turn::Rested
            }
            () = mailbox.changed.notified() => Turn::Mail,
        };
        let sent = matches!(turn, Turn::Wrote) && self.current.is_empty() && !self.unflushed;
        self.pause =
            if sent && self.segments.splits() { Some(Box::pin(sleep(SEGMENT_PAUSE))) } else { pause };
        turn
    }

    /// Whether it is a WebSocket: then one read brings at most one message.
    pub(super) fn is_framed(&mut self) -> bool {
        self.socket.frames().is_some()
    }

    /// Whether nothing is left to write.
    pub(super) fn idle(&self) -> bool {
        self.current.is_empty() && !self.unflushed && self.segments.is_empty()
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
                        while matches!(self.turn().await, Turn::Read(1..) | Turn::Mail | Turn::Rested) {}
                    }
                };
                if timeout(linger, orderly).await.is_err() {
                    tracing::debug!("the client did not close in time");
                }
            }
        }
    }
}
