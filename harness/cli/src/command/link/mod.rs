//! `deadzone link`: the link in front of any broker, for any client, until a signal ends it.
//!
//! `setup` makes links of the command line or a file with their `profile`s, `serve` runs them, `status` shows how it goes, `report` says at the end
//! what happened to whom, `history` keeps one record of all connections, `judged` says what judges find in it meanwhile, and
//! `decisions` of what chance decided. `packet` is the same for IP packets.

mod decisions;
mod history;
mod judged;
#[cfg(target_os = "linux")]
mod packet;
mod profile;
mod report;
mod serve;
mod setup;
mod status;

pub(crate) use history::{LinkHistory, header};
pub(crate) use serve::link;
