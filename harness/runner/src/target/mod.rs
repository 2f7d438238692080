//! The broker under test: how to reach it, and where we may, how to start and stop it.

mod address;
mod embedded;
mod handle;
mod log;
mod mosquitto;
mod owned;
mod spec;

pub(crate) use embedded::{embedded_dial, paused_runtime};
pub(crate) use handle::{Target, TargetHandle};
pub(crate) use log::LogTail;
pub(crate) use mosquitto::Mosquitto;
pub use owned::end_started_brokers;
pub use spec::{EmbeddedSpec, TargetSpec};
