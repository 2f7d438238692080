//! All messages of a record, as far as they are open: what is settled and claimed by nobody is forgotten, oldest first, and
//! leaves a trace, so that a late copy is not taken for a message from nowhere.

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_history::Origin as RecordOrigin;
use deadzone_wire::Packet;

use super::{Content, Delivery, DeliveryId, Group, Message, MessageId, Source, message::GroupIx};
use crate::hash::{Map, Set, of_bytes};

/// Groups of settled messages that are kept of a record that nobody claims things about.
const KEPT_STREAMING: usize = 8_192;
/// The same for a scenario's: its recorder bounds it further.
const KEPT_SCENARIO: usize = 1_000_000;
/// Most forgotten messages that leave a trace each: beyond them any payload may have been published.
const TRACES_KEPT: usize = 1_000_000;
/// Messages and deliveries of one payload that are kept.
const ALIKE_KEPT: usize = 64;

/// The messages of a run.
#[derive(Debug)]
pub(crate) struct Messages {
    groups: Vec<Slot>,
    free: Vec<u32>,
    by_payload: Map<Content, GroupIx>,
    /// Groups in the order in which they were made.
    order: VecDeque<GroupIx>,
    kept: usize,
    traces: Traces,
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    group: Group,
}

/// Hashes of forgotten payloads.
#[derive(Debug)]
enum Traces {
    /// All of them.
    Known(Set<u64>),
    /// There were too many, or the record streams and nothing asks for them: any payload may have been published.
    Full,
}

impl Traces {
    fn add(&mut self, payload: &[u8]) {
        if let Self::Known(known) = self {
            known.insert(of_bytes(payload));
            if known.len() > TRACES_KEPT {
                *self = Self::Full;
            }
        }
    }
}

impl Messages {
    pub(super) fn new(origin: RecordOrigin) -> Self {
        let (kept, traces) = match origin {
            RecordOrigin::Link => (KEPT_STREAMING, Traces::Full),
            _ => (KEPT_SCENARIO, Traces::Known(Set::default())),
        };
        Self {
            groups: Vec::new(),
            free: Vec::new(),
            by_payload: Map::default(),
            order: VecDeque::new(),
            kept,
            traces,
        }
    }

    pub(super) fn add_message(&mut self, payload: &Bytes, message: Message) -> MessageId {
        let group = self.group_of(payload);
        let Some(known) = self.group_mut(group) else { return MessageId { group, nth: 0 } };
        if known.messages.len() >= ALIKE_KEPT && known.messages.first().is_some_and(Message::is_settled) {
            known.partial = true;
            known.messages.remove(0);
        }
        let nth = known.messages.len() as u32;
        known.messages.push(message);
        MessageId { group, nth }
    }

    /// Adds a delivery to the group of its payload, which is named where it is known already.
    pub(super) fn add_delivery(
        &mut self,
        payload: &Bytes,
        group: Option<GroupIx>,
        delivery: Delivery,
    ) -> DeliveryId {
        let group = group.unwrap_or_else(|| self.group_of(payload));
        let Some(known) = self.group_mut(group) else { return DeliveryId { group, nth: 0 } };
        if known.partial && known.deliveries.len() >= ALIKE_KEPT {
            known.deliveries.remove(0);
        }
        let nth = known.deliveries.len() as u32;
        known.deliveries.push(delivery);
        DeliveryId { group, nth }
    }

    fn group_of(&mut self, payload: &Bytes) -> GroupIx {
        if let Some(known) = self.ix(payload) {
            return known;
        }
        self.forget_oldest();
        let slot = self.free.pop().unwrap_or_else(|| {
            // Nearly every payload is published once.
            let group = Group { messages: Vec::with_capacity(1), ..Group::default() };
            self.groups.push(Slot { generation: 0, group });
            self.groups.len() as u32 - 1
        });
        let at = &mut self.groups[slot as usize];
        at.group.payload = Content::of(payload);
        let ix = GroupIx { slot, generation: at.generation };
        self.by_payload.insert(at.group.payload.clone(), ix);
        self.order.push_back(ix);
        ix
    }

