//! One socket of a relay and what waits to be written to it. Knows nothing of the other side.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::atomic::AtomicU64,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, Interest, ReadBuf},
    net::TcpStream,
};

use super::control::Traffic;

/// Most bytes that wait because the socket would not take them, before the other side is read no more.
pub const WAITING_MAX: usize = 256 * 1024;
/// How much of a socket's unread input is looked at when it is counted.
const UNREAD_SEEN: usize = 256 * 1024;

/// What came of reading.
pub(super) enum Read {
    Bytes(usize),
    Fin,
    Rst,
}

/// One socket.
#[derive(Debug)]
pub(super) struct Side {
    /// `None` once it was reset or has failed.
    stream: Option<TcpStream>,
    out: VecDeque<Bytes>,
    waiting: usize,
    /// A FIN goes behind what waits.
    fin_wanted: bool,
    fin_sent: bool,
    /// Nothing more can be read.
    pub(super) read_ended: bool,
    /// The peer has closed its end: nothing comes but what is here already.
    pub(super) peer_closed: bool,
    /// What was unread when the socket failed, bytes.
    unread: u64,
}

impl Side {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream: Some(stream),
            out: VecDeque::new(),
            waiting: 0,
            fin_wanted: false,
            fin_sent: false,
            read_ended: false,
            peer_closed: false,
            unread: 0,
        }
    }

    /// Reads once. A closed side has nothing to say.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<Read> {
        let Some(stream) = self.stream.as_mut().filter(|_| !self.read_ended) else { return Poll::Pending };
        let mut buffer = ReadBuf::new(into);
        match ready!(Pin::new(stream).poll_read(cx, &mut buffer)) {
            Ok(()) if buffer.filled().is_empty() => {
                self.read_ended = true;
                Poll::Ready(Read::Fin)
            }
            Ok(()) => Poll::Ready(Read::Bytes(buffer.filled().len())),
            Err(_) => {
                self.fail();
                Poll::Ready(Read::Rst)
            }
        }
    }

    /// Looks at a socket that is not read; whether its peer has reset it. No event would tell: what came before is still
    /// there to be read.
    pub(super) fn look(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(stream) = self.stream.as_mut().filter(|_| !self.read_ended) else { return false };
        if !matches!(stream.take_error(), Ok(None)) {
            return true;
        }
        let ready = pin!(stream.ready(Interest::READABLE)).poll(cx);
        self.peer_closed |= matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed());
        false
    }

    /// Queues bytes to be written, in one write if the socket takes them whole.
    pub(super) fn push(&mut self, bytes: Bytes) {
        if self.stream.is_some() && !self.fin_wanted && !bytes.is_empty() {
            self.waiting += bytes.len();
            self.out.push_back(bytes);
        }
    }

    /// Writes what the socket takes at once; the rest is copied and waits. Only while nothing waits.
    pub(super) fn pass(&mut self, cx: &mut Context<'_>, bytes: &[u8], given: &AtomicU64) -> io::Result<()> {
        let Some(stream) = self.stream.as_mut().filter(|_| !self.fin_wanted) else { return Ok(()) };
        let written = match Pin::new(stream).poll_write(cx, bytes) {
            Poll::Ready(written) => written?,
            Poll::Pending => 0,
        };
        Traffic::add(given, written);
        if written < bytes.len() {
            self.push(Bytes::copy_from_slice(&bytes[written..]));
        }
        Ok(())
    }

    /// Writes what waits, and the FIN behind it. Whether anything moved; an error means that the peer is gone.
    pub(super) fn flush(&mut self, cx: &mut Context<'_>, given: &AtomicU64) -> io::Result<bool> {
        let Some(stream) = &mut self.stream else { return Ok(false) };
        let mut moved = false;
        while let Some(front) = self.out.front_mut() {
            let written = match Pin::new(&mut *stream).poll_write(cx, front) {
                Poll::Pending => return Ok(moved),
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(written) => written?,
            };
            moved = true;
            Traffic::add(given, written);
            self.waiting -= written;
            front.advance(written);
            if front.is_empty() {
                self.out.pop_front();
            }
        }
        if self.out.capacity() > 0 {
            // An idle connection keeps no queue.
            self.out = VecDeque::new();
        }
        if self.fin_wanted && !self.fin_sent {
            if let Poll::Ready(shut) = Pin::new(stream).poll_shutdown(cx) {
                shut?;
            }
            self.fin_sent = true;
            moved = true;
        }
        Ok(moved)
    }

    /// Shuts down writing behind what waits.
    pub(super) fn fin(&mut self) {
        self.fin_wanted = true;
    }

    /// Resets the connection now; what waits is lost.
    pub(super) fn reset(&mut self) {
        if let Some(stream) = &self.stream {
            // Without linger the close that follows is a reset.
            let _ = stream.set_zero_linger();
        }
        self.fail();
    }

    /// The socket is of no use any more.
    pub(super) fn fail(&mut self) {
        self.unread = self.unread();
        self.stream = None;
        self.read_ended = true;
        self.out = VecDeque::new();
        self.waiting = 0;
    }

    /// Bytes that the socket would not take yet.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Nothing goes in or out any more.
    pub(super) fn is_over(&self) -> bool {
        self.stream.is_none() || (self.read_ended && self.fin_sent)
    }

    /// See [`unread`].
    pub(super) fn unread(&self) -> u64 {
        match &self.stream {
            Some(stream) if !self.read_ended => unread(stream),
            _ => self.unread,
        }
    }
}

/// Bytes that the peer's kernel got acknowledged and that were never read here; at most [`UNREAD_SEEN`] are seen.
pub(crate) fn unread(stream: &TcpStream) -> u64 {
    let mut seen = vec![MaybeUninit::uninit(); UNREAD_SEEN];
    socket2::SockRef::from(stream).peek(&mut seen).unwrap_or(0) as u64
}
