//! QoS 1 and 2 exchanges towards one subscriber: packet identifiers, acknowledgements, the send quota of 5.0 §4.9, and
//! what is resent when a session resumes. Knows nothing of topics or other sessions.

mod lapses;

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_wire::AckKind;

use super::{channel::Channel, ids::Ids, queue::Queue};
use crate::{Config, Defect, Variant, core::message::Delivery};

/// How long those that resend on a living connection wait for an acknowledgement.
const LIVE_RESEND_US: u64 = 2_000_000;
/// How many messages wait for an absent client under [`Defect::BacklogCut`].
const CUT_BACKLOG: usize = 16;
/// How long after a resume [`Variant::Resends30sLate`] resends.
const LATE_RESEND_US: u64 = 30_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaiting {
    Puback,
    Pubrec,
    Pubcomp,
}

#[derive(Debug)]
struct Exchange {
    id: u16,
    awaiting: Awaiting,
    delivery: Delivery,
    /// Its packet has not been sent on the present connection.
    owed: bool,
    sent_us: u64,
}

/// What an acknowledgement calls for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing.
    Nothing,
    /// A PUBREL with this reason code.
    Pubrel(u8),
    /// It acknowledges what it cannot: a PUBACK of a QoS 2 message, say.
    Violation,
}

/// Exchanges in the order in which their latest packet was first sent, then what waits behind them.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    exchanges: VecDeque<Exchange>,
    queue: Queue,
    /// Bytes of the messages in `exchanges`.
    inflight_bytes: usize,
    ids: Ids,
    /// The pubrels-in-reverse-order defect: PUBRELs that were held back, with their reason codes.
    held_back: Vec<(u16, u8)>,
    channel: Option<Channel>,
    /// The places-lost-at-cut defect: units that never come back.
    places_lost: u16,
    /// The alias-of-earlier-connection and quota-carried-over defects: the connection before the present one.
    departed: Option<Channel>,
}

impl Outbound {
    /// Takes a copy in and returns the packets that can go out now. Where all sessions together are `crowded`, each may
    /// still hold its share.
    pub(crate) fn accept(
        &mut self,
        delivery: Delivery,
        crowded: bool,
        now_us: u64,
        config: &Config,
    ) -> Vec<Bytes> {
        if self.channel.is_none() && !wanted_offline(&delivery, config) {
            return Vec::new();
        }
        let waits = config.varies(Variant::OneInFlight) && !self.exchanges.is_empty();
        if delivery.qos == 0
            && !waits
            && let Some(channel) = &mut self.channel
        {
            // QoS 0 may wait at quota 0 (4.9.0-3 speaks of other packets); ours does not, so that it never queues.
            let dup = false;
            return channel.publish(&delivery, None, dup, now_us, config).into_iter().collect();
        }
        let limits = &config.limits;
        let most = if crowded { limits.queued_bytes.min(limits.share_bytes()) } else { limits.queued_bytes };
        let room = most.saturating_sub(self.inflight_bytes);
        let cut = self.channel.is_none() && config.has(Defect::BacklogCut);
        let most = if cut { CUT_BACKLOG } else { limits.queued_messages };
        if self.loses(config) || !self.queue.push(delivery, most, room) {
            tracing::debug!("a message is dropped");
        } else if config.has(Defect::NewestFirst) && self.channel.is_some() {
            self.queue.last_first();
        }
        self.pump(now_us, config)
    }

    /// The waiting-message-lost defect: whether a message that would have to wait is lost.
    fn loses(&mut self, config: &Config) -> bool {
        let waits = self.channel.as_ref().is_some_and(|c| c.quota == 0);
        config.has(Defect::WaitingMessageLost) && waits && self.ids.is_odd_wait()
    }

    /// A new connection: everything unacknowledged is owed again, in its original order (4.4.0-1, 4.6.0-1).
    pub(crate) fn attach(&mut self, mut channel: Channel, now_us: u64, config: &Config) -> Vec<Bytes> {
        let late_us = if config.varies(Variant::Resends30sLate) { LATE_RESEND_US } else { 0 };
        channel.resend_from_us = now_us.saturating_add(late_us);
        if let Some(earlier) = self.departed.take() {
            channel.carry_over(&earlier, config);
        }
        self.lose_places(&mut channel, config);
        self.channel = Some(channel);
        self.held_back.clear();
        if config.has(Defect::PublishNotResentOnResume) {
            self.exchanges.retain(|e| e.awaiting == Awaiting::Pubcomp);
            self.weigh();
        }
        if config.has(Defect::QueuedQosLowered) {
            self.queue.lower_qos();
        }
        if config.has(Defect::ResendInReverseOrder) {
            self.exchanges.make_contiguous().reverse();
        }
        if config.has(Defect::PropertiesLostInQueue) {
            self.queue.strip_properties();
        }
        if config.has(Defect::IdentifierLostInQueue) {
            self.queue.forget_identifiers();
        }
        if config.has(Defect::ExpiryEndsExchange) {
            self.exchanges.retain(|e| !e.delivery.message.expired(now_us));
            self.weigh();
        }
        if config.has(Defect::OfflineQueueReordered) {
            self.queue.reverse();
        }
        for at in 0..self.exchanges.len() {
            let renumber =
                config.has(Defect::ResendWithNewId) && self.exchanges[at].awaiting != Awaiting::Pubcomp;
            let fresh = if renumber { self.next_id(config) } else { None };
            let exchange = &mut self.exchanges[at];
            exchange.id = fresh.unwrap_or(exchange.id);
            exchange.owed = true;
            if exchange.awaiting == Awaiting::Pubcomp {
                exchange.owed = !config.has(Defect::PubrelNotResentOnResume);
                if config.has(Defect::PublishResentAfterPubrec) {
                    exchange.awaiting = Awaiting::Pubrec;
                }
            }
        }
        self.pump(now_us, config)
    }

