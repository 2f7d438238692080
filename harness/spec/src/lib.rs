//! The versions of MQTT, what may carry it, the nodes of a target, and one table of their normative statements: 141 of 3.1.1, 251 of 5.0, and those that have no
//! number.
//!
//! The data is in `data/*.tsv`, one statement a line, in our own words. An id carries its version
//! (`5.0/MQTT-4.3.3-10`), because the same number means another thing in the other one. Ids of our own begin with `DZ-`
//! and are in `data/own.tsv`: adding one means adding a line. In code an id is a [`ClauseId`]; [`id!`] and [`pair!`] look
//! it up while they compile. `data/obligations.tsv` says of each numbered statement how it can be held against a broker, or why
//! it can't.
//!
//! This crate knows no packets and no scenarios, and every other crate of ours may use it.

mod clause;
mod id;
mod nearest;
mod node;
mod obligation;
mod pair;
mod section;
mod table;
mod transport;
mod version;

pub use clause::{Clause, Level, Party, Reaction};
pub use id::{ClauseId, all, joined};
pub use nearest::nearest;
pub use node::{NoNode, Node};
pub use obligation::{Held, Obligation};
pub use pair::Pair;
pub use section::Section;
pub use table::suggest;
pub use transport::Transport;
pub use version::{UnknownVersion, Version};
