//! The broker's copies to one client, grouped into deliveries: copies of one exchange are one delivery.
//!
//! An exchange lasts, in the broker's favour, as long as it may legally send the PUBLISH again: until it is known to have
//! read our answer. DUP is not asked here; a rule looks after it.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_history::Direction;
use deadzone_wire::{AckKind, Packet, Publish};

use crate::survey::Survey;

/// How far the exchange of a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// PUBLISH was seen.
    Sent,
    /// Our PUBACK or PUBREC was given.
    Answered,
    /// The broker's PUBREL was seen: it has read our PUBREC.
    Released,
    /// Our PUBCOMP was given.
    Completed,
}

/// One delivery.
#[derive(Clone, Debug)]
pub(crate) struct Delivery<'h> {
    pub(crate) publish: &'h Publish,
    /// Its copies at the broker's end; never empty.
    pub(crate) copies: Vec<u64>,
    /// The connection of the latest copy.
    pub(crate) conn: ConnId,
    pub(crate) stage: Stage,
    /// It is a PUBLISH that came again though its PUBREL had been seen.
    pub(crate) after_release: bool,
}

impl Delivery<'_> {
    /// The first complete copy.
    pub(crate) fn first(&self) -> u64 {
        self.copies.first().copied().unwrap_or_default()
    }

    /// Whether it is the client that holds it up.
    pub(crate) fn waits_for_client(&self) -> bool {
        match self.publish.qos {
            0 => false,
            1 => self.stage == Stage::Sent,
            _ => matches!(self.stage, Stage::Sent | Stage::Released),
        }
    }
}

/// Deliveries that were asked for, kept: many claims ask for the same.
pub(crate) struct Known<'s, 'h> {
    pub(crate) survey: &'s Survey<'h>,
    made: RefCell<BTreeMap<(usize, u64), Rc<Deliveries<'h>>>>,
}

impl<'s, 'h> Known<'s, 'h> {
    pub(crate) fn of(survey: &'s Survey<'h>) -> Self {
        Self { survey, made: RefCell::default() }
    }

    /// Deliveries to a client before this event.
    pub(crate) fn to(&self, client: usize, before: u64) -> Rc<Deliveries<'h>> {
        let mut made = self.made.borrow_mut();
        Rc::clone(
            made.entry((client, before))
                .or_insert_with(|| Rc::new(Deliveries::to(self.survey, client, before))),
        )
    }
}

/// All deliveries to one client.
#[derive(Debug, Default)]
pub(crate) struct Deliveries<'h> {
    pub(crate) list: Vec<Delivery<'h>>,
    by_payload: BTreeMap<&'h [u8], Vec<usize>>,
    open: BTreeMap<u16, usize>,
    /// The connection that was accepted last.
    current: Option<ConnId>,
}

impl<'h> Deliveries<'h> {
    /// Those before this event.
    pub(crate) fn to(survey: &Survey<'h>, client: usize, before: u64) -> Self {
        let mut all = Self::default();
        let mut seqs: Vec<u64> =
            survey.conns_of(client).flat_map(|c| c.seen.iter().chain(&c.given)).copied().collect();
        seqs.retain(|seq| *seq < before);
        seqs.sort_unstable();
        for seq in seqs {
            let Some(event) = survey.packet_event(seq) else { continue };
            match (&event.decoded.packet, event.direction) {
                (Packet::Publish(p), Direction::Down) if event.is_marker() => {
                    p.packet_id.iter().for_each(|id| {
                        all.open.remove(id);
                    });
                }
                (Packet::Publish(p), Direction::Down) => all.seen(seq, event.conn, p),
                (Packet::Connack(c), Direction::Down) if c.code == 0 => {
                    all.current = all.current.max(Some(event.conn));
                    if !c.session_present() {
                        all.open.clear();
                    }
                }
                (Packet::Ack(ack), direction) => all.acknowledged(ack.kind, ack.packet_id, direction),
                _ => {}
            }
        }
        all
    }

    pub(crate) fn with_payload(&self, payload: &Bytes) -> impl Iterator<Item = &Delivery<'h>> {
        self.by_payload.get(payload.as_ref()).into_iter().flatten().filter_map(|i| self.list.get(*i))
    }

    /// Deliveries of the present session whose exchange is not over: QoS 1 without our PUBACK, QoS 2 without our PUBCOMP.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &Delivery<'h>> {
        let open = self.open.values().filter_map(|index| self.list.get(*index));
        open.filter(|delivery| match delivery.publish.qos {
            1 => delivery.stage == Stage::Sent,
            _ => delivery.stage != Stage::Completed,
        })
    }

    fn seen(&mut self, seq: u64, conn: ConnId, publish: &'h Publish) {
        let open = publish.packet_id.and_then(|id| self.open.get(&id).copied());
        let mut after_release = false;
        // Read after the session had gone on: it was written before, whatever came since.
        let stale = self.current > Some(conn);
        if stale && let Some(known) = self.same(publish) {
            known.copies.push(seq);
            known.copies.sort_unstable();
            return;
        }
        if let Some(delivery) = open.and_then(|index| self.list.get_mut(index))
            && delivery.publish.payload == publish.payload
            && delivery.publish.qos == publish.qos
        {
            let elsewhere = delivery.conn != conn;
            let continues = match (publish.qos, delivery.stage) {
                (_, Stage::Sent) => true,
                (1, _) => publish.dup && elsewhere,
                (_, Stage::Answered) => true,
                (_, Stage::Released | Stage::Completed) => false,
            };
            if continues {
                delivery.copies.push(seq);
                delivery.conn = conn;
                // What was answered on an earlier connection may not have been read there; it is to be answered again.
                delivery.stage = Stage::Sent;
                return;
            }
            after_release = publish.qos == 2 && (publish.dup || delivery.stage == Stage::Released);
        }
        let index = self.list.len();
        self.by_payload.entry(publish.payload.as_ref()).or_default().push(index);
        let copies = vec![seq];
        self.list.push(Delivery { publish, copies, conn, stage: Stage::Sent, after_release });
        if let Some(id) = publish.packet_id.filter(|_| !stale) {
            self.open.insert(id, index);
        }
    }

    /// The last delivery with this content under this id.
    fn same(&mut self, publish: &Publish) -> Option<&mut Delivery<'h>> {
        let id = publish.packet_id?;
        let known = self.by_payload.get(publish.payload.as_ref())?.iter().rev().copied();
        let equal = |p: &Publish| p.packet_id == Some(id) && p.qos == publish.qos && p.topic == publish.topic;
        let mut known = known.filter(|index| self.list.get(*index).is_some_and(|d| equal(d.publish)));
        let index = known.next()?;
        self.list.get_mut(index)
    }

    fn acknowledged(&mut self, kind: AckKind, id: u16, direction: Direction) {
        let Some(delivery) = self.open.get(&id).and_then(|index| self.list.get_mut(*index)) else { return };
        match (kind, direction, delivery.publish.qos) {
            (AckKind::Puback, Direction::Up, 1) | (AckKind::Pubrec, Direction::Up, 2) => {
                delivery.stage = Stage::Answered;
            }
            (AckKind::Pubrel, Direction::Down, 2) if delivery.stage == Stage::Answered => {
                delivery.stage = Stage::Released;
            }
            (AckKind::Pubcomp, Direction::Up, 2) => delivery.stage = Stage::Completed,
            _ => {}
        }
    }
}
