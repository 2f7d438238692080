//! A small conformant MQTT 3.1, 3.1.1 and 5.0 broker for a harness to aim at: readable first, complete second, fast never.
//!
//! [`core`] is the protocol as a pure state machine: events and `now` go in, [`Effect`]s come out. [`serve`] is the thin
//! shell that owns sockets and the only timer. [`Defect`]s are named wrong behaviours, each one branch at the place it
//! changes; [`Variant`]s are the choices that the standards leave open, taken the unusual way.
//!
//! This crate knows packets (deadzone-wire) and nothing of scenarios, histories or verdicts: judge and judged share no logic.

pub mod core;
mod defect;
pub mod serve;
mod variant;

pub use core::{Broker, Config, ConnId, Effect, Limits, Secrets, Users};
pub use defect::{Defect, UnknownDefect};
pub use serve::Server;
pub use variant::{UnknownVariant, Variant};
