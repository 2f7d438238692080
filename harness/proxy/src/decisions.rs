//! What chance decided for each modem, to be written out and played again. Knows no files.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use deadzone_link::Decision;
use serde::{Deserialize, Serialize};

/// What chance decided for one modem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The link's name.
    pub link: String,
    /// The modem's: the ordinal of its connection, or the source address.
    pub modem: String,
    /// In the order in which each process decided.
    pub decisions: Vec<Decision>,
}

/// What to play, and what was decided until it is fetched.
#[derive(Debug, Default)]
pub struct DecisionBook {
    recording: bool,
    played: BTreeMap<(String, String), Vec<Decision>>,
    written: Mutex<Vec<Decided>>,
}

impl DecisionBook {
    /// A book that plays these, of two for one modem the first, and writes down what is decided if `recording`.
    pub fn new(recording: bool, played: impl IntoIterator<Item = Decided>) -> Self {
        let mut book = Self { recording, ..Self::default() };
        for Decided { link, modem, decisions } in played {
            book.played.entry((link, modem)).or_insert(decisions);
        }
        book
    }

    /// Whether decisions are written down.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// What to play to a modem.
    pub fn of(&self, link: &str, modem: &str) -> Option<&[Decision]> {
        self.played.get(&(link.to_owned(), modem.to_owned())).map(Vec::as_slice)
    }

    /// A modem is gone.
    pub(crate) fn write(&self, decided: Decided) {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(decided);
    }

    /// What was written down and not fetched yet, modem by modem, as they went.
    pub fn take(&self) -> Vec<Decided> {
        std::mem::take(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
