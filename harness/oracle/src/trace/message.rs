//! Application messages that were given to the broker, found again by their payload.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::{Publish, Text};

/// A message's number, from 0 in the order in which they were first given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MessageId(pub(crate) usize);

/// One message: one exchange of its publisher, however many copies of PUBLISH it took.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Its first copy.
    pub(crate) seq: u64,
    pub(crate) qos: u8,
    /// Messages of one connection, topic and QoS are a stream.
    pub(crate) stream: u32,
    /// Place in its stream, from 0.
    pub(crate) index: u32,
    /// Its first PUBREL, and on which connection.
    pub(crate) released: Option<(u64, ConnId)>,
    pub(crate) conn: ConnId,
}

/// All that was published with one payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The first message; absent where it was a will only.
    pub(crate) first: Option<MessageId>,
    /// How many messages.
    pub(crate) count: u32,
    /// The earliest event that gave it.
    pub(crate) seq: u64,
    /// The highest QoS of them.
    pub(crate) qos: u8,
    /// One of them was published with RETAIN 1.
    pub(crate) some_retained: bool,
    /// All of them were.
    pub(crate) all_retained: bool,
    /// A will carries it too.
    pub(crate) will: bool,
}

impl Source {
    /// The message, where the payload names exactly one.
    pub(crate) fn unique(&self) -> Option<MessageId> {
        self.first.filter(|_| self.count == 1 && !self.will)
    }
}

/// The messages of a run. The map is only asked, never walked, so its order cannot show.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    all: Vec<Message>,
    by_payload: BTreeMap<Bytes, Source>,
    streams: BTreeMap<(ConnId, u8, Text), (u32, u32)>,
}

impl Messages {
    pub(super) fn published(&mut self, seq: u64, conn: ConnId, publish: &Publish, topic: &Text) -> MessageId {
        let id = MessageId(self.all.len());
        let fresh = self.streams.len() as u32;
        let (stream, next) = self.streams.entry((conn, publish.qos, topic.clone())).or_insert((fresh, 0));
        let (stream, index) = (*stream, *next);
        *next += 1;
        let qos = publish.qos;
        self.all.push(Message { seq, qos, stream, index, released: None, conn });
        self.note(seq, &publish.payload, Some(id), publish.qos, publish.retain);
        id
    }

    pub(super) fn will(&mut self, seq: u64, payload: &Bytes, qos: u8, retain: bool) {
        self.note(seq, payload, None, qos, retain);
    }

    /// The empty payload is everybody's, so it names nothing.
    fn note(&mut self, seq: u64, payload: &Bytes, id: Option<MessageId>, qos: u8, retain: bool) {
        if payload.is_empty() {
            return;
        }
        let (some_retained, all_retained) = (retain, retain);
        let new = Source { first: id, count: 0, seq, qos, some_retained, all_retained, will: false };
        let known = self.by_payload.entry(payload.clone()).or_insert(new);
        known.first = known.first.or(id);
        known.count += u32::from(id.is_some());
        known.will |= id.is_none();
        known.qos = known.qos.max(qos);
        known.some_retained |= retain;
        known.all_retained &= retain;
    }

    pub(super) fn released(&mut self, id: MessageId, seq: u64, conn: ConnId) {
        if let Some(message) = self.all.get_mut(id.0) {
            message.released.get_or_insert((seq, conn));
        }
    }

    pub(super) fn source(&self, payload: &Bytes) -> Option<Source> {
        self.by_payload.get(payload).copied()
    }

    pub(crate) fn get(&self, id: MessageId) -> Option<&Message> {
        self.all.get(id.0)
    }
}
