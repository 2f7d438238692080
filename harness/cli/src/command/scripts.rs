//! The folder of scripts that show a run's failures without deadzone. It knows nothing of what is in them.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use deadzone_reports::{Recording, RunModel, SCRIPT_MARK, reproduction};

use crate::{destination::Destination, output};

/// So much of a file is looked at to know it for a script of ours, bytes.
const LOOKED_AT: u64 = 1024;

/// Where the scripts go, if anywhere.
#[derive(Debug)]
pub(super) struct Scripts {
    folder: Option<PathBuf>,
}

impl Scripts {
    /// Finds out before the run, not after it, that the scripts have nowhere to go.
    pub(super) fn into(folder: &Option<PathBuf>) -> anyhow::Result<Self> {
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(|| format!("could not write to {}", folder.display()))?;
        }
        Ok(Self { folder: folder.clone() })
    }

    /// Writes a script of each finding. What stands there already is replaced if it is a script of ours, and named; anything else
    /// is let be.
    pub(super) fn write(&self, model: &RunModel) -> anyhow::Result<()> {
        let (Some(folder), Some(info)) = (&self.folder, &model.info) else { return Ok(()) };
        let date = chrono::Utc::now().date_naive().to_string();
        let of = Recording { info, date: Some(&date) };
        let (mut replaced, mut kept) = (0, Vec::new());
        for result in &model.results {
            for script in result.verdict.findings.iter().filter_map(|found| reproduction(result, found, of)) {
                let path = folder.join(&script.name);
                match standing(&path) {
                    Standing::Nothing => {}
                    Standing::Ours => replaced += 1,
                    Standing::Foreign => {
                        kept.push(path.display().to_string());
                        continue;
                    }
                }
                Destination::File(path).write(&script.text)?;
            }
        }
        if replaced > 0 {
            let scripts = if replaced == 1 { "script" } else { "scripts" };
            output::print_error(&format!("{}: {replaced} older {scripts} replaced\n", folder.display()));
        }
        if !kept.is_empty() {
            bail!("not replaced, as it is no script of deadzone's: {}", kept.join(", "));
        }
        Ok(())
    }
}

/// What has the name of a script already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Nothing,
    Ours,
    Foreign,
}

fn standing(path: &Path) -> Standing {
    let Ok(found) = fs::symlink_metadata(path) else { return Standing::Nothing };
    if !found.is_file() {
        return Standing::Foreign;
    }
    let Ok(file) = File::open(path) else { return Standing::Foreign };
    let second = BufReader::new(file.take(LOOKED_AT)).lines().nth(1);
    match second {
        Some(Ok(line)) if line.starts_with(SCRIPT_MARK) => Standing::Ours,
        _ => Standing::Foreign,
    }
}
