//! The thin shell round the core: sockets, one mailbox for each connection, and the only timer.
//!
//! All of it runs on one thread, under a paused clock too: every `select!` is biased and nothing iterates over a hash.
//! The shell knows no MQTT; it moves bytes, and says when a connection ended.

mod attend;
mod framed;
mod mailbox;
mod segments;
mod server;

pub use server::Server;
