//! The link itself: a modem and the connections that go through it.

use bytes::Bytes;

use crate::{LinkStep, Note};

/// One connection through a link. Numbers are the caller's and never repeat within a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u32);

/// What the caller must do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes to the broker.
    ToBroker(Bytes),
    /// Hand these bytes to the client.
    ToClient(Bytes),
    /// Shut down writing towards the broker; go on reading it.
    FinToBroker,
    /// Reset the broker's connection.
    RstToBroker,
    /// The client sees an orderly end of stream.
    FinToClient,
    /// The client sees a reset.
    RstToClient,
    /// Write this to the record.
    Note(Note),
}

/// One client's modem with its paths. Times are microseconds of the caller's clock and never go back.
#[derive(Debug, Default)]
pub struct Link {}

impl Link {
    /// An unimpaired link.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a new connection could be made now: no black hole covers either direction.
    pub fn usable(&self) -> bool {
        todo!("link helper")
    }

    /// A connection was made. Trigger counts start at 1 for it; the older paths that were cut silently live on, dead.
    pub fn open(&mut self, now_us: u64, path: PathId) {
        let _ = (now_us, path);
        todo!("link helper")
    }

    /// A step whose turn has come. Cuts, and triggers, apply to the newest path that was not cut.
    pub fn step(&mut self, now_us: u64, step: LinkStep) {
        let _ = (now_us, step);
        todo!("link helper")
    }

    /// Bytes that the client wrote.
    pub fn client_bytes(&mut self, now_us: u64, path: PathId, bytes: &[u8]) {
        let _ = (now_us, path, bytes);
        todo!("link helper")
    }

    /// Bytes that were read from the broker.
    pub fn broker_bytes(&mut self, now_us: u64, path: PathId, bytes: &[u8]) {
        let _ = (now_us, path, bytes);
        todo!("link helper")
    }

    /// The client closed in an orderly way (`rst` false) or reset its end. It travels behind its bytes.
    pub fn client_closed(&mut self, now_us: u64, path: PathId, rst: bool) {
        let _ = (now_us, path, rst);
        todo!("link helper")
    }

    /// The broker closed (`rst` false: FIN) or reset. It travels behind its bytes and is lost in a black hole.
    pub fn broker_closed(&mut self, now_us: u64, path: PathId, rst: bool) {
        let _ = (now_us, path, rst);
        todo!("link helper")
    }

    /// The next thing to do for a path, if anything is due at `now_us`.
    pub fn poll(&mut self, now_us: u64, path: PathId) -> Option<Output> {
        let _ = (now_us, path);
        todo!("link helper")
    }

    /// Notes that belong to no path (armed, restored while nothing was connected).
    pub fn poll_note(&mut self) -> Option<Note> {
        todo!("link helper")
    }

    /// When something becomes due next (a timed fault, a delayed or gathered byte), µs; it may lie in the past.
    pub fn wake_at_us(&self) -> Option<u64> {
        todo!("link helper")
    }

    /// Bytes that the link holds for a path in either direction (held, delayed, withheld), for back-pressure.
    pub fn held_bytes(&self, path: PathId) -> usize {
        let _ = path;
        todo!("link helper")
    }

    /// The experiment is over: a note for every armed fault that never fired.
    pub fn finish(&mut self) -> Vec<Note> {
        todo!("link helper")
    }
}
