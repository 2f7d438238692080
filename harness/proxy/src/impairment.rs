//! What stands between two sockets: pure, told the time.

use bytes::Bytes;

/// What the relay must do, in order. Up is towards the upstream (the broker).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// Write these bytes upstream.
    Up(Bytes),
    /// Write these bytes to the client.
    Down(Bytes),
    /// Shut down writing upstream.
    FinUp,
    /// Shut down writing to the client.
    FinDown,
    /// Reset the upstream connection.
    RstUp,
    /// Reset the client's connection.
    RstDown,
}

/// One connection's impairment. Times are microseconds of the caller's clock and never go back.
pub trait Impairment {
    /// Bytes from the client.
    fn up(&mut self, now_us: u64, bytes: Bytes);
    /// Bytes from upstream.
    fn down(&mut self, now_us: u64, bytes: Bytes);
    /// The client closed (`rst` false: FIN).
    fn up_closed(&mut self, now_us: u64, rst: bool);
    /// Upstream closed.
    fn down_closed(&mut self, now_us: u64, rst: bool);
    /// The next thing due at `now_us`.
    fn poll(&mut self, now_us: u64) -> Option<Out>;
    /// When something becomes due next, µs.
    fn wake_at_us(&self) -> Option<u64>;
    /// Bytes held on the way up, for back-pressure.
    fn held_up(&self) -> usize;
    /// Bytes held on the way down.
    fn held_down(&self) -> usize;
    /// How many more bytes it takes on the way up before the client must wait: a queue has an end.
    fn room_up(&self) -> usize {
        usize::MAX
    }
    /// The same on the way down.
    fn room_down(&self) -> usize {
        usize::MAX
    }
    /// Nothing is impaired now, and nothing is held: bytes may pass by without being asked about, until the next change.
    fn transparent(&self) -> bool;
}
