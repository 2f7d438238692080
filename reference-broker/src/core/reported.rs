//! What the defects of `defect/reported.rs` remember and do. A conformant broker passes through here and is changed by nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::{BufMut, Bytes, BytesMut};
use deadzone_wire::{Ack, AckKind, Connect, Disconnect, Packet, Text, Version};

use super::{
    broker::Broker,
    connection::{Connection, Stage},
    ending::Ending,
    message::Message,
    outbox::ConnId,
    session::Session,
    subscription::Subscription,
    will::Will,
};
use crate::Defect;

/// Of so many filters one is lost, under [`Defect::SubscriptionSometimesLost`].
const FILTERS: u64 = 4;
/// So many resets wear the broker out, under [`Defect::ResetsWearOut`].
const RESETS: u64 = 20;
/// PUBREL as it begins, and as [`Defect::PubrelFlagsZero`] has it.
const PUBREL: (u8, u8) = (0x62, 0x60);

/// Counters and memories.
#[derive(Debug, Default)]
pub(super) struct Reported {
    repetitions: u64,
    filters: u64,
    resets: u64,
    /// Messages to groups of [`Reported::dead_groups`].
    to_dead: u64,
    /// Groups a member of which has ended, by their whole filters.
    dead_groups: BTreeSet<Text>,
    /// The subscription that each session gave up last.
    given_up: BTreeMap<Text, (Text, Subscription)>,
    first_wills: BTreeMap<Text, Will>,
    /// The message that each client acknowledged last.
    acknowledged: BTreeMap<Text, Arc<Message>>,
}

impl Broker {
    /// Whether this repetition of a QoS 2 PUBLISH ends the connection.
    pub(super) fn punishes_repetition(&mut self) -> bool {
        self.reported.repetitions += 1;
        self.config.has(Defect::SecondRepetitionClosed) && self.reported.repetitions.is_multiple_of(2)
    }

    /// Whether a filter that is granted is not kept.
    pub(super) fn loses_filter(&mut self) -> bool {
        self.reported.filters += 1;
        self.config.has(Defect::SubscriptionSometimesLost) && self.reported.filters.is_multiple_of(FILTERS)
    }

    /// Counts a connection that broke.
    pub(super) fn note_reset(&mut self, rst: bool) {
        self.reported.resets += u64::from(rst);
    }

    /// Whether it is too worn out to answer a CONNECT.
    pub(super) fn is_worn_out(&self) -> bool {
        self.config.has(Defect::ResetsWearOut) && self.reported.resets >= RESETS
    }

    /// Whether this CONNECT stays unanswered because its client is connected already.
    pub(super) fn waits_for_older(&self, client_id: &Text) -> bool {
        self.config.has(Defect::TakeoverUnanswered)
            && self.sessions.get(client_id).is_some_and(|session| session.conn.is_some())
    }

    /// What is left of the state of a client whose older connection has just been ended.
    pub(super) fn lose_at_takeover(&mut self, client_id: &Text) {
        if self.config.has(Defect::TakeoverLosesMessages)
            && let Some(session) = self.sessions.get_mut(client_id)
        {
            session.outbound.lose_all();
        }
    }

    /// Says farewell to a client whose version has no word for it.
    pub(super) fn say_farewell(&mut self, id: ConnId, conn: &Connection, ending: Ending) {
        let older = (conn.peer.version, conn.stage) == (Version::V311, Stage::Connected);
        if self.config.has(Defect::FarewellToOlderClient) && older && ending == Ending::Takeover {
            let bytes = Packet::Disconnect(Disconnect::default()).encode(Version::V311).to_bytes();
            self.transmit(id, bytes);
        }
    }

    /// A PUBREL as it is sent.
    pub(super) fn with_flags(&self, bytes: Bytes) -> Bytes {
        if !self.config.has(Defect::PubrelFlagsZero) || bytes.first() != Some(&PUBREL.0) {
            return bytes;
        }
        let mut changed = BytesMut::with_capacity(bytes.len());
        changed.put_u8(PUBREL.1);
        changed.put_slice(&bytes[1..]);
        changed.freeze()
    }

