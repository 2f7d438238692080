//! Exchanges from the judged party, by packet id, within one session.

use std::collections::{BTreeSet, hash_map::Entry};

use deadzone_history::ConnId;
use deadzone_wire::{Ack, AckKind, Publish, Text};

use super::{Content, CopyKind, DeliveryId, finished::Finished, table::Table};
use crate::hash::{Map, of_bytes};

/// How far an exchange has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// PUBLISH seen; no acknowledgement given.
    Unacknowledged,
    /// PUBREC given; PUBREL not seen.
    Received,
    /// PUBREL seen; PUBCOMP not given.
    Released,
    /// The last acknowledgement was given: the id is free. Whether it was read may be open.
    Done,
}

/// One exchange.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    pub(crate) qos: u8,
    /// Topic Name of its first copy, aliases resolved.
    pub(crate) topic: Content,
    pub(crate) payload: Content,
    /// Length of its first copy on the wire, bytes.
    length: u32,
    first: u64,
    /// Last copy of the PUBLISH.
    pub(crate) last: u64,
    /// The connection of the last PUBLISH or PUBREL.
    pub(crate) last_conn: ConnId,
    /// Last event of any kind.
    pub(crate) touched: u64,
    pub(crate) stage: Stage,
    /// The event at which it was over, where it is.
    finished: u64,
    /// It came from an earlier connection, PUBREC given there.
    pub(crate) carried: bool,
    /// It had to be dropped, as it no longer fits the client's Maximum Packet Size, or went down with the process.
    pub(crate) dropped: bool,
    /// Where its receiver refused it, by a Reason Code of 0x80 or more.
    pub(crate) refused: Option<(u64, ConnId)>,
    /// It was sent again under another id, on a later connection: the event of that copy.
    pub(crate) moved: Option<u64>,
    pub(crate) delivery: Option<DeliveryId>,
}

/// An exchange as it was before its PUBREL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) stage: Stage,
    pub(super) touched: u64,
    pub(super) carried: bool,
}

/// The exchanges of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbounds {
    by_id: Table<u16, Outbound>,
    /// The ids of those with one payload, by its hash.
    by_payload: Map<u64, BTreeSet<u16>>,
    /// Those that are over: what was acknowledged into a dead link may be sent again.
    finished: Finished,
    /// Those that earlier connections left unacknowledged when the session was resumed last, by id.
    left: Vec<u16>,
}

impl Outbounds {
    /// What a PUBLISH above QoS 0 is, as of just before it takes effect.
    pub(super) fn sort(&self, conn: ConnId, id: u16, publish: &Publish, topic: &Text) -> CopyKind {
        self.by_id.get(id).map_or(CopyKind::First, |e| e.copy_kind(conn, publish, topic))
    }

    /// It takes effect: follows the judged party whatever it did.
    pub(super) fn seen(
        &mut self,
        (seq, conn): (u64, ConnId),
        (id, publish, length): (u16, &Publish, u32),
        topic: &Text,
        (kind, delivery): (CopyKind, Option<DeliveryId>),
    ) {
        if let (CopyKind::Again { .. }, Some(known)) = (kind, self.by_id.get_mut(id)) {
            (known.last, known.touched, known.last_conn, known.delivery) = (seq, seq, conn, delivery);
            if known.stage == Stage::Done || (known.qos == 2 && known.stage == Stage::Received) {
                known.stage = Stage::Unacknowledged;
            }
            return;
        }
        let new = Outbound {
            qos: publish.qos,
            topic: Content::of(&topic.0),
            payload: Content::of(&publish.payload),
            length,
            first: seq,
            last: seq,
            last_conn: conn,
            touched: seq,
            stage: Stage::Unacknowledged,
            finished: seq,
            carried: false,
            dropped: false,
            refused: None,
            moved: None,
            delivery,
        };
        self.forget(id);
        self.by_payload.entry(of_bytes(&new.payload)).or_default().insert(id);
        self.by_id.insert(id, new);
    }

    fn forget(&mut self, id: u16) {
        let Some(old) = self.by_id.remove(id) else { return };
        if let Entry::Occupied(mut ids) = self.by_payload.entry(of_bytes(&old.payload)) {
            ids.get_mut().remove(&id);
            if ids.get().is_empty() {
                ids.remove();
            }
        }
    }

    pub(crate) fn get(&self, id: u16) -> Option<&Outbound> {
        self.by_id.get(id)
    }

