//! Performs one scenario: scripted clients, their links and a stream to the target become a [`deadzone_history::History`].
//!
//! Written once, run in three places: in memory with a paused clock, over loopback, and against any broker. A client's
//! bytes and its link steps travel in one queue ([`path`]); both ends of every link are recorded ([`tap`]); the script is
//! walked by the [`player`]. Timers live in [`clock`] and nowhere else in this crate.
//!
//! This crate judges nothing: it records what was claimed and whether it came, the oracle says what that means. It never
//! sees the reference broker either: a target is whatever a [`Dial`] connects to.

mod asked;
mod bridge;
mod client;
mod clock;
mod dial;
mod foreign;
mod lower;
mod memory;
mod path;
mod perform;
mod player;
mod process;
mod recorder;
mod setup;
mod slots;
mod tap;
mod timing;

pub use bridge::{Bridge, BridgeEvent};
pub use dial::{Dial, Dialling, NetDial};
pub use foreign::{ForeignLinks, Reaching, Working};
pub use memory::MemoryBudget;
pub use perform::{Performance, perform};
pub use process::{Handle, Handling, Process};
pub use setup::{Access, Experiment, Names, Setup, Shared, Ways};
pub use slots::{NoSlots, Slots, Unparking};
pub use timing::Timing;
