//! Events to lines, one after another.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde::Serialize;

use super::line::{Footer, Line, PacketJson};
use crate::{Event, EventKind, Header, History};

/// Writes a history as it grows: nothing of it is kept, and each line comes whole.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    line: Vec<u8>,
    first_seq: u64,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let first_seq = header.continues.as_ref().map_or(0, |continues| continues.first_seq);
        let mut writer = Self { out, line: Vec::new(), first_seq, events: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes one line in one go.
    fn line(&mut self, what: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, what)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }

    /// What is written to.
    pub fn out(&self) -> &W {
        &self.out
    }

    /// Writes the next event.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let (packet, kind) = match &event.kind {
            EventKind::Packet(packet) => (Some(PacketJson::of(packet, self.first_seq)), None),
            kind => (None, Some(Cow::Borrowed(kind))),
        };
        let (seq, at_us) = (Some(event.seq), Some(event.at_us));
        self.line(&Line { seq, at_us, packet, event: kind, end: None })?;
        self.events += 1;
        Ok(())
    }

    /// Writes the footer, without which the file counts as cut off.
    pub fn finish(mut self) -> io::Result<W> {
        self.line(&Line { end: Some(Footer { events: self.events }), ..Line::default() })?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes a whole history. Equal histories give equal bytes.
pub fn write(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer::new(out, &history.header)?;
    history.events.iter().try_for_each(|event| writer.event(event))?;
    writer.finish().map(drop)
}
