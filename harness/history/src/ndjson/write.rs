//! History to lines.

use std::io::{self, Write};

use super::event::{self, Footer, Line};
use crate::History;

/// Writes the history. Equal histories give equal bytes.
pub fn write(history: &History, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &history.header)?;
    out.write_all(b"\n")?;
    for event in &history.events {
        let line = Line {
            seq: Some(event.seq),
            at_us: Some(event.at_us),
            event: Some(event::to_json(&event.kind)),
            end: None,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    let events = history.events.len() as u64;
    let end = Line { seq: None, at_us: None, event: None, end: Some(Footer { events }) };
    serde_json::to_writer(&mut *out, &end)?;
    out.write_all(b"\n")
}
