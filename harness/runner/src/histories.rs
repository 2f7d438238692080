//! The records of a run as files.

use std::{
    fs, io,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::History;
use deadzone_verdict::{ScenarioKey, ScenarioResult};

use crate::RunError;

/// Writes a file for each record, and one more for each of its repeats and for its control run.
pub(crate) fn write_histories(folder: &Path, results: &[Arc<ScenarioResult>]) -> Result<(), RunError> {
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    for result in results {
        let control = result.control.as_ref().and_then(|c| c.history.as_ref());
        let mut runs =
            vec![(result.history.as_ref(), "ndjson".to_owned()), (control, "control.ndjson".to_owned())];
        let repeats = result.repeats.iter().enumerate();
        runs.extend(repeats.map(|(i, run)| (run.history.as_ref(), format!("repeat{}.ndjson", i + 1))));
        for (history, ending) in runs {
            if let Some(history) = history {
                write_history(&folder.join(format!("{}.{ending}", stem(&result.key))), history)?;
            }
        }
    }
    Ok(())
}

/// The parts of an id stand apart by a character that no id has: two ids never share a file.
fn stem(key: &ScenarioKey) -> String {
    format!("{}@{}", key.id.replace('/', "+"), key.version)
}

/// To a temporary file first, so that an interrupted run leaves no half history.
fn write_history(path: &Path, history: &History) -> Result<(), RunError> {
    let temporary = path.with_extension("tmp");
    let write = || -> io::Result<()> {
        let mut out = BufWriter::new(fs::File::create(&temporary)?);
        deadzone_history::write(history, &mut out)?;
        io::Write::flush(&mut out)?;
        fs::rename(&temporary, path)
    };
    write().map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: io::Error) -> RunError {
    RunError::Write { path: PathBuf::from(path), source }
}