    /// Whether the client's Receive Maximum is used up.
    pub(crate) fn is_at_quota_zero(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| channel.quota == 0)
    }

    /// The connection is gone; the exchanges stay.
    pub(crate) fn detach(&mut self, config: &Config) {
        let carries = config.has(Defect::AliasOfEarlierConnection) || config.has(Defect::QuotaCarriedOver);
        self.departed = self.channel.take().filter(|_| carries);
    }

    /// Everything that may go out now: first what is owed since the resume, then new messages.
    pub(crate) fn pump(&mut self, now_us: u64, config: &Config) -> Vec<Bytes> {
        let mut out = Vec::new();
        self.resend_owed(now_us, config, &mut out);
        while self.start_next(now_us, config, &mut out) {}
        out
    }

    fn resend_owed(&mut self, now_us: u64, config: &Config, out: &mut Vec<Bytes>) {
        let Some(channel) = self.channel.as_mut().filter(|c| c.resend_from_us <= now_us) else { return };
        let before = self.exchanges.len();
        self.exchanges.retain_mut(|exchange| {
            if !exchange.owed {
                return true;
            }
            if exchange.awaiting == Awaiting::Pubcomp {
                exchange.owed = false;
                out.extend(channel.pubrel(exchange.id, config));
                return true;
            }
            if channel.quota == 0 {
                return true;
            }
            let dup = !config.has(Defect::ResendWithoutDup);
            match channel.publish(&exchange.delivery, Some(exchange.id), dup, now_us, config) {
                Some(bytes) => {
                    channel.quota -= 1;
                    exchange.owed = false;
                    exchange.sent_us = now_us;
                    out.push(bytes);
                    true
                }
                // Over this connection's Maximum Packet Size: as if completed (5.0/MQTT-3.1.2-25).
                None => false,
            }
        });
        if self.exchanges.len() < before {
            self.weigh();
        }
    }

    /// Counts what is in flight anew.
    fn weigh(&mut self) {
        self.inflight_bytes = self.exchanges.iter().map(|e| e.delivery.message.weight()).sum();
    }

    /// Bytes of the messages that are held here, in flight or waiting.
    pub(crate) fn held_bytes(&self) -> usize {
        self.inflight_bytes + self.queue.bytes()
    }

    /// Starts the message at the head of the queue; `false` when nothing could be started.
    fn start_next(&mut self, now_us: u64, config: &Config, out: &mut Vec<Bytes>) -> bool {
        let Some(channel) = &self.channel else { return false };
        let (quota, window) = (channel.quota, usize::from(channel.window));
        let Some(next) = self.queue.front() else { return false };
        // Expiry ends only what has not been started (5.0/MQTT-3.3.2-5): what is in `exchanges` is never looked at.
        let kept = config.has(Defect::ExpiredQueuedDelivered)
            || next.retain && config.has(Defect::ExpiredRetainedDelivered);
        if next.message.expired(now_us) && !kept {
            if config.has(Defect::ExpiredHeadBlocks) {
                return false;
            }
            self.queue.pop();
            return true;
        }
        // The count matters beside the quota: PUBRELs carried over cost no quota but hold identifiers and memory.
        let held = self.exchanges.len() >= window.max(usize::from(config.limits.inflight));
        if next.qos > 0 && (quota == 0 || held) {
            return false;
        }
        if config.varies(Variant::OneInFlight) && !self.exchanges.is_empty() {
            return false;
        }
        let Some(delivery) = self.queue.pop() else { return false };
        if delivery.qos == 0 {
            out.extend(self.channel.as_mut().and_then(|c| c.publish(&delivery, None, false, now_us, config)));
            return true;
        }
        let Some(id) = self.next_id(config) else { return false };
        let Some(channel) = &mut self.channel else { return false };
        let waited = delivery.message.accepted_us < now_us && config.has(Defect::QueuedWithDup);
        let dup = waited || config.has(Defect::DupForwarded) && delivery.message.dup;
        if let Some(bytes) = channel.publish(&delivery, Some(id), dup, now_us, config) {
            channel.quota -= 1;
            out.push(bytes);
            self.inflight_bytes += delivery.message.weight();
            let awaiting = if delivery.qos == 1 { Awaiting::Puback } else { Awaiting::Pubrec };
            self.exchanges.push_back(Exchange { id, awaiting, delivery, owed: false, sent_us: now_us });
        } else if config.has(Defect::OversizedKeepsUnit) {
            channel.quota -= 1;
        }
        true
    }

    fn next_id(&mut self, config: &Config) -> Option<u16> {
        let exchanges = &self.exchanges;
        self.ids.next(&|id| exchanges.iter().any(|e| e.id == id), config)
    }

    /// Applies an acknowledgement by the subscriber. `code` of 0x80 or more in PUBACK and PUBREC ends the message (4.4.0-2).
    pub(crate) fn acknowledge(&mut self, kind: AckKind, id: u16, code: u8) -> Answer {
        let Some(at) = self.exchanges.iter().position(|e| e.id == id) else {
            // Unknown identifiers are no offence: the session may have been lost on our side. A PUBREC is still
            // answered, or the client would hold its half for ever; one that refuses has ended the exchange itself.
            let open = kind == AckKind::Pubrec && code < 0x80;
            return if open { Answer::Pubrel(0x92) } else { Answer::Nothing };
        };
        match (kind, self.exchanges[at].awaiting) {
            (AckKind::Puback, Awaiting::Puback) | (AckKind::Pubcomp, Awaiting::Pubcomp) => {
                self.complete(at);
                Answer::Nothing
            }
            (AckKind::Pubrec, Awaiting::Pubrec) if code >= 0x80 => {
                self.complete(at);
                Answer::Nothing
            }
            (AckKind::Pubrec, Awaiting::Pubrec | Awaiting::Pubcomp) => {
                if let Some(mut exchange) = self.exchanges.remove(at) {
                    exchange.awaiting = Awaiting::Pubcomp;
                    exchange.owed = false;
                    // Behind the others: PUBRELs are resent in the order of their PUBRECs (4.6.0-4).
                    self.exchanges.push_back(exchange);
                }
                Answer::Pubrel(0)
            }
            _ => Answer::Violation,
        }
    }

    /// Whether the client's Receive Maximum is used up.
    pub(crate) fn has_no_quota(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| channel.quota == 0)
    }

    fn complete(&mut self, at: usize) {
        if let Some(ended) = self.exchanges.remove(at) {
            self.inflight_bytes -= ended.delivery.message.weight();
        }
        if let Some(channel) = &mut self.channel {
            // 5.0 §4.9: one unit for every PUBACK, PUBCOMP and failing PUBREC, never above the initial value. The
            // PUBCOMP of a PUBREL carried over returns a unit too, although that PUBREL cost none.
            channel.quota = channel.quota.saturating_add(1).min(channel.window);
        }
    }

    /// When [`Self::tick`] has something to do.
    pub(crate) fn next_deadline_us(&self, config: &Config) -> Option<u64> {
        let channel = self.channel.as_ref()?;
        let owed = self.exchanges.iter().any(|e| e.owed) && channel.quota > 0;
        let late = (owed && config.varies(Variant::Resends30sLate)).then_some(channel.resend_from_us);
        let live = self.unanswered().map(|e| e.sent_us.saturating_add(LIVE_RESEND_US)).min();
        late.into_iter().chain(live.filter(|_| channel.resends_live(config))).min()
    }

    /// What is to be sent because its time has come.
    pub(crate) fn tick(&mut self, now_us: u64, config: &Config) -> Vec<Bytes> {
        let mut out = Vec::new();
        if config.varies(Variant::Resends30sLate) {
            out = self.pump(now_us, config);
        }
        if self.channel.as_ref().is_some_and(|c| c.resends_live(config)) {
            self.resend_live(now_us, config, &mut out);
        }
        out
    }

    /// Copies on the living connection.
    fn resend_live(&mut self, now_us: u64, config: &Config, out: &mut Vec<Bytes>) {
        let Some(channel) = &mut self.channel else { return };
        for e in &mut self.exchanges {
            if e.awaiting != Awaiting::Pubcomp
                && !e.owed
                && now_us >= e.sent_us.saturating_add(LIVE_RESEND_US)
            {
                e.sent_us = now_us;
                out.extend(channel.publish(&e.delivery, Some(e.id), true, now_us, config));
            }
        }
    }

    fn unanswered(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|e| e.awaiting != Awaiting::Pubcomp && !e.owed)
    }

    /// As [`Self::held_bytes`], but weighed and not counted.
    #[cfg(test)]
    pub(crate) fn weighed_bytes(&self) -> usize {
        let inflight: usize = self.exchanges.iter().map(|e| e.delivery.message.weight()).sum();
        inflight + self.queue.weighed_bytes()
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.exchanges.len(), self.queue.len())
    }
}

/// QoS 0 may be dropped or kept for a session that is offline (3.1.1 §3.1.2.4); we drop it, as most brokers do.
fn wanted_offline(delivery: &Delivery, config: &Config) -> bool {
    !config.has(Defect::OfflineQueueDropped)
        && (delivery.qos > 0 || config.varies(Variant::Qos0QueuedOffline))
}
