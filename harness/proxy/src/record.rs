//! What a connection tells the keeper of its record. Who keeps one, and in which form, is not known here.

use std::net::SocketAddr;

use bytes::Bytes;
use deadzone_link::{Direction, Note};

use crate::End;

/// Which connection is meant.
#[derive(Clone, Debug)]
pub struct Who {
    /// Name of the link that it came through.
    pub link: String,
    /// Its number, from 1 over all links.
    pub number: u64,
    /// Where the client connected from.
    pub peer: SocketAddr,
    /// Seed of its link's chances.
    pub seed: u64,
}

/// Something that happened to a connection.
#[derive(Clone, Debug)]
pub enum RecordEvent<'a> {
    /// Bytes at one end. The sender's end: read from its socket. The receiver's end: given to its socket, from where on
    /// only its kernel knows whether they arrived.
    Bytes {
        /// Which way they go.
        direction: Direction,
        /// At which end.
        end: End,
        /// The bytes.
        bytes: &'a Bytes,
    },
    /// The link says something.
    Note(&'a Note),
    /// One end's connection closed.
    Closed {
        /// Which end's.
        end: End,
        /// By upstream, or passed on from it; otherwise by the client or the link.
        by_upstream: bool,
        /// By reset.
        rst: bool,
    },
}

/// Keeps the record of one connection.
pub trait Record: Send {
    /// Takes note. Times are microseconds of the proxy's clock, and never go back.
    fn happened(&mut self, at_us: u64, what: RecordEvent<'_>);
    /// Nothing comes any more, from this time on.
    fn finish(self: Box<Self>, at_us: u64);
}

/// Makes a record for each connection, when it was made, µs of the proxy's clock.
pub type Recorder = dyn Fn(&Who, u64) -> Box<dyn Record> + Send + Sync;
