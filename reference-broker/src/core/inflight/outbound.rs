//! QoS 1 and 2 exchanges towards one subscriber: packet identifiers, acknowledgements, the send quota of 5.0 §4.9, and
//! what is resent when a session resumes. Knows nothing of topics or other sessions.

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_wire::{Ack, AckKind, Packet, Version};

use super::queue::Queue;
use crate::{Config, Defect, Variant, core::message::Delivery};

/// How long the live-resend defect waits for an acknowledgement.
const LIVE_RESEND_US: u64 = 2_000_000;

/// What the present connection allows. Quota and sizes start anew with each connection (5.0 §4.9, §3.1.2.11).
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub(crate) version: Version,
    /// The client's Maximum Packet Size in bytes.
    pub(crate) max_packet: u32,
    /// Most PUBLISHes above QoS 0 without an acknowledgement.
    pub(crate) window: u16,
    /// How many of them may still be sent.
    pub(crate) quota: u16,
}

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
    last_id: u16,
    channel: Option<Channel>,
}

impl Outbound {
    /// Takes a copy in and returns the packets that can go out now.
    pub(crate) fn accept(&mut self, delivery: Delivery, now_us: u64, config: &Config) -> Vec<Bytes> {
        if self.channel.is_none() && !wanted_offline(&delivery, config) {
            return Vec::new();
        }
        if delivery.qos == 0
            && let Some(channel) = &self.channel
        {
            // QoS 0 may wait at quota 0 (4.9.0-3 speaks of other packets); ours does not, so that it never queues.
            let dup = false;
            return encode(channel, &delivery, None, dup, now_us, config).into_iter().collect();
        }
        if !self.queue.push(delivery, &config.limits) {
            tracing::debug!("a full queue drops a message");
        }
        self.pump(now_us, config)
    }

