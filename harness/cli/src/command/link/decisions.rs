//! What chance decided, as a file of JSON lines: one for each modem, written when it is gone, or more for one that lives
//! long. They are read to be played.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::Arc,
};

use anyhow::{Context, anyhow, bail};
use deadzone_proxy::{Decided, DecisionBook};
use deadzone_target::text_file_up_to;

use crate::{
    args::LinkArgs,
    destination::{self, Destination},
    output,
};

/// How many writings go by until modems that go on are asked as well: half a minute of them.
const WRITES_A_GATHERING: u32 = 120;
/// Longest file of decisions that is played, bytes: a night of ten thousand modems takes less.
const DECISIONS_MAX: u64 = 1024 * 1024 * 1024;

/// The book of a run, and the file that it goes to.
pub(super) struct Journal {
    pub(super) book: Option<Arc<DecisionBook>>,
    file: Option<(Box<dyn Write>, Destination)>,
    /// How often it was written.
    writes: u32,
}

impl Journal {
    /// Reads what is to be played. What was written earlier stays until [`Self::begin`].
    pub(super) fn open(args: &LinkArgs) -> anyhow::Result<Self> {
        let played = match &args.replay {
            Some(path) => read(path)?,
            None => Vec::new(),
        };
        let recording = args.decisions.is_some();
        let wanted = recording || args.replay.is_some();
        let book = wanted.then(|| Arc::new(DecisionBook::new(recording, played)));
        Ok(Self { book, file: None, writes: 0 })
    }

    /// Begins the file that is to be written, once there is something to write about.
    pub(super) fn begin(&mut self, args: &LinkArgs) -> anyhow::Result<()> {
        let Some(path) = &args.decisions else { return Ok(()) };
        let place = Destination::of(path);
        if args.json.as_deref().is_some_and(|json| Destination::of(json) == place) {
            bail!("a report and decisions can't both go to {place}");
        }
        let shown = || format!("could not write {place}");
        let file: Box<dyn Write> = match &place {
            Destination::Stdout => {
                output::leave_stdout_to_a_document();
                Box::new(output::Document)
            }
            Destination::Stderr => Box::new(io::stderr()),
            // It grows while the link runs and may be read meanwhile, so that it is not made beside and renamed.
            Destination::File(path) if destination::is_replaced(path) => {
                Box::new(File::create(path).with_context(shown)?)
            }
            Destination::File(path) => Box::new(destination::open(path).with_context(shown)?),
        };
        self.file = Some((file, place));
        Ok(())
    }

    /// Writes what was decided for modems that are gone, and now and then for the others.
    pub(super) fn write(&mut self) -> anyhow::Result<()> {
        let (Some(book), Some((file, place))) = (&self.book, &mut self.file) else { return Ok(()) };
        self.writes = self.writes.wrapping_add(1);
        if self.writes.is_multiple_of(WRITES_A_GATHERING) {
            book.gather();
        }
        for decided in book.take() {
            let line = serde_json::to_string(&decided)? + "\n";
            file.write_all(line.as_bytes()).with_context(|| format!("could not write {place}"))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Decided>> {
    let shown = path.display();
    let text = text_file_up_to(path, DECISIONS_MAX).with_context(|| format!("could not read {shown}"))?;
    let parse = |(line, number): (&str, usize)| {
        let decided: Decided =
            serde_json::from_str(line).map_err(|error| anyhow!("{shown}:{number}: no decisions: {error}"))?;
        match decided.decisions.iter().find(|decision| !decision.is_possible()) {
            Some(no) => {
                Err(anyhow!("{shown}:{number}: no profile could decide {} for {}", no.value, no.process))
            }
            None => Ok(decided),
        }
    };
    text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()).map(parse).collect()
}
