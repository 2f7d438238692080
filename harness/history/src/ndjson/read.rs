//! Lines to history: everything that the schema promises is checked, with the line where it is broken.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use deadzone_link::Direction;
use deadzone_wire::{Sender, Version, decode};
use serde::Deserialize;

use super::event::{self, Footer, Line, PacketJson};
use crate::{ConnId, Event, EventKind, Header, History, PacketEvent, SCHEMA};

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
    #[error("unknown schema `{0}`: this deadzone reads deadzone.history/1")]
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

/// Reads a history that [`write`](super::write) wrote.
pub fn read(input: &mut dyn BufRead) -> Result<History, HistoryError> {
    let mut lines = Lines { input, number: 0 };
    let Some(first) = lines.next()? else {
        return Err(HistoryError::Truncated(0));
    };
    let schema: SchemaOf = lines.parse(&first)?;
    if schema.schema != SCHEMA {
        return Err(HistoryError::Schema(schema.schema));
    }
    let header: Header = lines.parse(&first)?;
    let mut versions = BTreeMap::new();
    let mut events: Vec<Event> = Vec::new();
    while let Some(text) = lines.next()? {
        let line: Line = lines.parse(&text)?;
        if let Some(footer) = line.end {
            lines.check_end(&footer, events.len() as u64)?;
            return Ok(History { header, events });
        }
        let last_us = events.last().map_or(0, |e| e.at_us);
        let event = one(line, &header, &mut versions).and_then(|event| {
            in_order(&event, events.len() as u64, last_us)?;
            Ok(event)
        });
        events.push(event.map_err(|why| lines.wrong(why))?);
    }
    Err(HistoryError::Truncated(lines.number))
}

fn in_order(event: &Event, seq: u64, last_us: u64) -> Result<(), String> {
    if event.seq != seq {
        return Err(format!("event {} where {seq} was due", event.seq));
    }
    if event.at_us < last_us {
        return Err(format!("time goes back from {last_us} to {} µs", event.at_us));
    }
    Ok(())
}

fn one(line: Line, header: &Header, versions: &mut BTreeMap<ConnId, Version>) -> Result<Event, String> {
    let (Some(seq), Some(at_us), Some(json)) = (line.seq, line.at_us, line.event) else {
        return Err("neither an event with seq and at_us nor the end".to_owned());
    };
    let kind = match event::from_json(json)? {
        Ok(kind) => kind,
        Err(json) => EventKind::Packet(Box::new(packet(&json, versions)?)),
    };
    if let EventKind::Opened { conn, client } = kind {
        versions.insert(conn, header.version_of(client));
    }
    Ok(Event { seq, at_us, kind })
}

fn packet(json: &PacketJson, versions: &BTreeMap<ConnId, Version>) -> Result<PacketEvent, String> {
    let conn = ConnId(json.conn);
    let version = *versions.get(&conn).ok_or_else(|| format!("connection {} was never opened", conn.0))?;
    let frame = event::frame(&json.hex)?;
    let sender = match json.direction {
        Direction::Up => Sender::Client,
        Direction::Down => Sender::Server,
    };
    let decoded = decode(&frame, version, sender);
    Ok(PacketEvent { conn, direction: json.direction, end: json.end, frame, decoded, marker: json.marker })
}

struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: usize,
}

impl Lines<'_> {
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
