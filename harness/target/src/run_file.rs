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
    /// In which numbering of processes the numbers below mean something.
    host: String,
    /// The harness.
    pub(crate) harness: ProcessId,
    /// The process that was started last, which leads a group of its own.
    pub(crate) broker: Option<ProcessId>,
    /// Commands that end what a signal does not reach.
    #[serde(default)]
    pub(crate) end: Vec<Vec<String>>,
}

/// This boot of this machine and this namespace of processes: in another one every number here is somebody else's.
fn host() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), namespace.display())
}

impl RunFile {
    pub(crate) fn new(folder: &Path, broker: Option<ProcessId>, end: Vec<Vec<String>>) -> Self {
        let harness = ProcessId::of(std::process::id());
        let (schema, folder) = (SCHEMA.to_owned(), folder.to_owned());
        Self { schema, folder, host: host(), harness, broker, end }
    }

    /// Writes it in one step: it is there whole, or as it was.
    pub(crate) fn write(&self) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let new = self.folder.join(format!("{NAME}.new"));
        fs::write(&new, text)?;
        fs::rename(&new, self.folder.join(NAME))
    }

    /// The run file of a folder; `None` where it has none that is about this folder, or where it was written on another host or in
    /// another container: whether its harness runs can't be told here.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(NAME);
        let meta = fs::symlink_metadata(&path).ok()?;
        if !meta.is_file() || meta.len() > LENGTH_MAX {
            return None;
        }
        let file: Self = toml::from_str(&fs::read_to_string(path).ok()?).ok()?;
        (file.schema == SCHEMA && file.folder == folder && file.host == host()).then_some(file)
    }
}
