//! One file to its verdict, and a folder to its files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::{Abandon, Event, EventKind, Header, History, HistoryError, Reader};
use deadzone_oracle::{Judge, contained};
use deadzone_spec::Party;
use deadzone_verdict::{Verdict, VerdictKind};

use crate::RunError;

/// Most events that are kept beside the judge, for the timelines of a report. A record that is longer is judged all the same;
/// its evidence is told by number.
const KEPT_EVENTS: usize = 1_000_000;

/// A record and what is to be said of it.
pub(super) struct Recorded {
    pub(super) path: PathBuf,
    pub(super) header: Header,
    pub(super) verdict: Verdict,
    /// All of it; absent if it is too long to be kept.
    pub(super) history: Option<Arc<History>>,
    /// It has no end.
    pub(super) cut_off: bool,
    /// The time of its last event.
    pub(super) lasted_us: u64,
}

/// The records that are asked for: files as they are, folders with every `.ndjson` in them, by name.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RunError> {
    let mut files = Vec::new();
    for path in paths {
        let unread = |source: io::Error| RunError::Record { path: path.clone(), source: source.into() };
        if !fs::metadata(path).map_err(unread)?.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(unread)?.collect::<io::Result<Vec<_>>>().map_err(unread)?;
        let mut inside: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        inside.retain(|file| file.extension().is_some_and(|ending| ending == "ndjson"));
        inside.sort();
        if inside.is_empty() {
            return Err(RunError::NoRecords(path.clone()));
        }
        files.extend(inside);
    }
    Ok(files)
}

/// Reads one and judges one party.
pub(super) fn judged(path: &Path, party: Party) -> Result<Recorded, RunError> {
    let unread = |source: HistoryError| RunError::Record { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(|e| unread(e.into()))?;
    let mut reader = Reader::new(io::BufReader::new(file)).map_err(unread)?;
    let header = reader.header().clone();
    let (mut kept, mut lasted_us, mut broken, mut trouble) = (Some(Vec::new()), 0, None, None);
    let mut cut_off = false;
    let mut verdict = contained(|| {
        let mut judge = Judge::of(&header, party);
        for event in reader.by_ref() {
            match event {
                Ok(event) => {
                    judge.observe(&event);
                    trouble = trouble.take().or_else(|| trouble_of(&event));
                    lasted_us = event.at_us;
                    keep(&mut kept, event);
                }
                Err(HistoryError::Truncated(line)) => {
                    cut_off = true;
                    return judge.finish_cut_off(&format!("the record was cut off after line {line}"));
                }
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        judge.finish()
    });
    if let Some(error) = broken {
        return Err(unread(error));
    }
    if let Some(why) = trouble {
        verdict = Verdict::because(VerdictKind::Error, why);
    }
    let history = kept.map(|events| Arc::new(History { header: header.clone(), events }));
    Ok(Recorded { path: path.to_owned(), header, verdict, history, cut_off, lasted_us })
}

fn keep(kept: &mut Option<Vec<Event>>, event: Event) {
    if let Some(events) = kept {
        events.push(event);
        if events.len() > KEPT_EVENTS {
            *kept = None;
        }
    }
}

/// What the environment refused: no verdict on the target.
fn trouble_of(event: &Event) -> Option<String> {
    match &event.kind {
        EventKind::Abandoned { why: Abandon::Trouble(why), .. } => Some(why.to_string()),
        _ => None,
    }
}