    /// A new connection: everything unacknowledged is owed again, in its original order (4.4.0-1, 4.6.0-1).
    pub(crate) fn attach(&mut self, channel: Channel, now_us: u64, config: &Config) -> Vec<Bytes> {
        self.channel = Some(channel);
        if config.has(Defect::PublishNotResentOnResume) {
            self.exchanges.retain(|e| e.awaiting == Awaiting::Pubcomp);
        }
        if config.has(Defect::ResendInReverseOrder) {
            self.exchanges.make_contiguous().reverse();
        }
        if config.has(Defect::OfflineQueueReordered) {
            self.queue.reverse();
        }
        for at in 0..self.exchanges.len() {
            let renumber =
                config.has(Defect::ResendWithNewId) && self.exchanges[at].awaiting != Awaiting::Pubcomp;
            let fresh = if renumber { self.free_id(config) } else { None };
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

    /// The connection is gone; the exchanges stay.
    pub(crate) fn detach(&mut self) {
        self.channel = None;
    }

    /// Everything that may go out now: first what is owed since the resume, then new messages.
    pub(crate) fn pump(&mut self, now_us: u64, config: &Config) -> Vec<Bytes> {
        let mut out = Vec::new();
        self.resend_owed(now_us, config, &mut out);
        while self.start_next(now_us, config, &mut out) {}
        out
    }

    fn resend_owed(&mut self, now_us: u64, config: &Config, out: &mut Vec<Bytes>) {
        let Some(channel) = &mut self.channel else { return };
        self.exchanges.retain_mut(|exchange| {
            if !exchange.owed {
                return true;
            }
            if exchange.awaiting == Awaiting::Pubcomp {
                exchange.owed = false;
                out.extend(pubrel(channel, exchange.id));
                return true;
            }
            if channel.quota == 0 {
                return true;
            }
            let dup = !config.has(Defect::ResendWithoutDup);
            match encode(channel, &exchange.delivery, Some(exchange.id), dup, now_us, config) {
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
    }

    /// Starts the message at the head of the queue; `false` when nothing could be started.
    fn start_next(&mut self, now_us: u64, config: &Config, out: &mut Vec<Bytes>) -> bool {
        let Some(channel) = &self.channel else { return false };
        let (quota, window) = (channel.quota, usize::from(channel.window));
        let Some(next) = self.queue.front() else { return false };
        // Expiry ends only what has not been started (5.0/MQTT-3.3.2-5): what is in `exchanges` is never looked at.
        if next.message.expired(now_us) {
            self.queue.pop();
            return true;
        }
        // The count matters beside the quota: PUBRELs carried over cost no quota but hold identifiers and memory.
        let held = self.exchanges.len() >= window.max(usize::from(config.limits.inflight));
        if next.qos > 0 && (quota == 0 || held) {
            return false;
        }
        let Some(delivery) = self.queue.pop() else { return false };
        if delivery.qos == 0 {
            out.extend(self.channel.as_ref().and_then(|c| encode(c, &delivery, None, false, now_us, config)));
            return true;
        }
        let Some(id) = self.free_id(config) else { return false };
        let Some(channel) = &mut self.channel else { return false };
        let dup = config.has(Defect::DupForwarded) && delivery.message.dup;
        if let Some(bytes) = encode(channel, &delivery, Some(id), dup, now_us, config) {
            channel.quota -= 1;
            out.push(bytes);
            let awaiting = if delivery.qos == 1 { Awaiting::Puback } else { Awaiting::Pubrec };
            self.exchanges.push_back(Exchange { id, awaiting, delivery, owed: false, sent_us: now_us });
        }
        true
    }

    /// The next identifier that no unfinished exchange uses; never 0.
    fn free_id(&mut self, config: &Config) -> Option<u16> {
        if config.has(Defect::PacketIdReusedInFlight) {
            self.last_id = self.last_id % 2 + 1;
            return Some(self.last_id);
        }
        for _ in 0..u16::MAX {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.exchanges.iter().any(|e| e.id == self.last_id) {
                return Some(self.last_id);
            }
        }
        None
    }

    /// Applies an acknowledgement by the subscriber. `code` of 0x80 or more in PUBACK and PUBREC ends the message (4.4.0-2).
    pub(crate) fn acknowledge(&mut self, kind: AckKind, id: u16, code: u8) -> Answer {
        let Some(at) = self.exchanges.iter().position(|e| e.id == id) else {
            // Unknown identifiers are no offence: the session may have been lost on our side. A PUBREC is still
            // answered, or the client would hold its half for ever.
            return if kind == AckKind::Pubrec { Answer::Pubrel(0x92) } else { Answer::Nothing };
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

    fn complete(&mut self, at: usize) {
        self.exchanges.remove(at);
        if let Some(channel) = &mut self.channel {
            // 5.0 §4.9: one unit for every PUBACK, PUBCOMP and failing PUBREC, never above the initial value. The
            // PUBCOMP of a PUBREL carried over returns a unit too, although that PUBREL cost none.
            channel.quota = channel.quota.saturating_add(1).min(channel.window);
        }
    }

    /// When the live-resend defect acts next.
    pub(crate) fn live_resend_due_us(&self, config: &Config) -> Option<u64> {
        if !config.has(Defect::LiveResend) || self.channel.is_none() {
            return None;
        }
        self.unanswered().map(|e| e.sent_us.saturating_add(LIVE_RESEND_US)).min()
    }

    /// The live-resend defect: copies on the living connection.
    pub(crate) fn live_resend(&mut self, now_us: u64, config: &Config) -> Vec<Bytes> {
        let Some(channel) = self.channel.clone() else { return Vec::new() };
        let mut out = Vec::new();
        for e in &mut self.exchanges {
            if e.awaiting != Awaiting::Pubcomp
                && !e.owed
                && now_us >= e.sent_us.saturating_add(LIVE_RESEND_US)
            {
                e.sent_us = now_us;
                out.extend(encode(&channel, &e.delivery, Some(e.id), true, now_us, config));
            }
        }
        out
    }

    fn unanswered(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|e| e.awaiting != Awaiting::Pubcomp && !e.owed)
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

/// The PUBLISH as bytes; `None` where the client could not take it (5.0/MQTT-3.1.2-24).
fn encode(
    channel: &Channel,
    delivery: &Delivery,
    id: Option<u16>,
    dup: bool,
    now_us: u64,
    config: &Config,
) -> Option<Bytes> {
    let bytes = Packet::Publish(delivery.publish(id, dup, now_us)).encode(channel.version).to_bytes();
    let fits = bytes.len() <= channel.max_packet as usize;
    (fits || config.has(Defect::MaximumPacketSizeExceeded)).then_some(bytes)
}

fn pubrel(channel: &Channel, id: u16) -> Option<Bytes> {
    let bytes = Packet::Ack(Ack::new(AckKind::Pubrel, id)).encode(channel.version).to_bytes();
    (bytes.len() <= channel.max_packet as usize).then_some(bytes)
}
