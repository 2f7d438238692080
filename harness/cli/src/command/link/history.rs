//! The record of each connection as a history file: packets at both ends, closes, what the link said.
//!
//! There is no scenario, so the header is a plain one and nothing is claimed or judged. A connection's file is written
//! when it is over: whole, or not at all if the process is killed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use deadzone_history::{
    By, ClientIx, Close, ConnId, Direction, End, EventKind, Header, Origin, Purpose, Recorder,
    RecorderLimits, SCHEMA, Tap, TargetFacts,
};
use deadzone_proxy::{Happened, Record, Who};
use deadzone_wire::Version;

use crate::output;

/// Most memory that one connection's record takes, bytes; what comes after it is not in the file.
const RECORD_MAX: u64 = 4 * 1024 * 1024;
/// Largest packet that is kept whole, bytes of Remaining Length.
const PACKET_MAX: u32 = 1024 * 1024;
/// The one connection of a file, and its client.
const CONN: ConnId = ConnId(0);
const CLIENT: ClientIx = ClientIx(0);

/// A recorder that writes `connection-N.ndjson` files into this folder. It must not hold any yet: numbers begin at 1 in
/// each run, and records of two runs side by side could not be told apart.
pub(super) fn recorder(folder: &Path) -> anyhow::Result<Arc<deadzone_proxy::Recorder>> {
    let shown = folder.display();
    fs::create_dir_all(folder).with_context(|| format!("could not make {shown}"))?;
    let entries = fs::read_dir(folder).with_context(|| format!("could not read {shown}"))?;
    let mut names = entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
    if let Some(name) = names.find(|name| name.starts_with("connection-") && name.ends_with(".ndjson")) {
        bail!("{shown} holds records of an earlier run ({name}): give another folder");
    }
    let folder = folder.to_owned();
    Ok(Arc::new(move |who: &Who| {
        let file = folder.join(format!("connection-{:06}.ndjson", who.number));
        Box::new(Tape::new(file, &who.link, who.seed)) as Box<dyn Record>
    }))
}

/// One connection's record.
struct Tape {
    file: PathBuf,
    header: Header,
    recorder: Recorder,
    tap: Tap,
    last_us: u64,
}

impl Tape {
    fn new(file: PathBuf, link: &str, seed: u64) -> Self {
        let header = Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: link.to_owned(),
            file: String::new(),
            version: Version::V311,
            seed: format!("{seed:x}"),
            origin: Origin::Link,
            run_prefix: String::new(),
            nonce: String::new(),
            clauses: Vec::new(),
            clients: Vec::new(),
            patience_us: 0,
            long_bound_us: 0,
            target: TargetFacts::default(),
        };
        let limits = RecorderLimits { bytes: RECORD_MAX, ..RecorderLimits::default() };
        let mut recorder = Recorder::new(limits);
        recorder.append(0, EventKind::Opened { conn: CONN, client: CLIENT });
        Self { file, header, recorder, tap: Tap::of_stranger(CONN, PACKET_MAX), last_us: 0 }
    }

    /// A stream ended at one end: what is incomplete is a fragment.
    fn end_of_stream(&mut self, at_us: u64, direction: Direction, end: End) {
        self.tap.end_of_stream(direction, end, &mut |kind| self.recorder.append(at_us, kind));
    }
}

impl Record for Tape {
    fn happened(&mut self, at_us: u64, what: Happened<'_>) {
        self.last_us = at_us;
        match what {
            Happened::Bytes { direction, end, bytes } => {
                let append = &mut |kind| self.recorder.append(at_us, kind);
                self.tap.pass(direction, side(end), Purpose::Script, bytes, append);
            }
            Happened::Note(note) => {
                let note = Box::new(note.clone());
                self.recorder.append(at_us, EventKind::Link { client: CLIENT, conn: Some(CONN), note });
            }
            Happened::Closed { end, by_upstream, rst } => {
                let end = side(end);
                // What is incomplete behind a cut comes out at the end.
                let direction = if by_upstream { Direction::Down } else { Direction::Up };
                self.end_of_stream(at_us, direction, end);
                let by = if by_upstream { By::Broker } else { By::Harness };
                let how = if rst { Close::Rst } else { Close::Fin };
                self.recorder.append(at_us, EventKind::Closed { conn: CONN, end, by, how });
            }
        }
    }

    fn finish(mut self: Box<Self>) {
        for direction in [Direction::Up, Direction::Down] {
            for end in [End::Client, End::Broker] {
                self.end_of_stream(self.last_us, direction, end);
            }
        }
        if let Some(overflow) = self.recorder.overflow() {
            tracing::warn!("{}: {overflow}: the rest is not recorded", self.file.display());
        }
        let mut history = self.recorder.finish(self.header);
        history.header.version = self.tap.version();
        let mut bytes = Vec::new();
        let written = deadzone_history::write(&history, &mut bytes)
            .map_err(anyhow::Error::from)
            .and_then(|()| output::write_file(&self.file, std::str::from_utf8(&bytes)?));
        if let Err(error) = written {
            tracing::warn!("{error:#}");
        }
    }
}

fn side(end: deadzone_proxy::End) -> End {
    match end {
        deadzone_proxy::End::Client => End::Client,
        deadzone_proxy::End::Upstream => End::Broker,
    }
}
