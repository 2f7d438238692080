//! A WebSocket as a stream of the bytes in its binary messages.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream as _;
use futures_sink::Sink;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::frame::{
            Frame as RawFrame,
            coding::{Data, OpCode},
        },
    },
};

use super::{Frame, Frames};
use crate::{Habits, Stream};

/// A WebSocket in either role. One task reads and writes it: each of the two drives what the other left behind.
pub(crate) struct Framed<S> {
    inner: WebSocketStream<S>,
    /// What is left of the last binary message.
    unread: Bytes,
    /// The peer has closed.
    ended: bool,
    /// Frames may wait that the socket did not take.
    unflushed: bool,
    /// How far closing has come: our close frame is written.
    said_goodbye: bool,
    /// A text message is read like a binary one.
    takes_text: bool,
    /// What the server chose.
    subprotocol: String,
    /// The frames in which the next bytes go.
    planned: VecDeque<Frame>,
    /// Bytes of the next one of them.
    gathered: BytesMut,
}

impl<S: Stream> Framed<S> {
    /// In the client's role, on the subprotocol that the server chose.
    pub(crate) fn client((inner, subprotocol): (WebSocketStream<S>, String)) -> Self {
        Self::new(inner, subprotocol, false)
    }

    /// In the server's role.
    pub(crate) fn server(inner: WebSocketStream<S>, habits: Habits) -> Self {
        Self::new(inner, String::new(), habits.takes_text)
    }

    fn new(inner: WebSocketStream<S>, subprotocol: String, takes_text: bool) -> Self {
        Self {
            inner,
            unread: Bytes::new(),
            ended: false,
            unflushed: false,
            said_goodbye: false,
            takes_text,
            subprotocol,
            planned: VecDeque::new(),
            gathered: BytesMut::new(),
        }
    }

    /// Writes what waits; `Pending` leaves it to the next turn.
    fn push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(frame) = self.planned.front().copied().filter(|f| f.bytes() == self.gathered.len()) {
            ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(broken)?;
            self.planned.pop_front();
            let frame = raw(frame, self.gathered.split().freeze());
            Pin::new(&mut self.inner).start_send(Message::Frame(frame)).map_err(broken)?;
            self.unflushed = true;
        }
        if self.unflushed {
            ready!(Pin::new(&mut self.inner).poll_flush(cx)).or_else(closed)?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> Stream for Framed<S> {
    fn abort(&mut self) {
        self.inner.get_mut().abort();
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        self.inner.get_mut().break_below(bytes)
    }

    fn frames(&mut self) -> Option<&mut dyn Frames> {
        Some(self)
    }
}

impl<S> Frames for Framed<S> {
    fn plan(&mut self, frames: Vec<Frame>) {
        self.planned.extend(frames);
    }

    fn subprotocol(&self) -> &str {
        &self.subprotocol
    }
}

/// The frame as the library writes it; in the client's role it is masked on its way.
fn raw(frame: Frame, payload: Bytes) -> RawFrame {
    match frame {
        Frame::Data { text, continues, last, .. } => {
            let kind = match (continues, text) {
                (true, _) => Data::Continue,
                (false, true) => Data::Text,
                (false, false) => Data::Binary,
            };
            RawFrame::message(payload, OpCode::Data(kind), last)
        }
        Frame::Ping => RawFrame::ping(payload),
        Frame::Pong => RawFrame::pong(payload),
    }
}

impl<S: Stream> AsyncRead for Framed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // What fails here is told by reading, or by the next write; what can't be written holds up answers to pings alone.
        let _ = self.push(cx);
        while self.unread.is_empty() && !self.ended {
            match ready!(Pin::new(&mut self.inner).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                Some(Ok(Message::Text(text))) if self.takes_text => self.unread = text.into(),
                Some(Ok(Message::Text(_))) => {
                    let why = "a text frame: MQTT comes in binary ones (MQTT-6.0.0-1)";
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
                }
                // Pings are answered by the library with the next flush.
                Some(Ok(Message::Ping(_))) => {
                    self.unflushed = true;
                    // A peer that reads no answers may not make them pile up: nothing more is read until they are out.
                    ready!(self.push(cx))?;
                }
                Some(Ok(Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) => {
                    self.unflushed = true;
                    let _ = self.push(cx);
                    self.ended = true;
                }
                None => self.ended = true,
                Some(Err(error)) => {
                    closed(error)?;
                    self.ended = true;
                }
            }
        }
        let n = self.unread.len().min(buf.remaining());
        buf.put_slice(&self.unread[..n]);
        self.unread.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<S: Stream> AsyncWrite for Framed<S> {
    /// One call is one binary message in one frame, unless its writer has planned others.
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.push(cx))?;
        if let Some(frame) = self.planned.front() {
            let n = (frame.bytes() - self.gathered.len()).min(bytes.len());
            self.gathered.extend_from_slice(&bytes[..n]);
            let _ = self.push(cx);
            return Poll::Ready(Ok(n));
        }
        ready!(Pin::new(&mut self.inner).poll_ready(cx)).map_err(broken)?;
        let message = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.inner).start_send(message).map_err(broken)?;
        self.unflushed = true;
        let _ = self.push(cx);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.push(cx)
    }

    /// Says goodbye in WebSocket and then closes the writing direction below.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.said_goodbye {
            // A peer that has closed already needs none.
            ready!(Pin::new(&mut self.inner).poll_close(cx)).or_else(closed)?;
            self.said_goodbye = true;
        }
        Pin::new(self.inner.get_mut()).poll_shutdown(cx)
    }
}

/// An end of the connection is no error: to MQTT it is a close, whatever WebSocket would have wanted to be said.
fn closed(error: Error) -> io::Result<()> {
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => {
            Ok(())
        }
        other => Err(broken(other)),
    }
}

fn broken(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
    }
}
