//! Streams to a target: what the link writes to and reads from.

mod pipe;
mod tcp;

use std::{future::Future, io, pin::Pin};

use tokio::io::{AsyncRead, AsyncWrite};

pub use pipe::{Pipe, pipe};
pub use tcp::TcpDial;

/// A byte stream that can end in both ways: orderly in one direction (`poll_shutdown`) and by reset.
/// A reset by the peer shows as `ErrorKind::ConnectionReset` from `read`.
pub trait Stream: AsyncRead + AsyncWrite + Unpin {
    /// Resets the connection when it is dropped; nothing is written or read afterwards.
    fn abort(&mut self);
}

/// A connection in the making.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + 'a>>;

/// A way to make new connections to a target.
pub trait Dial {
    /// Makes one connection. The caller bounds the wait.
    fn dial(&self) -> Dialling<'_>;

    /// What went wrong in a target that is a part of this process: then nothing that it did counts.
    fn trouble(&self) -> Option<String>;
}
