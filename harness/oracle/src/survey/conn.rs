//! One network connection: its packets in order at both ends, and how it ended.

use deadzone_history::{By, ConnId};
use deadzone_wire::Version;

/// An end of a connection that closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    /// The event.
    pub(crate) seq: u64,
    /// Who closed.
    pub(crate) by: By,
}

/// What crossed one connection. The four lists hold event numbers; link and TCP keep order, so that the n-th packet of one
/// end is the n-th of the other.
#[derive(Clone, Debug)]
pub(crate) struct Conn {
    /// Its number.
    pub(crate) id: ConnId,
    /// Index of the client.
    pub(crate) client: usize,
    /// The version that the client speaks.
    pub(crate) version: Version,
    /// The event that opened it.
    pub(crate) opened: u64,
    /// Up, client's end.
    pub(crate) sent: Vec<u64>,
    /// Up, broker's end.
    pub(crate) given: Vec<u64>,
    /// Down, broker's end.
    pub(crate) seen: Vec<u64>,
    /// Down, client's end.
    pub(crate) arrived: Vec<u64>,
    /// Bytes that form no whole packet were given to the broker: the event.
    pub(crate) scraps_given: Option<u64>,
    /// The first CONNECT given to the broker.
    pub(crate) connect: Option<u64>,
    /// The first CONNACK seen, if it accepted.
    pub(crate) accepted: Option<u64>,
    /// How the client's end closed.
    pub(crate) closed_here: Option<Closing>,
    /// How the broker closed its end.
    pub(crate) closed_by_broker: Option<Closing>,
    /// The end of the stream that was given to the broker.
    pub(crate) ended_for_broker: Option<Closing>,
}

impl Conn {
    pub(crate) fn new(id: ConnId, client: usize, version: Version, opened: u64) -> Self {
        Self {
            id,
            client,
            version,
            opened,
            sent: Vec::new(),
            given: Vec::new(),
            seen: Vec::new(),
            arrived: Vec::new(),
            scraps_given: None,
            connect: None,
            accepted: None,
            closed_here: None,
            closed_by_broker: None,
            ended_for_broker: None,
        }
    }

    /// Where the broker has what the client sent as event `sent`; `None` where it was never given.
    pub(crate) fn given_of(&self, sent: u64) -> Option<u64> {
        let nth = self.sent.binary_search(&sent).ok()?;
        self.given.get(nth).copied()
    }

    /// Packets that the broker sent and that had not reached the client before event `before`.
    pub(crate) fn undelivered(&self, before: u64) -> &[u64] {
        let arrived = self.arrived.partition_point(|seq| *seq < before);
        let seen = self.seen.partition_point(|seq| *seq < before);
        self.seen.get(arrived..seen).unwrap_or_default()
    }

    /// The packets seen from the broker between two events, both excluded.
    pub(crate) fn seen_between(&self, after: u64, before: u64) -> &[u64] {
        between(&self.seen, after, before)
    }

    /// The packets given to the broker between two events, both excluded.
    pub(crate) fn given_between(&self, after: u64, before: u64) -> &[u64] {
        between(&self.given, after, before)
    }

    /// Whether neither side had ended it before this event.
    pub(crate) fn lives_at(&self, seq: u64) -> bool {
        let ends = [self.closed_here, self.closed_by_broker, self.ended_for_broker];
        self.opened < seq && ends.into_iter().flatten().all(|closing| closing.seq > seq)
    }
}

fn between(list: &[u64], after: u64, before: u64) -> &[u64] {
    let from = list.partition_point(|seq| *seq <= after);
    let to = list.partition_point(|seq| *seq < before);
    list.get(from..to).unwrap_or_default()
}
