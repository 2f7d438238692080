//! The broker under test: how to reach it, what it declares, what its connections show of its life, and where we may, how to
//! start and stop it.

mod address;
mod declared;
mod descriptor;
mod embedded;
mod entry;
mod handle;
mod log;
mod mosquitto;
mod owned;
mod places;
mod pulse;
mod reference;
mod spec;
mod started;
mod watched;

pub use declared::Declared;
pub(crate) use embedded::{embedded_dial, paused_runtime};
pub use entry::{Entry, EntryFiles};
pub(crate) use handle::{Target, TargetHandle};
pub(crate) use log::LogTail;
pub use owned::{end_started_brokers, guard_with};
pub use places::{Place, Places};
pub(crate) use pulse::Pulse;
pub use spec::{EmbeddedSpec, TargetSpec};
pub(crate) use started::Started;
