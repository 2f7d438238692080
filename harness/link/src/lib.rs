//! The link of one client: what happens to its bytes on the way to the broker and back.
//!
//! Pure: bytes and microseconds in, bytes, closes and notes out. [`Link`] is a client's modem; a [`PathId`] is one
//! connection through it. A fault starts now, after a time, or at a [`Trigger`]: an offset in one direction's byte
//! stream named by a packet. A byte-stream link cannot lose bytes from the middle, so no fault here does: a black hole
//! swallows everything from its first byte on.
//!
//! A link may have a [`Profile`]: how its radio behaves by itself, drawn from seeded streams. Faults come on top.
//!
//! [`PacketLink`] is the same radio for IP packets, which can be lost.
//!
//! This crate knows no sockets, no clock and no sessions; it reads MQTT only to find where packets begin and end.

mod direction;
mod engine;
mod fault;
mod fnv;
mod model;
mod note;
mod packet;
mod profile;
mod trigger;

pub use direction::{Direction, Way};
pub use engine::{Link, Output, PathId};
pub use fault::{Cut, Fault, LinkStep, When};
pub use fnv::Fnv;
pub use model::{Cell, Decision, Identity, Process, Trace, TraceError};
pub use note::Note;
pub use packet::{FLOWS_MAX, Fate, Flow, Lost, PacketLink, PacketSums};
pub use profile::{Catalogue, KEYS, Key, Kind, Number, Profile, ProfileError, Wants};
pub use trigger::{Edge, Trigger};