    /// An acknowledgement was given; `false` where it does not fit the exchange's kind.
    pub(super) fn acknowledged(&mut self, (seq, conn): (u64, ConnId), ack: &Ack) -> bool {
        let Some(known) = self.by_id.get_mut(ack.packet_id) else {
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
        let done = stage == Stage::Done && known.stage != Stage::Done;
        known.stage = stage;
        known.touched = seq;
        if done {
            known.finished = seq;
            known.refused = refused.then_some((seq, conn));
            self.finish(ack.packet_id, seq);
        }
        fits
    }

    /// A PUBREL was seen: the exchange as it was before.
    pub(super) fn released(&mut self, seq: u64, conn: ConnId, id: u16) -> Option<Before> {
        let known = self.by_id.get_mut(id)?;
        let before = Before { stage: known.stage, touched: known.touched, carried: known.carried };
        (known.stage, known.touched, known.last_conn, known.carried) = (Stage::Released, seq, conn, false);
        Some(before)
    }

    /// The session goes on with another connection.
    pub(super) fn resumed(&mut self, maximum_packet: Option<u32>) {
        for known in self.by_id.values_mut() {
            known.carried =
                matches!(known.stage, Stage::Received | Stage::Released | Stage::Done) && known.qos == 2;
            known.dropped |= maximum_packet.is_some_and(|max| known.length > max);
        }
        let open = self.by_id.iter().filter(|(_, e)| e.stage == Stage::Unacknowledged);
        self.left = open.map(|(id, _)| id).collect();
    }

    /// The other side may know none of them any more.
    pub(super) fn lost(&mut self) {
        self.by_id.values_mut().for_each(|known| known.dropped = true);
    }

    /// An unfinished exchange with the same content under another id: its last event.
    pub(crate) fn twin_of(&self, id: u16, publish: &Publish, topic: &Text) -> Option<u64> {
        let twin = |e: &Outbound| e.stage == Stage::Unacknowledged && !e.dropped && e.same(publish, topic);
        let mut alike =
            self.by_payload.get(&of_bytes(&publish.payload))?.iter().filter(|other| **other != id);
        alike.find_map(|other| self.by_id.get(*other).filter(|e| twin(e)).map(|e| e.last))
    }

    /// A new exchange takes the place of one that an earlier connection left unacknowledged: the same message, but under another
    /// id. What the old one was, before its id became free.
    pub(super) fn moves(
        &mut self,
        (seq, conn): (u64, ConnId),
        id: u16,
        publish: &Publish,
        topic: &Text,
    ) -> Option<(u64, Option<DeliveryId>)> {
        let open = |e: &Outbound| e.stage == Stage::Unacknowledged && !e.dropped && e.last_conn != conn;
        self.left.retain(|other| self.by_id.get(*other).is_some_and(open));
        let same = |other: &u16| self.by_id.get(*other).is_some_and(|e| e.same(publish, topic));
        let old = self.left.iter().copied().find(|other| *other != id && same(other))?;
        let known = self.by_id.get_mut(old)?;
        (known.stage, known.touched, known.finished, known.moved) = (Stage::Done, seq, seq, Some(seq));
        let was = (known.last, known.delivery);
        self.finish(old, seq);
        Some(was)
    }

    /// Whether an exchange that is over began before this event.
    pub(crate) fn finished_before(&self, first: u64) -> bool {
        self.by_id.values().any(|e| e.stage == Stage::Done && e.first < first)
    }

    /// Exchanges that are not over, by id.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (u16, &Outbound)> {
        self.by_id.iter().filter(|(_, e)| e.stage != Stage::Done && !e.dropped)
    }

    /// Exchanges that went on under another id, by their own.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (u16, &Outbound)> {
        self.by_id.iter().filter(|(_, e)| e.moved.is_some())
    }

    fn finish(&mut self, id: u16, seq: u64) {
        if let Some((oldest, at)) = self.finished.push(id, seq)
            && self.by_id.get(oldest).is_some_and(|e| e.stage == Stage::Done && e.finished == at)
        {
            self.forget(oldest);
        }
    }
}

impl Outbound {
    fn copy_kind(&self, conn: ConnId, publish: &Publish, topic: &Text) -> CopyKind {
        let same = self.same(publish, topic);
        let free = self.stage == Stage::Done || self.dropped;
        let (first, last, stage, qos) = (self.first, self.last, self.stage, self.qos);
        if same && (publish.dup || !free) {
            return CopyKind::Again { first, last, live: self.last_conn == conn, stage, qos };
        }
        if free { CopyKind::First } else { CopyKind::Clash { last, stage, qos } }
    }

    pub(crate) fn same(&self, publish: &Publish, topic: &Text) -> bool {
        self.qos == publish.qos
            && *self.payload == *publish.payload
            && (*self.topic == *topic.0 || topic.is_empty() || self.topic.is_empty())
    }
}
