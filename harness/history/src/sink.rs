//! Where events go: kept in memory, written as lines, the last few, or two of these at once.

use std::{
    collections::VecDeque,
    fmt,
    io::{self, Write},
};

use crate::{Event, Header, Writer};

/// Takes events in order.
pub trait Sink {
    /// Takes the next one.
    fn append(&mut self, event: Event);
}

/// Keeps all of them.
#[derive(Debug, Default)]
pub struct Memory {
    /// From the first on.
    pub events: Vec<Event>,
}

impl Sink for Memory {
    fn append(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// Keeps the last ones.
#[derive(Debug)]
pub struct Ring {
    most: usize,
    /// The oldest first.
    pub events: VecDeque<Event>,
}

impl Ring {
    /// Keeps at most this many.
    pub fn new(most: usize) -> Self {
        Self { most, events: VecDeque::new() }
    }
}

impl Sink for Ring {
    fn append(&mut self, event: Event) {
        if self.events.len() >= self.most {
            self.events.pop_front();
        }
        if self.most > 0 {
            self.events.push_back(event);
        }
    }
}

/// Writes them as lines and keeps none: each line whole in one write, so that others can read along. After an error nothing
/// more is written.
#[derive(Debug)]
pub struct Spool<W> {
    writer: io::Result<Writer<W>>,
}

impl<W: Write> Spool<W> {
    /// Writes the header.
    pub fn new(out: W, header: &Header) -> Self {
        Self { writer: Writer::new(out, header) }
    }

    /// The first error, if there was one.
    pub fn error(&self) -> Option<&io::Error> {
        self.writer.as_ref().err()
    }

    /// The same, to be handled; it is told once.
    pub fn take_error(&mut self) -> Option<io::Error> {
        self.writer.as_mut().err().map(|error| std::mem::replace(error, io::ErrorKind::Other.into()))
    }

    /// What is written to, unless there was an error.
    pub fn out(&self) -> Option<&W> {
        self.writer.as_ref().ok().map(Writer::out)
    }

    /// Writes the footer and gives back what was written to; the first error, if there was one.
    pub fn finish(self) -> io::Result<W> {
        self.writer?.finish()
    }
}

impl<W: Write> Sink for Spool<W> {
    fn append(&mut self, event: Event) {
        if let Ok(writer) = &mut self.writer
            && let Err(error) = writer.event(&event)
        {
            self.writer = Err(error);
        }
    }
}

/// Shows each one to an observer before its sink takes it.
pub struct Tee<S, F> {
    /// Where they go.
    pub sink: S,
    observer: F,
}

impl<S, F: FnMut(&Event)> Tee<S, F> {
    /// Shows them to this one.
    pub fn new(sink: S, observer: F) -> Self {
        Self { sink, observer }
    }
}

impl<S: fmt::Debug, F> fmt::Debug for Tee<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tee").field("sink", &self.sink).finish_non_exhaustive()
    }
}

impl<S: Sink, F: FnMut(&Event)> Sink for Tee<S, F> {
    fn append(&mut self, event: Event) {
        (self.observer)(&event);
        self.sink.append(event);
    }
}
