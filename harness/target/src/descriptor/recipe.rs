//! How a broker is started.

use std::{path::PathBuf, time::Duration};

use super::{
    Addresses,
    file::{BridgeFile, InstallFile, StartFile},
    read::EntryTexts,
};
use crate::Entry;

/// How a broker is started, with what the user said beside its descriptor.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The target's name.
    pub name: String,
    pub(crate) addresses: Addresses,
    pub(crate) own: EntryTexts,
    /// What the user said; it wins over what the descriptor says, but not for readiness.
    pub(crate) given: Entry,
    pub(crate) bridge: Option<BridgeFile>,
    pub(crate) start: StartFile,
    pub(crate) install: InstallFile,
    /// The folder that the descriptor is in, for the files that it names.
    pub(crate) folder: PathBuf,
}

/// Ready within this time, unless the descriptor says otherwise.
const READY_WITHIN_S: u32 = 30;
/// For a graceful end before it is killed, unless the descriptor says otherwise.
const STOP_WITHIN_S: u32 = 3;

impl Recipe {
    /// Ready within this time, or not at all.
    pub(crate) fn ready_within(&self) -> Duration {
        Duration::from_secs(self.start.ready_within_s.unwrap_or(READY_WITHIN_S).into())
    }

    /// For a graceful end.
    pub(crate) fn stop_within(&self) -> Duration {
        Duration::from_secs(self.start.stop_within_s.unwrap_or(STOP_WITHIN_S).into())
    }

    /// With arguments behind those that it has.
    pub fn with_arguments(mut self, arguments: impl IntoIterator<Item = String>) -> Self {
        self.start.arguments.extend(arguments);
        self
    }
}
