//! A sink over numbered files, the last few of which are kept. Each is a history that can be read alone; one that does not begin the record
//! says what it continues.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use deadzone_history::{ConnId, Continues, Event, EventKind, Header, OpenConnection, Sink, Spool};
use deadzone_wire::{Packet, Version};

/// How many files are kept: the size of all is bounded by beginning the next when one has its part of it.
const FILES_KEPT: u64 = 16;

/// The files of one record.
pub(super) struct Files {
    folder: PathBuf,
    header: Header,
    /// `None` once the record was finished.
    spool: Option<Spool<Counted>>,
    number: u64,
    next_seq: u64,
    /// What a file may take, bytes; the line that passes it is its last.
    file_bytes: u64,
    open: BTreeMap<ConnId, OpenConnection>,
    trouble: Option<io::Error>,
}

impl Files {
    pub(super) fn begin(folder: &Path, mib: u64, header: Header) -> anyhow::Result<Self> {
        let shown = folder.display();
        fs::create_dir_all(folder).with_context(|| format!("could not make {shown}"))?;
        let entries = fs::read_dir(folder).with_context(|| format!("could not read {shown}"))?;
        let mut names =
            entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()));
        if let Some(name) = names.find(|name| name.starts_with("link-") && name.ends_with(".ndjson")) {
            bail!("{shown} holds records of an earlier run ({name}): give another folder");
        }
        let file_bytes = (mib.saturating_mul(1024 * 1024) / FILES_KEPT).max(1);
        let mut files = Self {
            folder: folder.to_owned(),
            header,
            spool: None,
            number: 0,
            next_seq: 0,
            file_bytes,
            open: BTreeMap::new(),
            trouble: None,
        };
        files.next_file().with_context(|| format!("could not write the history into {shown}"))?;
        Ok(files)
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("link-{number:06}.ndjson"))
    }

    /// Ends the file and begins the next; the oldest one that is too many goes.
    fn next_file(&mut self) -> io::Result<()> {
        if let Some(spool) = self.spool.take() {
            spool.finish()?;
        }
        self.number += 1;
        if self.number > 1 {
            let open = self.open.values().copied().collect();
            self.header.continues = Some(Continues { first_seq: self.next_seq, open });
        }
        let file = File::create_new(self.path(self.number))?;
        let mut spool = Spool::new(Counted { file, bytes: 0 }, &self.header);
        if let Some(error) = spool.take_error() {
            return Err(error);
        }
        self.spool = Some(spool);
        if let Some(old) = self.number.checked_sub(FILES_KEPT).filter(|old| *old > 0) {
            fs::remove_file(self.path(old))?;
        }
        Ok(())
    }

    /// Nothing more can be written.
    pub(super) fn is_broken(&self) -> bool {
        self.trouble.is_some()
    }

    /// Why, for people.
    pub(super) fn trouble(&self) -> String {
        self.trouble.as_ref().map(io::Error::to_string).unwrap_or_default()
    }

    pub(super) fn closed(&mut self, conn: ConnId) {
        self.open.remove(&conn);
    }

    /// Writes the end.
    pub(super) fn finish(&mut self) -> anyhow::Result<()> {
        if let Some(error) = self.trouble.take() {
            return Err(error).context("the history was not written to its end");
        }
        if let Some(spool) = self.spool.take() {
            spool.finish().context("the end of the history could not be written")?;
        }
        Ok(())
    }

    /// Keeps in mind what a next file would have to say.
    fn follow(&mut self, event: &Event) {
        self.next_seq = event.seq + 1;
        match &event.kind {
            EventKind::Opened { conn, client, .. } => {
                let version = self.header.version_of(*client);
                self.open.insert(*conn, OpenConnection { conn: *conn, client: *client, version });
            }
            EventKind::Packet(packet) => {
                if let Packet::Connect(connect) = packet.packet()
                    && let Some(open) = self.open.get_mut(&packet.conn)
                {
                    open.version = Version::from_level(connect.level).unwrap_or(open.version);
                }
            }
            _ => {}
        }
    }
}

impl Sink for Files {
    fn append(&mut self, event: Event) {
        self.follow(&event);
        let Some(spool) = &mut self.spool else { return };
        spool.append(event);
        let error = spool.take_error();
        let full = spool.out().is_some_and(|out| out.bytes >= self.file_bytes);
        self.trouble = error.or_else(|| if full { self.next_file().err() } else { None });
        if self.trouble.is_some() {
            self.spool = None;
        }
    }
}

/// A file and what was written to it.
#[derive(Debug)]
struct Counted {
    file: File,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
