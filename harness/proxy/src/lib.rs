//! The link on real sockets, for anybody's clients and brokers.
//!
//! [`middle`] is the seam: something pure that takes bytes and microseconds and says what comes out. A client's link with
//! its profile is one ([`deadzone_link::Link`]), a chain of toxics is another. `relay` carries any of them between two
//! sockets. `listener` takes connections in, `session` serves one with its `connection_path` through a `modem`, and the `board` has
//! the live numbers and what became of whom. `toxiproxy` speaks that tool's HTTP API in both directions: as a server, and
//! as a client of a foreign server. `packet` is the link for whole IP packets, on Linux and for root.
//!
//! One `clock` tells the time and waits. This crate knows no scenarios, no histories and no verdicts.

mod clock;
mod config;
mod connection_path;
mod decisions;
mod dial;
mod greeting;
mod impairment;
mod listener;
mod modem;
#[cfg(target_os = "linux")]
pub mod packet;
mod plain;
mod record;
mod registry;
mod relay;
mod session;
pub mod toxiproxy;

/// Parts of this crate's types, so that what only serves links needs no other crate.
pub use deadzone_link::{
    Catalogue, Cell, Cut, Direction, Identity, KEYS, Kind, LinkStep, Note, PacketSums, Profile, ProfileError,
    Wants,
};

pub use clock::{Clock, pause};
pub use config::{CONNECTIONS_MAX, ConfigError, DIAL_LIMIT, LinkConfig, LinkEntry, LinksFile, ModemKind};
pub use connection_path::ConnectionSummary;
pub use decisions::{Decided, DecisionBook};
pub use dial::DialError;
pub use greeting::Client;
pub use impairment::{Impairment, Out};
pub use listener::{IMPAIRED_BUFFER, LinkControl, Links, ListenError, listen};
pub use plain::Plain;
pub use record::{Record, RecordEvent, Recorder, Who};
pub use registry::{Ending, Flow, OUTCOMES_MAX, Outcome, Registry, Sums};
pub use relay::{AFTERLIFE, Control, End, Finished, HELD_MAX, Stop, Traffic, WAITING_MAX, relay};
