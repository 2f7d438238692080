//! Appends events, numbers them and keeps the record bounded: the choke point of every run.

use crate::{Event, EventKind, Header, History};

/// What a recorded packet takes beside its bytes, about: the event, the decoded fields, the copy in a client's inbox.
const PACKET_OVERHEAD: u64 = 1024;

/// The recorder's bounds.
#[derive(Clone, Copy, Debug)]
pub struct RecorderLimits {
    /// Most events at one instant of time: a run that spins without time passing ends here.
    pub events_at_one_instant: u64,
    /// Most events of a scenario.
    pub events: u64,
    /// Most memory that the packets of a scenario may take, in bytes as estimated from their length and
    /// a fixed overhead: a target that floods ends here.
    pub bytes: u64,
}

impl Default for RecorderLimits {
    fn default() -> Self {
        Self { events_at_one_instant: 100_000, events: 1_000_000, bytes: 24 * 1024 * 1024 }
    }
}

impl RecorderLimits {
    /// What a packet of this many bytes on the wire counts against [`Self::bytes`].
    pub fn cost(wire_len: usize) -> u64 {
        PACKET_OVERHEAD + 2 * wire_len as u64
    }
}

/// A bound was passed; nothing further is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overflow {
    /// Too many events without time passing.
    #[error("more than {0} events at one instant")]
    Instant(u64),
    /// Too many events.
    #[error("more than {0} events in one scenario")]
    Events(u64),
    /// Too much memory.
    #[error("more than {0} bytes of memory for the packets of one scenario")]
    Bytes(u64),
    /// Whoever holds the recorder stopped it: no memory is left of what several scenarios share.
    #[error("no memory is left of what all scenarios share for packets")]
    Shared,
}

/// The growing record of one run.
#[derive(Debug)]
pub struct Recorder {
    history: History,
    limits: RecorderLimits,
    at_this_instant: u64,
    bytes: u64,
    overflow: Option<Overflow>,
}

impl Recorder {
    /// An empty record.
    pub fn new(header: Header, limits: RecorderLimits) -> Self {
        Self {
            history: History { header, events: Vec::new() },
            limits,
            at_this_instant: 0,
            bytes: 0,
            overflow: None,
        }
    }

    /// Appends an event at a time (µs since the start; earlier times are lifted to the last one) and returns its number.
    /// After an overflow nothing is appended and the number is that of the last event.
    pub fn append(&mut self, at_us: u64, kind: EventKind) -> u64 {
        let seq = self.history.events.len() as u64;
        let last_us = self.history.events.last().map_or(0, |e| e.at_us);
        let at_us = at_us.max(last_us);
        if self.overflow.is_none() {
            self.overflow = self.account(at_us, last_us, seq, &kind);
        }
        if self.overflow.is_some() {
            return seq.saturating_sub(1);
        }
        self.history.events.push(Event { seq, at_us, kind });
        seq
    }

    fn account(&mut self, at_us: u64, last_us: u64, seq: u64, kind: &EventKind) -> Option<Overflow> {
        self.at_this_instant = if at_us == last_us { self.at_this_instant + 1 } else { 1 };
        if let EventKind::Packet(p) = kind {
            self.bytes += RecorderLimits::cost(p.frame.wire_len());
        }
        if self.at_this_instant > self.limits.events_at_one_instant {
            Some(Overflow::Instant(self.limits.events_at_one_instant))
        } else if seq >= self.limits.events {
            Some(Overflow::Events(self.limits.events))
        } else if self.bytes > self.limits.bytes {
            Some(Overflow::Bytes(self.limits.bytes))
        } else {
            None
        }
    }

    /// What was recorded so far.
    pub fn events(&self) -> &[Event] {
        &self.history.events
    }

    /// Ends the record here, for a bound that its holder keeps.
    pub fn stop(&mut self, why: Overflow) {
        self.overflow.get_or_insert(why);
    }

    /// The bound that was passed, if one was.
    pub fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    /// The finished record.
    pub fn finish(self) -> History {
        self.history
    }
}
