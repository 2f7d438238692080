//! The link itself: a modem and the connections that go through it.
//!
//! [`Link`] is the way in. Each connection is a path with two streams; each stream has a *scanner* and a *queue*.
//! The scanner sits where bytes enter: it knows how far into which packet the stream is, finds the offsets that armed
//! triggers name, and splits what it lets through exactly there. The queue sits behind it: bytes that are gathered,
//! delayed or held wait in it, in order, with their close behind them. What is due moves on to the path's outputs.
//! The modem holds the effects in force for each direction; they outlive a connection. Its radio, where it has a profile,
//! says how long bytes travel before they may leave a queue, and when the one in front does. Address translation stands at
//! the network's end of it (`nat`).
//!
//! Two consequences are worth knowing. A trigger watches the stream as its sender wrote it, so it also sees packets that
//! a black hole swallows afterwards. And a black hole takes what enters from its offset on; bytes that are held or
//! delayed entered before and still arrive, so that exactly what the trigger says passes.
//!
//! Nothing here knows a socket, a clock or a session.

mod armed;
mod effects;
mod framing;
mod link;
mod nat;
mod output;
mod passage;
mod path;
mod queue;
mod radio;
mod scanner;
mod stream;

pub use link::Link;
pub use output::{Output, PathId};
