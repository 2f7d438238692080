//! Lines to events: everything that the schema promises is checked, with the line where it is broken.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
    sync::Arc,
};

use deadzone_link::Direction;
use deadzone_wire::Version;
use serde::Deserialize;

use super::line::{Footer, Line, PacketJson};
use crate::{
    ConnId, Event, EventKind, Header, History, Origin, PacketEvent, Recorded, SCHEMA, packet,
    twins::{Lane, What},
};

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("could not read the history")]
    Io(#[from] io::Error),
    /// A line is not what the schema says.
    #[error("line {line}: {why}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// Another schema or another major version of it.
    #[error("unknown schema `{0}`: this deadzone reads {SCHEMA}")]
    Schema(String),
    /// The end footer is missing: the file was cut off.
    #[error("the history has no end: it was cut off after line {0}")]
    Truncated(usize),
}

/// Only the schema's name: another major may have any other fields.
#[derive(Deserialize)]
struct SchemaOf {
    schema: String,
}

/// Reads one event after another. The first error is the last item: [`HistoryError::Truncated`] says that all whole lines of a
/// file that was cut off have been read.
#[derive(Debug)]
pub struct Reader<R> {
    lines: Lines<R>,
    header: Header,
    versions: BTreeMap<ConnId, Version>,
    lanes: BTreeMap<(ConnId, Direction), Lane>,
    next_seq: u64,
    events: u64,
    last_us: u64,
    over: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    pub fn new(input: R) -> Result<Self, HistoryError> {
        let mut lines = Lines { input, number: 0 };
        let Some(first) = lines.next()? else {
            return Err(HistoryError::Truncated(0));
        };
        let schema: SchemaOf = lines.parse(&first)?;
        if schema.schema != SCHEMA {
            return Err(HistoryError::Schema(schema.schema));
        }
        let header: Header = lines.parse(&first)?;
        let continues = header.continues.iter();
        let versions = continues.flat_map(|c| &c.open).map(|open| (open.conn, open.version)).collect();
        let next_seq = header.continues.as_ref().map_or(0, |continues| continues.first_seq);
        let lanes = BTreeMap::new();
        Ok(Self { lines, header, versions, lanes, next_seq, events: 0, last_us: 0, over: false })
    }

    /// What was run.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next event; `None` behind the end footer.
    fn event(&mut self) -> Result<Option<Event>, HistoryError> {
        let Some(text) = self.lines.next()? else {
            return Err(HistoryError::Truncated(self.lines.number));
        };
        let line: Line<'_> = self.lines.parse(&text)?;
        if let Some(footer) = &line.end {
            self.lines.check_end(footer, self.events)?;
            return Ok(None);
        }
        let event = self.one(line).map_err(|why| self.lines.wrong(why))?;
        self.events += 1;
        self.next_seq += 1;
        self.last_us = event.at_us;
        Ok(Some(event))
    }

    fn one(&mut self, line: Line<'_>) -> Result<Event, String> {
        let (Some(seq), Some(at_us)) = (line.seq, line.at_us) else {
            return Err("neither an event with seq and at_us nor the end".to_owned());
        };
        if seq != self.next_seq {
            return Err(format!("event {seq} where {} was due", self.next_seq));
        }
        if at_us < self.last_us {
            return Err(format!("time goes back from {} to {at_us} µs", self.last_us));
        }
        let kind = match (line.packet, line.event) {
            (Some(json), None) => EventKind::Packet(self.packet(seq, &json)?),
            (None, Some(event)) => event.into_owned(),
            _ => return Err("neither one packet nor one event".to_owned()),
        };
        match &kind {
            EventKind::Opened { conn, client, .. } => {
                self.versions.insert(*conn, self.header.version_of(*client));
            }
            // Of a foreign client its own CONNECT says what it speaks.
            EventKind::Packet(p) if self.header.origin == Origin::Link => {
                let version = packet::version_of(p.packet());
                self.versions.extend(version.map(|version| (p.conn, version)));
            }
            _ => {}
        }
        Ok(Event { seq, at_us, kind })
    }

    fn packet(&mut self, seq: u64, json: &PacketJson) -> Result<PacketEvent, String> {
        let &PacketJson { conn, direction, end, sender, of, .. } = json;
        let version =
            *self.versions.get(&conn).ok_or_else(|| format!("connection {} was never opened", conn.0))?;
        let lane = self.lanes.entry((conn, direction)).or_default();
        let body = match of {
            Some(of) => match lane.number_came_out(of).map(|twin| twin.what) {
                Some(What::Kept(body)) => body,
                _ => return Err(format!("event {} is no packet that could come out here", of.get())),
            },
            None => Arc::new(Recorded::of(json.frame()?, version, direction)),
        };
        if end == packet::near(direction) {
            lane.entered(seq, sender, What::Kept(Arc::clone(&body)));
        }
        Ok(PacketEvent { conn, direction, end, sender, of, body })
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = Result<Event, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let event = self.event().transpose();
        self.over = !matches!(event, Some(Ok(_)));
        event
    }
}

/// Reads a whole history that [`write`](super::write()) wrote.
pub fn read(input: &mut dyn BufRead) -> Result<History, HistoryError> {
    let mut reader = Reader::new(input)?;
    let events = reader.by_ref().collect::<Result<_, _>>()?;
    Ok(History { header: reader.header, events })
}

#[derive(Debug)]
struct Lines<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    /// The next line, `None` at the end of the file.
    fn next(&mut self) -> Result<Option<String>, HistoryError> {
        let mut text = String::new();
        if self.input.read_line(&mut text)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(text))
    }

    /// A last line without its newline that does not parse is a file that was cut off there.
    fn parse<'t, T: Deserialize<'t>>(&self, text: &'t str) -> Result<T, HistoryError> {
        serde_json::from_str(text).map_err(|e| {
            if e.is_eof() && !text.ends_with('\n') {
                HistoryError::Truncated(self.number.saturating_sub(1))
            } else {
                self.wrong(e.to_string())
            }
        })
    }

    fn check_end(&mut self, footer: &Footer, events: u64) -> Result<(), HistoryError> {
        if footer.events != events {
            return Err(self.wrong(format!("the end counts {} events, here are {events}", footer.events)));
        }
        match self.next()? {
            Some(_) => Err(self.wrong("something behind the end".to_owned())),
            None => Ok(()),
        }
    }

    fn wrong(&self, why: String) -> HistoryError {
        HistoryError::Line { line: self.number, why }
    }
}
