//! Events to lines, one after another.

use std::io::{self, Write};

use super::line::{EndLine, EventLine, Footer, PacketJson, PacketLine};
use crate::{Event, EventKind, Header, History};

/// Writes a history as it grows: nothing of it is kept.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    events: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    pub fn new(mut out: W, header: &Header) -> io::Result<Self> {
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        Ok(Self { out, events: 0 })
    }

    /// Writes the next event.
    pub fn event(&mut self, event: &Event) -> io::Result<()> {
        let (seq, at_us) = (event.seq, event.at_us);
        match &event.kind {
            EventKind::Packet(packet) => {
                let packet = PacketJson::of(packet);
                serde_json::to_writer(&mut self.out, &PacketLine { seq, at_us, packet })?;
            }
            event => serde_json::to_writer(&mut self.out, &EventLine { seq, at_us, event })?,
        }
        self.events += 1;
        self.out.write_all(b"\n")
    }

    /// Writes the footer, without which the file counts as cut off.
    pub fn finish(mut self) -> io::Result<W> {
        serde_json::to_writer(&mut self.out, &EndLine { end: Footer { events: self.events } })?;
        self.out.write_all(b"\n")?;
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
