//! Appends events, numbers them and keeps the record bounded: the choke point of every run.

use serde::{Deserialize, Serialize};

use crate::{Event, EventKind, Header, History, Memory, Sink};

/// What an event takes in memory, about.
const EVENT_BYTES: u64 = 64;
/// What a packet takes beside its bytes where it is recorded first, about: the event, the decoded fields, its place in an inbox.
const PACKET_BYTES: u64 = 1024;
/// The most events that one message of a scenario makes for the client that sends it and for each that receives it: four packets
/// of a QoS 2 exchange at both ends, and the claims and ends of the two waits.
const EVENTS_A_MESSAGE: u64 = 12;
/// Of which so many carry bytes of their own.
const PACKETS_A_MESSAGE: u64 = 4;

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
    /// The default, and room for so many messages of this many bytes that the scenario itself asks for, exchanged with so many clients.
    #[must_use]
    pub fn and_messages(self, messages: u64, message_bytes: u64, clients: u64) -> Self {
        let exchanges = messages.saturating_mul(clients);
        let events = exchanges.saturating_mul(EVENTS_A_MESSAGE);
        let bytes = PACKETS_A_MESSAGE * PACKET_BYTES + 2 * message_bytes;
        Self {
            events_at_one_instant: self.events_at_one_instant.saturating_add(events),
            events: self.events.saturating_add(events),
            bytes: self
                .bytes
                .saturating_add(exchanges.saturating_mul(bytes))
                .saturating_add(events * EVENT_BYTES),
        }
    }

    /// What an event counts against [`Self::bytes`]. A packet that came out where its twin went in shares its bytes.
    pub fn cost(kind: &EventKind) -> u64 {
        match kind {
            EventKind::Packet(p) if p.of.is_none() => PACKET_BYTES + 2 * p.frame.wire_len() as u64,
            EventKind::Packet(_) => EVENT_BYTES,
            _ => 0,
        }
    }
}

/// A bound was passed; nothing further is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// The holder of the recorder stopped it: no memory is left of what several scenarios share.
    #[error("no memory is left of what all scenarios share for packets")]
    Shared,
}

/// The growing record of one run.
#[derive(Debug)]
pub struct Recorder<S = Memory> {
    sink: S,
    limits: RecorderLimits,
    events: u64,
    last_us: u64,
    at_this_instant: u64,
    bytes: u64,
    overflow: Option<Overflow>,
}

impl<S: Sink> Recorder<S> {
    /// An empty record that goes to this sink.
    pub fn to(sink: S, limits: RecorderLimits) -> Self {
        Self { sink, limits, events: 0, last_us: 0, at_this_instant: 0, bytes: 0, overflow: None }
    }

    /// Appends an event at a time (µs since the start; earlier times are lifted to the last one) and returns its number.
    /// After an overflow nothing is appended and the number is that of the last event.
    pub fn append(&mut self, at_us: u64, kind: EventKind) -> u64 {
        let (seq, at_us) = (self.events, at_us.max(self.last_us));
        if self.overflow.is_none() {
            self.overflow = self.account(at_us, &kind);
        }
        if self.overflow.is_some() {
            return seq.saturating_sub(1);
        }
        self.sink.append(Event { seq, at_us, kind });
        (self.events, self.last_us) = (seq + 1, at_us);
        seq
    }

    fn account(&mut self, at_us: u64, kind: &EventKind) -> Option<Overflow> {
        self.at_this_instant = if at_us == self.last_us { self.at_this_instant + 1 } else { 1 };
        self.bytes += RecorderLimits::cost(kind);
        if self.at_this_instant > self.limits.events_at_one_instant {
            Some(Overflow::Instant(self.limits.events_at_one_instant))
        } else if self.events >= self.limits.events {
            Some(Overflow::Events(self.limits.events))
        } else if self.bytes > self.limits.bytes {
            Some(Overflow::Bytes(self.limits.bytes))
        } else {
            None
        }
    }

    /// Ends the record here, for a bound that its holder keeps.
    pub fn stop(&mut self, why: Overflow) {
        self.overflow.get_or_insert(why);
    }

    /// The bound that was passed, if one was.
    pub fn overflow(&self) -> Option<Overflow> {
        self.overflow
    }

    /// Where it goes.
    pub fn sink(&self) -> &S {
        &self.sink
    }

    /// The same, to change it.
    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    /// The finished record's sink.
    pub fn into_sink(self) -> S {
        self.sink
    }
}

impl Recorder {
    /// An empty record in memory.
    pub fn new(limits: RecorderLimits) -> Self {
        Self::to(Memory::default(), limits)
    }

    /// What was recorded so far.
    pub fn events(&self) -> &[Event] {
        &self.sink.events
    }

    /// The finished record.
    pub fn finish(self, header: Header) -> History {
        History { header, events: self.sink.events }
    }
}
