//! Target descriptors: a TOML file that says where a broker is or how it is started, who clients are to it and what it
//! declares.

mod address;
mod check;
mod file;
mod read;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

pub(crate) use file::{Addresses, InstallFile, StartFile};
pub(crate) use read::EntryTexts;

use crate::{Declared, Entry, Places, TargetError, placeholder::Values};

/// A target as it is described.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// Its name.
    pub name: String,
    /// What it is, in a line.
    pub about: Option<String>,
    /// What was tried, and when; absent: it was written from documentation.
    pub tried: Option<String>,
    /// What it declares. Where we start it, credentials that are made anew for each start are not among it.
    pub declared: Arc<Declared>,
    /// Where the broker's documentation says what is declared, by key.
    pub documented: BTreeMap<String, String>,
    /// How it is reached.
    pub way: Way,
}

/// How a target is reached.
#[derive(Clone, Debug)]
pub enum Way {
    /// Others run it.
    At(Places),
    /// We start it.
    Started(Arc<Recipe>),
}

/// How a broker is started, with what the user said beside its descriptor.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// The target's name.
    pub name: String,
    pub(crate) addresses: Addresses,
    pub(crate) own: EntryTexts,
    /// What the user said; it wins over what the descriptor says, but not for readiness.
    pub(crate) given: Entry,
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

impl Descriptor {
    /// Reads a descriptor's file; what the user says beside it wins.
    pub fn read(path: &std::path::Path, entry: &Entry) -> Result<Self, TargetError> {
        let failed = |why| TargetError::Descriptor { path: path.to_owned(), why };
        let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().unwrap_or_else(|| std::path::Path::new(""));
        read::parse(&text, &stem, folder, entry).map_err(failed)
    }

    /// A preset's text.
    pub(crate) fn of_preset(name: &str, text: &str, entry: &Entry) -> Result<Self, TargetError> {
        let path = PathBuf::from(format!("{name}.toml"));
        read::parse(text, name, std::path::Path::new(""), entry)
            .map_err(|why| TargetError::Descriptor { path, why })
    }
}

/// Where a started broker listens, and the login of its addresses.
pub(crate) fn places_of(
    addresses: &Addresses,
    entry: &Entry,
    values: &Values,
) -> Result<(Places, Option<deadzone_transport::Login>), String> {
    let filled = match addresses {
        Addresses::One(one) => Addresses::One(values.fill(one)),
        Addresses::Each(each) => {
            Addresses::Each(each.iter().map(|(version, text)| (version.clone(), values.fill(text))).collect())
        }
    };
    address::places(&filled, entry)
}
