//! How a target is reached: the streams that the link writes to and reads from.

use std::{future::Future, io, net::SocketAddr, pin::Pin};

use deadzone_transport::{Approach, Dialer, Stream};

/// A connection in the making.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + 'a>>;

/// A way to make new connections to a target.
pub trait Dial {
    /// Makes one connection, asking for it in this way. The caller bounds the wait.
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a>;

    /// What went wrong in a target that is a part of this process: then nothing that it did counts.
    fn trouble(&self) -> Option<String>;
}

/// Dials one address over the network.
#[derive(Clone, Debug)]
pub struct NetDial {
    /// Transport and handshakes.
    pub dialer: Dialer,
    /// Where the target listens.
    pub address: SocketAddr,
}

impl NetDial {
    /// By plain TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        Self { dialer: Dialer::tcp(address), address }
    }
}

impl Dial for NetDial {
    fn dial<'a>(&'a self, approach: &'a Approach) -> Dialling<'a> {
        Box::pin(self.dialer.dial_as(self.address, approach))
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}