    /// Remembers a subscription that is given up.
    pub(super) fn note_given_up(&mut self, client_id: &Text, filters: &[Text]) {
        let Some(session) = self.sessions.get(client_id) else { return };
        let found = session.subscriptions.iter().find(|(filter, _)| filters.contains(filter));
        if self.config.has(Defect::UnsubscribeUndoneAtResume)
            && let Some((filter, subscription)) = found
            && self.reported.given_up.len() < self.config.limits.sessions
        {
            self.reported.given_up.insert(client_id.clone(), (filter.clone(), *subscription));
        }
    }

    /// What becomes of a session's subscriptions when it is resumed.
    pub(super) fn change_at_resume(&mut self, client_id: &Text, pending: bool) {
        let given_up = self.reported.given_up.remove(client_id);
        let limit = self.config.limits.subscriptions;
        let Some(session) = self.sessions.get_mut(client_id) else { return };
        if let Some((filter, subscription)) = given_up {
            session.subscriptions.put(filter, subscription, limit);
        }
        if pending && self.config.has(Defect::PendingWillDeafens) {
            session.subscriptions = Default::default();
        }
        if self.config.has(Defect::UnreleasedLostAtClose) {
            session.inbound.lose_held();
        }
    }

    /// Remembers a message whose exchange this acknowledgement ends.
    pub(super) fn note_acknowledged(&mut self, client_id: &Text, ack: &Ack) {
        if self.config.has(Defect::AcknowledgedResent)
            && matches!(ack.kind, AckKind::Puback | AckKind::Pubcomp)
            && let Some(message) =
                self.sessions.get(client_id).and_then(|s| s.outbound.message(ack.packet_id))
            && self.reported.acknowledged.len() < self.config.limits.sessions
        {
            self.reported.acknowledged.insert(client_id.clone(), message);
        }
    }

    /// Sends it once more behind CONNACK.
    pub(super) fn resend_acknowledged(&mut self, id: ConnId, client_id: &Text) {
        let (Some(message), Some(session)) =
            (self.reported.acknowledged.get(client_id), self.sessions.get_mut(client_id))
        else {
            return;
        };
        let copies = session.subscriptions.copies(message, client_id, &self.config);
        let accept = |copy| session.outbound.accept(copy, false, self.now_us, &self.config);
        let out = copies.into_iter().flat_map(accept).collect();
        self.transmit_all(vec![(id, out)]);
    }

    /// The will that a connection has.
    pub(super) fn will_of(&mut self, client_id: &Text, will: Option<Will>) -> Option<Will> {
        if self.config.has(Defect::WillOfFirstConnect)
            && self.reported.first_wills.len() < self.config.limits.sessions
        {
            let will = will?;
            return Some(self.reported.first_wills.entry(client_id.clone()).or_insert(will).clone());
        }
        will
    }

    /// Publishes the will of a CONNECT that is refused.
    pub(super) fn publish_refused_will(&mut self, connect: &Connect) {
        if self.config.has(Defect::WillOfRefusedConnect)
            && let Some(will) = Will::from_connect(connect, &connect.client_id, &self.config)
        {
            self.publish_will(will);
        }
    }

    /// Remembers the groups that a session was in when it ended.
    pub(super) fn note_dead_member(&mut self, session: &Session) {
        if self.config.has(Defect::ShareToDeadMember) {
            let shared = session.subscriptions.iter().filter(|(_, subscription)| subscription.shared);
            let groups = shared.map(|(filter, _)| filter.clone());
            self.reported.dead_groups.extend(groups.take(self.config.limits.subscriptions));
        }
    }

    /// Whether a message of this group goes to a member that is no more.
    pub(super) fn goes_to_dead_member(&mut self, group: &Text) -> bool {
        if !self.reported.dead_groups.contains(group) {
            return false;
        }
        self.reported.to_dead += 1;
        self.reported.to_dead.is_multiple_of(2)
    }

    /// Whether a client that has no room holds up everybody.
    pub(super) fn is_held_up(&self) -> bool {
        self.config.has(Defect::SlowSubscriberBlocks)
            && self.sessions.values().any(|session| session.outbound.is_at_quota_zero())
    }
}
