//! The run file of a broker that we started: who started it and what, so that a later run can tell what was left behind.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::owner::ProcessId;

/// Its name, in the scratch folder.
pub(crate) const NAME: &str = "deadzone-run.toml";
/// The format's name and major version.
const SCHEMA: &str = "deadzone.started/1";
/// No run file is longer.
const LENGTH_MAX: u64 = 4096;

/// What it says.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunFile {
    schema: String,
    /// The folder that it belongs to: one that was copied elsewhere says nothing there.
    folder: PathBuf,
    /// The harness.
    pub(crate) harness: ProcessId,
    /// The process that was started last, which leads a group of its own.
    pub(crate) broker: Option<ProcessId>,
}

impl RunFile {
    pub(crate) fn new(folder: &Path, broker: Option<ProcessId>) -> Self {
        let harness = ProcessId::of(std::process::id());
        Self { schema: SCHEMA.to_owned(), folder: folder.to_owned(), harness, broker }
    }

    /// Writes it in one step: it is there whole, or as it was.
    pub(crate) fn write(&self) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let new = self.folder.join(format!("{NAME}.new"));
        fs::write(&new, text)?;
        fs::rename(&new, self.folder.join(NAME))
    }

    /// The run file of a folder; `None` where it has none that is about this folder.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(NAME);
        let meta = fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > LENGTH_MAX {
            return None;
        }
        let file: Self = toml::from_str(&fs::read_to_string(path).ok()?).ok()?;
        (file.schema == SCHEMA && file.folder == folder).then_some(file)
    }
}
