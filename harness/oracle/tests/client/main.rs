//! What the rules find of a client: hand-made histories, each breach beside its legal twin.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod answers;
mod connection;
mod limits;
mod publishing;
mod support;
