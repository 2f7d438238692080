//! A target as its descriptor describes it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Recipe, read::parse};
use crate::{Declared, Entry, Places, TargetError, text_file};

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

impl Descriptor {
    /// Reads a descriptor's file; what the user says beside it wins.
    pub fn read(path: &Path, entry: &Entry) -> Result<Self, TargetError> {
        let failed = |why| TargetError::Descriptor { path: path.to_owned(), why };
        let text = text_file(path).map_err(|e| failed(e.to_string()))?;
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        parse(&text, &stem, folder, entry).map_err(failed)
    }

    /// A descriptor's text that is in no file, as of a preset.
    pub fn of_text(name: &str, text: &str, entry: &Entry) -> Result<Self, TargetError> {
        let path = PathBuf::from(format!("{name}.toml"));
        parse(text, name, Path::new(""), entry).map_err(|why| TargetError::Descriptor { path, why })
    }
}
