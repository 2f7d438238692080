//! The latest packets of the record, so that a claim can look at what it was met by and a sentence can name it.

use std::{collections::VecDeque, sync::Arc};

use deadzone_history::{ConnId, Direction, End, Origin, PacketEvent, Recorded};
use deadzone_wire::Packet;

/// So many packets of a scenario are looked up; what is older is only a number.
const KEPT_SCENARIO: usize = 32_768;
/// The same for a record that streams.
const KEPT_STREAMING: usize = 1_024;

/// A packet of the record.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) seq: u64,
    pub(crate) conn: ConnId,
    pub(crate) direction: Direction,
    pub(crate) end: End,
    /// The event of its twin at the other end.
    pub(crate) of: Option<u64>,
    pub(crate) body: Arc<Recorded>,
}

impl Kept {
    pub(crate) fn packet(&self) -> &Packet {
        &self.body.decoded.packet
    }
}

/// The latest packets, by number.
#[derive(Debug)]
pub(crate) struct Recent {
    kept: VecDeque<Kept>,
    most: usize,
}

impl Recent {
    pub(super) fn new(origin: Origin) -> Self {
        let most = if origin == Origin::Link { KEPT_STREAMING } else { KEPT_SCENARIO };
        Self { kept: VecDeque::new(), most }
    }

    pub(super) fn keep(&mut self, seq: u64, packet: &PacketEvent) {
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept {
            seq,
            conn: packet.conn,
            direction: packet.direction,
            end: packet.end,
            of: packet.of.map(deadzone_history::Seq::get),
            body: Arc::clone(&packet.body),
        });
    }

    pub(crate) fn get(&self, seq: u64) -> Option<&Kept> {
        let at = self.kept.binary_search_by_key(&seq, |kept| kept.seq).ok()?;
        self.kept.get(at)
    }

    /// The packets behind this event, the latest first.
    pub(crate) fn since(&self, seq: u64) -> impl Iterator<Item = &Kept> {
        self.kept.iter().rev().take_while(move |kept| kept.seq > seq)
    }
}
