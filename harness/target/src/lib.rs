//! Brokers under test: where they are, who clients are to them, what they declare, and the life of those that we start.
//!
//! A [`Descriptor`] is a TOML file, a preset or a user's own. It says where a broker is, or how one is started: its program,
//! its configuration in a scratch folder, its ports. A [`Started`] broker is ready when a real CONNECT was accepted on every
//! address of it; it can be killed, stopped, frozen and started again with or without its store. Whatever we start carries
//! a marker in its environment and has a run file in its scratch folder: `guard` and `sweep` end what carries the marker when
//! this process could not, and touch nothing else.

mod address;
mod commands;
mod declared;
mod descriptor;
mod entry;
mod error;
mod guard;
mod install;
mod log;
mod mistake;
mod open_files;
mod owned;
mod owner;
mod placeholder;
mod places;
mod ports;
mod prepare;
mod presets;
mod program;
mod ready;
mod run_file;
mod scratch;
mod secrets;
mod signal;
mod started;
mod sweep;
mod text_file;

pub use address::endpoint;
pub use declared::Declared;
pub use descriptor::{Descriptor, Recipe, Way};
pub use entry::{Entry, EntryFiles};
pub use error::TargetError;
pub use guard::{guard, guard_with};
pub use install::install;
pub use log::LogTail;
pub use mistake::{Complaint, Mistake, complaint, mistake, place_of};
pub use open_files::open_files_limit;
pub use owned::end_all;
pub use places::{NodePlaces, Place, Places};
pub use presets::{preset, presets};
pub use ready::wait_until_it_answers;
pub use started::{Started, Store};
pub use sweep::sweep;
pub use text_file::{text_file, text_file_up_to};
