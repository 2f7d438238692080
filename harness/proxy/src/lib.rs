//! The link on real sockets, for anybody's clients and brokers.
//!
//! [`middle`] is the seam: something pure that takes bytes and microseconds and says what comes out. A client's link with
//! its profile is one ([`deadzone_link::Link`]), a chain of toxics is another. `relay` carries any of them between two
//! sockets. `toxiproxy` speaks that tool's HTTP API in both directions: as a server, and as a client of somebody's own.
//!
//! This crate knows no scenarios, no histories and no verdicts.

mod middle;

pub use middle::{Middle, Out};
