//! Exchanges from the broker to the client, by packet id, within one session.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::{Ack, AckKind, Publish, Text};

use super::Sight;

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// PUBLISH seen; no acknowledgement given.
    Unacknowledged,
    /// PUBREC given; PUBREL not seen.
    Received,
    /// PUBREL seen; PUBCOMP not given.
    Released,
    /// The last acknowledgement was given: the id is free. Whether the broker read it may be open.
    Done,
}

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    qos: u8,
    topic: Text,
    payload: Bytes,
    size: usize,
    first: u64,
    /// Last copy of the PUBLISH.
    last: u64,
    last_conn: ConnId,
    /// Last event of any kind.
    pub(crate) touched: u64,
    pub(crate) stage: Stage,
    /// Came from an earlier connection, PUBREC given there.
    pub(crate) carried: bool,
    /// The broker had to drop it: it no longer fits the client's Maximum Packet Size.
    dropped: bool,
}

/// The exchanges of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbounds {
    by_id: BTreeMap<u16, Outbound>,
}

impl Outbounds {
    /// A PUBLISH above QoS 0 was seen. Follows the broker whatever it did.
    pub(super) fn seen(
        &mut self,
        seq: u64,
        conn: ConnId,
        (id, size): (u16, usize),
        publish: &Publish,
        topic: &Text,
    ) -> Sight {
        let sight = self.by_id.get(&id).map_or(Sight::First, |e| e.sight_of(conn, publish, topic));
        if let (Sight::Again { .. }, Some(known)) = (sight, self.by_id.get_mut(&id)) {
            known.last = seq;
            known.last_conn = conn;
            known.touched = seq;
            if known.stage == Stage::Done {
                known.stage = Stage::Unacknowledged;
            }
            return sight;
        }
        let (qos, topic, payload) = (publish.qos, topic.clone(), publish.payload.clone());
        let (first, last, last_conn, touched) = (seq, seq, conn, seq);
        let (stage, carried, dropped) = (Stage::Unacknowledged, false, false);
        let new =
            Outbound { qos, topic, payload, size, first, last, last_conn, touched, stage, carried, dropped };
        self.by_id.insert(id, new);
        sight
    }

    /// An acknowledgement was given; `false` where it does not fit the exchange's kind.
    pub(super) fn acknowledged(&mut self, seq: u64, ack: &Ack) -> bool {
        let Some(known) = self.by_id.get_mut(&ack.packet_id) else {
            return ack.kind != AckKind::Puback;
        };
        let refused = ack.code() >= 0x80;
        let (fits, stage) = match (ack.kind, known.qos) {
            (AckKind::Puback, 1) => (true, Stage::Done),
            (AckKind::Pubrec, 2) if refused && known.stage < Stage::Released => (true, Stage::Done),
            (AckKind::Pubrec, 2) => (true, known.stage.max(Stage::Received)),
            (AckKind::Pubcomp, 2) => (known.stage >= Stage::Released, Stage::Done),
            _ => (false, known.stage),
        };
        known.stage = stage;
        known.touched = seq;
        fits
    }

    /// A PUBREL was seen: the exchange as it was before.
    pub(super) fn released(&mut self, seq: u64, id: u16) -> Option<Outbound> {
        let known = self.by_id.get_mut(&id)?;
        let before = known.clone();
        known.stage = Stage::Released;
        known.touched = seq;
        known.carried = false;
        Some(before)
    }

    /// The session goes on with another connection.
    pub(super) fn resumed(&mut self, maximum_packet: Option<u32>) {
        for known in self.by_id.values_mut() {
            known.carried =
                matches!(known.stage, Stage::Received | Stage::Released | Stage::Done) && known.qos == 2;
            known.dropped |= maximum_packet.is_some_and(|max| known.size as u64 > u64::from(max));
        }
    }

    /// Unfinished exchanges with the same content under another id: their last events.
    pub(crate) fn twin_of(&self, id: u16, publish: &Publish, topic: &Text) -> Option<u64> {
        let twin = |e: &Outbound| e.stage == Stage::Unacknowledged && !e.dropped && e.same(publish, topic);
        self.by_id.iter().find(|(other, e)| **other != id && twin(e)).map(|(_, e)| e.last)
    }
}

impl Outbound {
    fn sight_of(&self, conn: ConnId, publish: &Publish, topic: &Text) -> Sight {
        let same = self.same(publish, topic);
        let free = self.stage == Stage::Done || self.dropped;
        let (first, last, stage) = (self.first, self.last, self.stage);
        if same && (publish.dup || !free) {
            return Sight::Again { first, last, live: self.last_conn == conn, stage };
        }
        if free { Sight::First } else { Sight::Clash { last, stage } }
    }

    fn same(&self, publish: &Publish, topic: &Text) -> bool {
        self.qos == publish.qos
            && self.payload == publish.payload
            && (self.topic == *topic || topic.is_empty() || self.topic.is_empty())
    }
}