    /// Lets go of the oldest group that nobody needs, where there are too many.
    fn forget_oldest(&mut self) {
        // What is still open goes to the end: it is looked at again when its turn comes.
        for _ in 0..4 {
            if self.order.len() < self.kept {
                return;
            }
            let Some(oldest) = self.order.pop_front() else { return };
            let open = self.group(oldest).is_some_and(|g| {
                g.claimed || g.messages.iter().any(|m| !m.is_settled() || !m.owed_to.is_empty())
            });
            if open {
                self.order.push_back(oldest);
                continue;
            }
            self.forget(oldest);
        }
    }

    fn forget(&mut self, ix: GroupIx) {
        let Some(slot) = self.groups.get_mut(ix.slot as usize).filter(|s| s.generation == ix.generation)
        else {
            return;
        };
        slot.generation = slot.generation.wrapping_add(1);
        let group = &mut slot.group;
        self.free.push(ix.slot);
        self.by_payload.remove(&*group.payload);
        if !group.messages.is_empty() {
            self.traces.add(&group.payload);
        }
        group.clear();
    }

    pub(crate) fn group(&self, ix: GroupIx) -> Option<&Group> {
        self.groups.get(ix.slot as usize).filter(|s| s.generation == ix.generation).map(|s| &s.group)
    }

    fn group_mut(&mut self, ix: GroupIx) -> Option<&mut Group> {
        self.groups.get_mut(ix.slot as usize).filter(|s| s.generation == ix.generation).map(|s| &mut s.group)
    }

    pub(super) fn ix(&self, payload: &Bytes) -> Option<GroupIx> {
        self.by_payload.get(&payload[..]).copied()
    }

    pub(crate) fn with_payload(&self, payload: &Bytes) -> Option<&Group> {
        self.group(self.ix(payload)?)
    }

    /// A claim names this payload: it is kept until the end.
    pub(crate) fn claim(&mut self, payload: &Bytes) {
        let group = self.group_of(payload);
        if let Some(known) = self.group_mut(group) {
            known.claimed = true;
        }
    }

    pub(crate) fn message(&self, id: MessageId) -> Option<&Message> {
        self.group(id.group)?.messages.get(id.nth as usize)
    }

    pub(super) fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.group_mut(id.group)?.messages.get_mut(id.nth as usize)
    }

    pub(crate) fn delivery(&self, id: DeliveryId) -> Option<&Delivery> {
        self.group(id.group)?.deliveries.get(id.nth as usize)
    }

    pub(super) fn delivery_mut(&mut self, id: DeliveryId) -> Option<&mut Delivery> {
        self.group_mut(id.group)?.deliveries.get_mut(id.nth as usize)
    }

    /// What was published with this payload. The empty payload is everybody's, so it names nothing.
    pub(super) fn source(&self, ix: GroupIx) -> Option<Source> {
        self.group(ix).filter(|group| !group.payload.is_empty())?.source(ix)
    }

    /// Whether a message with this payload was, or may have been, published and forgotten.
    pub(crate) fn may_be_forgotten(&self, payload: &Bytes) -> bool {
        match &self.traces {
            Traces::Known(known) => known.contains(&of_bytes(payload)),
            Traces::Full => true,
        }
    }

    /// A packet that may or may not have had an effect: what it publishes is not from nowhere.
    pub(super) fn maybe_given(&mut self, packet: &Packet) {
        if let Packet::Publish(publish) = packet {
            self.traces.add(&publish.payload);
        }
    }

    /// Every group, in the order in which they were made.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (GroupIx, &Group)> {
        self.order.iter().filter_map(|ix| Some((*ix, self.group(*ix)?)))
    }
}
