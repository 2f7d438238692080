//! One record to its verdict, be it one file or several that continue each other, and a folder to its files.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::{Event, Header, History, HistoryError, Reader};
use deadzone_oracle::{Judge, contained};
use deadzone_spec::Party;
use deadzone_verdict::Verdict;

use crate::{
    RunError,
    cut_short::{Traffic, amended},
};

/// Most events that are kept beside the judge, for the timelines of a report. A record that is longer is judged all the same;
/// its evidence is told by number.
const KEPT_EVENTS: usize = 1_000_000;

/// The events of an open file.
type Events = Reader<io::BufReader<fs::File>>;

/// A record and what is to be said of it.
pub(super) struct Recorded {
    /// Its first file.
    pub(super) path: PathBuf,
    /// The files that continue it.
    pub(super) behind: Vec<PathBuf>,
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

/// Reads the record that the first of these files begins, judges one party, and gives back the files of other records. A file that
/// continues the one before it belongs to the same record.
pub(super) fn judged(files: &[PathBuf], party: Party) -> Result<(Recorded, &[PathBuf]), RunError> {
    let Some((path, mut rest)) = files.split_first() else {
        return Err(RunError::NoRecords(PathBuf::new()));
    };
    let mut reader = open(path)?;
    let header = reader.header().clone();
    let first_seq = header.continues.as_ref().map_or(0, |continues| continues.first_seq);
    let mut passed =
        Passed { kept: Some(Vec::new()), lasted_us: 0, next_seq: first_seq, traffic: Traffic::default() };
    let (mut broken, mut cut_off) = (None, false);
    let mut verdict = contained(|| {
        let mut judge = Judge::of(&header, party);
        loop {
            match pass(reader, &mut judge, &mut passed) {
                Ok(()) => {}
                Err(HistoryError::Truncated(line)) => {
                    cut_off = true;
                    return judge.finish_cut_off(&format!("the record was cut off after line {line}"));
                }
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
            match rest.split_first().map(|(next, behind)| (open(next), behind)) {
                Some((Ok(next), behind)) if continues(next.header(), &header, passed.next_seq) => {
                    (reader, rest) = (next, behind);
                }
                _ => break,
            }
        }
        judge.finish()
    });
    let at = files.len() - rest.len() - 1;
    if let Some(source) = broken {
        return Err(RunError::Record { path: files[at].clone(), source });
    }
    let Passed { kept, lasted_us, traffic, .. } = passed;
    if let Some(cut) = header.cut_short.as_ref().filter(|_| party == Party::Server) {
        verdict = amended(header.version, cut, traffic, verdict);
    }
    let history = kept.map(|events| Arc::new(History { header: header.clone(), events }));
    let behind = files[1..=at].to_vec();
    Ok((Recorded { path: path.clone(), behind, header, verdict, history, cut_off, lasted_us }, rest))
}

fn open(path: &Path) -> Result<Events, RunError> {
    let unread = |source: HistoryError| RunError::Record { path: path.to_owned(), source };
    let file = fs::File::open(path).map_err(|e| unread(e.into()))?;
    Reader::new(io::BufReader::new(file)).map_err(unread)
}

/// Whether a file goes on where the record of this header stands.
fn continues(next: &Header, header: &Header, next_seq: u64) -> bool {
    let same = |a: &Header, b: &Header| (&a.scenario, &a.seed, a.origin) == (&b.scenario, &b.seed, b.origin);
    same(next, header) && next.continues.as_ref().is_some_and(|continues| continues.first_seq == next_seq)
}

/// What was read of a record so far.
struct Passed {
    kept: Option<Vec<Event>>,
    lasted_us: u64,
    next_seq: u64,
    traffic: Traffic,
}

/// Shows the judge all events of one file.
fn pass(reader: Events, judge: &mut Judge, passed: &mut Passed) -> Result<(), HistoryError> {
    for event in reader {
        let event = event?;
        judge.observe(&event);
        passed.traffic.observe(&event);
        (passed.lasted_us, passed.next_seq) = (event.at_us, event.seq + 1);
        keep(&mut passed.kept, event);
    }
    Ok(())
}

fn keep(kept: &mut Option<Vec<Event>>, event: Event) {
    if let Some(events) = kept {
        events.push(event);
        if events.len() > KEPT_EVENTS {
            *kept = None;
        }
    }
}
