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
    By, ClientInfo, Close, ConnId, Direction, End, EventKind, Header, PacketEvent, Recorder, RecorderLimits,
    RunKind, SCHEMA, TargetFacts,
};
use deadzone_proxy::{Happened, Record, Who};
use deadzone_wire::{Framer, PacketKind, Sender, Version, decode};

use crate::output;

/// Most memory that one connection's record takes, bytes; what comes after it is not in the file.
const RECORD_MAX: u64 = 4 * 1024 * 1024;
/// Largest packet that is recorded, bytes of Remaining Length.
const PACKET_MAX: u32 = 1024 * 1024;
/// Most bytes of a fragment, and of what can't be framed, in the record.
const FRAGMENT_KEPT: usize = 4 * 1024;
const GARBAGE_KEPT: usize = 64;
/// The first byte of a CONNECT, and the offset of the protocol level in its body.
const CONNECT: u8 = 0x10;
const LEVEL_AT: usize = 6;
/// The one connection of a file.
const CONN: ConnId = ConnId(0);

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
    recorder: Recorder,
    version: Version,
    /// By direction and end: up and down at the client's, up and down at the broker's.
    taps: [Option<Framer>; 4],
    begun: bool,
    last_us: u64,
}

impl Tape {
    fn new(file: PathBuf, link: &str, seed: u64) -> Self {
        let version = Version::V311;
        let header = Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: link.to_owned(),
            file: String::new(),
            version,
            seed: format!("{seed:x}"),
            run: RunKind::Main,
            nonce: String::new(),
            clauses: Vec::new(),
            clients: vec![ClientInfo { name: "client".to_owned(), manual: true, direct: false, version }],
            target: TargetFacts::default(),
        };
        let limits = RecorderLimits { bytes: RECORD_MAX, ..RecorderLimits::default() };
        let mut recorder = Recorder::new(header, limits);
        recorder.append(0, EventKind::Opened { conn: CONN, client: 0 });
        let taps = std::array::from_fn(|_| Some(Framer::new(PACKET_MAX)));
        Self { file, recorder, version, taps, begun: false, last_us: 0 }
    }

    /// Bytes pass one end of one direction.
    fn pass(&mut self, at_us: u64, direction: Direction, end: End, bytes: &[u8]) {
        if !std::mem::replace(&mut self.begun, true) && (direction == Direction::Down || bytes[0] != CONNECT)
        {
            let why = "the connection does not begin with a CONNECT: no packets are recorded";
            self.unframed(at_us, direction, end, why.to_owned(), bytes);
            self.taps = [const { None }; 4];
        }
        let Some(framer) = &mut self.taps[tap(direction, end)] else { return };
        framer.push(bytes);
        loop {
            let Some(framer) = &mut self.taps[tap(direction, end)] else { return };
            let head = framer.pending()[..framer.pending().len().min(GARBAGE_KEPT)].to_vec();
            let frame = match framer.next() {
                None => return,
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    self.taps[tap(direction, end)] = None;
                    return self.unframed(at_us, direction, end, error.to_string(), &head);
                }
            };
            if frame.kind() == PacketKind::Connect && frame.body.get(LEVEL_AT) == Some(&5) {
                self.version = Version::V5;
            }
            let sender = if direction == Direction::Up { Sender::Client } else { Sender::Server };
            let decoded = decode(&frame, self.version, sender);
            let packet = PacketEvent { conn: CONN, direction, end, frame, decoded, marker: false };
            self.recorder.append(at_us, EventKind::Packet(Box::new(packet)));
        }
    }

    fn unframed(&mut self, at_us: u64, direction: Direction, end: End, why: String, bytes: &[u8]) {
        let bytes = bytes[..bytes.len().min(GARBAGE_KEPT)].to_vec().into();
        self.recorder.append(at_us, EventKind::Unframed { conn: CONN, direction, end, why, bytes });
    }

    /// A stream ended at one end: what is incomplete is a fragment.
    fn end_of_stream(&mut self, at_us: u64, direction: Direction, end: End) {
        let Some(framer) = self.taps[tap(direction, end)].take() else { return };
        let pending = framer.pending();
        if !pending.is_empty() {
            let bytes = pending[..pending.len().min(FRAGMENT_KEPT)].to_vec().into();
            let length = pending.len() as u64;
            self.recorder.append(at_us, EventKind::Fragment { conn: CONN, direction, end, bytes, length });
        }
    }
}

impl Record for Tape {
    fn happened(&mut self, at_us: u64, what: Happened<'_>) {
        self.last_us = at_us;
        match what {
            Happened::Bytes { direction, end, bytes } => self.pass(at_us, direction, side(end), bytes),
            Happened::Note(note) => {
                let note = note.clone();
                self.recorder.append(at_us, EventKind::Link { client: 0, conn: Some(CONN), note });
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
        let mut history = self.recorder.finish();
        history.header.version = self.version;
        history.header.clients.iter_mut().for_each(|client| client.version = self.version);
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

fn tap(direction: Direction, end: End) -> usize {
    usize::from(direction == Direction::Down) + 2 * usize::from(end == End::Broker)
}
