//! A stream whose incoming packets are rewritten.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use deadzone_transport::{Frames, Stream};
use deadzone_wire::{Framer, PacketKind, Version};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Mutant,
    rewrite::{Memory, rewrite},
};

/// Frames larger than this pass as they came, in bytes of Remaining Length.
const FRAME_MAX: u32 = 8 * 1024 * 1024;

/// Wraps the broker's stream.
pub(super) struct MutantStream {
    inner: Box<dyn Stream>,
    mutant: Mutant,
    memory: Memory,
    /// Learnt from the CONNECT that passes up.
    version: Version,
    up: Framer,
    down: Framer,
    ready: BytesMut,
    /// The down stream can't be framed: it passes as it came.
    raw: bool,
    /// How the down stream ended, until what came before the end was read.
    end: Option<io::Result<()>>,
}

impl MutantStream {
    pub(super) fn new(inner: Box<dyn Stream>, mutant: Mutant) -> Self {
        Self {
            inner,
            mutant,
            memory: Memory::default(),
            version: Version::V5,
            up: Framer::new(FRAME_MAX),
            down: Framer::new(FRAME_MAX),
            ready: BytesMut::new(),
            raw: false,
            end: None,
        }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        if self.raw {
            self.ready.extend_from_slice(bytes);
            return;
        }
        self.down.push(bytes);
        loop {
            let pending = self.down.pending().to_vec();
            match self.down.next() {
                None => return,
                Some(Ok(frame)) => {
                    let Some(packets) = rewrite(self.mutant, &frame, self.version, &mut self.memory) else {
                        self.inner.abort();
                        self.end = Some(Err(io::ErrorKind::ConnectionReset.into()));
                        return;
                    };
                    packets.iter().for_each(|bytes| self.ready.extend_from_slice(bytes));
                }
                Some(Err(_)) => {
                    self.raw = true;
                    self.ready.extend_from_slice(&pending);
                    return;
                }
            }
        }
    }

    fn learn(&mut self, bytes: &[u8]) {
        self.up.push(bytes);
        while let Some(Ok(frame)) = self.up.next() {
            if frame.kind() == PacketKind::Connect {
                // The level stands behind the protocol name: two bytes of length, then its text.
                let name = frame.body.get(..2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
                let level = frame.body.get(2 + name).copied();
                self.version = level.and_then(Version::from_level).unwrap_or(self.version);
            }
        }
    }
}

impl Stream for MutantStream {
    fn abort(&mut self) {
        self.inner.abort();
    }

    fn break_below(&mut self, bytes: u64) -> bool {
        self.inner.break_below(bytes)
    }

    /// What goes up is not rewritten.
    fn frames(&mut self) -> Option<&mut dyn Frames> {
        self.inner.frames()
    }
}

impl AsyncRead for MutantStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.ready.is_empty() {
                let n = self.ready.len().min(buf.remaining());
                buf.put_slice(&self.ready[..n]);
                self.ready.advance(n);
                return Poll::Ready(Ok(()));
            }
            if let Some(end) = self.end.take() {
                return Poll::Ready(end);
            }
            let mut room = [0u8; 4096];
            let mut read = ReadBuf::new(&mut room);
            let outcome = ready!(Pin::new(&mut self.inner).poll_read(cx, &mut read));
            let ended = outcome.is_err() || read.filled().is_empty();
            if ended && self.mutant == Mutant::CloseSwallowed {
                // This read is never woken again: to the harness the connection stays open and silent.
                return Poll::Pending;
            }
            if ended {
                // A frame that the broker did not finish is a part of what it did.
                let unfinished = self.down.pending().to_vec();
                if !std::mem::replace(&mut self.raw, true) {
                    self.ready.extend_from_slice(&unfinished);
                }
                self.end = Some(outcome);
                continue;
            }
            let bytes = read.filled().to_vec();
            self.take_in(&bytes);
        }
    }
}

impl AsyncWrite for MutantStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let n = match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
            Ok(n) => n,
            // The broker is gone, which this mutant hides.
            Err(_) if self.mutant == Mutant::CloseSwallowed => bytes.len(),
            Err(error) => return Poll::Ready(Err(error)),
        };
        self.learn(&bytes[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use deadzone_transport::pipe;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[test]
    fn an_unfinished_frame_passes_before_the_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (ours, mut theirs) = pipe(1024);
            let mut mutant = MutantStream::new(Box::new(ours), Mutant::DupCleared);
            theirs.write_all(&[0xd0, 0x00, 0x30, 0x09, 0x00]).await.unwrap();
            theirs.shutdown().await.unwrap();
            let mut all = Vec::new();
            mutant.read_to_end(&mut all).await.unwrap();
            assert_eq!(all, [0xd0, 0x00, 0x30, 0x09, 0x00]);
        });
    }
}
