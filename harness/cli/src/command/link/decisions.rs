//! What chance decided, as a file of JSON lines: one line for each modem, written when it is gone, and read to be played.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, anyhow};
use deadzone_proxy::{Decided, DecisionBook};

use crate::args::LinkArgs;

/// The book of a run, and the file that it goes to.
pub(super) struct Journal {
    pub(super) book: Option<Arc<DecisionBook>>,
    file: Option<(File, PathBuf)>,
}

impl Journal {
    /// Reads what is to be played, and begins the file that is to be written.
    pub(super) fn open(args: &LinkArgs) -> anyhow::Result<Self> {
        let played = match &args.replay {
            Some(path) => read(path)?,
            None => Vec::new(),
        };
        let file = match &args.decisions {
            Some(path) => {
                let file =
                    File::create(path).with_context(|| format!("could not write {}", path.display()))?;
                Some((file, path.clone()))
            }
            None => None,
        };
        let wanted = file.is_some() || args.replay.is_some();
        let book = wanted.then(|| Arc::new(DecisionBook::new(file.is_some(), played)));
        Ok(Self { book, file })
    }

    /// Writes what was decided for modems that are gone; where that fails it is not tried again.
    pub(super) fn write(&mut self) -> anyhow::Result<()> {
        let (Some(book), Some((file, path))) = (&self.book, &mut self.file) else { return Ok(()) };
        for decided in book.take() {
            let line = serde_json::to_string(&decided)? + "\n";
            file.write_all(line.as_bytes()).with_context(|| format!("could not write {}", path.display()))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Decided>> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("could not read {shown}"))?;
    let parse = |(line, number): (&str, usize)| {
        serde_json::from_str(line).map_err(|error| anyhow!("{shown}:{number}: no decisions: {error}"))
    };
    text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()).map(parse).collect()
}
