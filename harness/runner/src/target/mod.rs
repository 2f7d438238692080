//! The broker under test as a run sees it: how to reach it, what its connections show of its life, and where we started it, how
//! to start it again.

mod bridge;
mod embedded;
mod end;
mod handle;
mod memory_tls;
mod process;
mod pulse;
mod spec;
mod watched;

pub(crate) use bridge::BridgeLink;
use embedded::{EMBEDDED_NODES, embedded_dials};
pub(crate) use embedded::{Offer, embedded_login, paused_runtime};
pub use end::end_started_brokers;
pub(crate) use handle::{Target, TargetHandle};
pub(crate) use process::{Lent, ScriptedProcess};
pub(crate) use pulse::Pulse;
pub use spec::{EmbeddedSpec, TargetSpec};
