//! The client's half of the session: unfinished exchanges of both directions, and the answers that it owes.
//!
//! A polite client sends the answers at once; for a manual one they are kept until its script sends them, so that the
//! control run can finish what the script left open.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_wire::{Ack, AckKind, Packet, PropertyId, Publish, Text, Version};

use super::subscriptions::Subscriptions;

/// An exchange that this client began.
#[derive(Clone, Debug)]
enum Outgoing {
    /// Its PUBLISH is not acknowledged.
    Publish(Publish),
    /// Its PUBREL is not.
    Release,
}

/// Unfinished exchanges and owed answers.
#[derive(Debug, Default)]
pub(crate) struct Session {
    outgoing: BTreeMap<u16, Outgoing>,
    /// Order in which the outgoing exchanges began.
    order: Vec<u16>,
    /// Received QoS 2 ids whose PUBREL has not come.
    incoming: BTreeSet<u16>,
    /// Answers not sent yet.
    owed: Vec<Ack>,
    last_id: u16,
    subscriptions: Subscriptions,
    /// The largest packet that it takes, bytes, where its CONNECT says so.
    max_packet: Option<u32>,
    /// What its Topic Aliases stand for on this connection.
    aliases: BTreeMap<u32, Text>,
}

impl Session {
    /// A packet id that is not in use, from 1 upwards.
    pub(crate) fn fresh_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.outgoing.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    /// The session is gone on either side.
    pub(crate) fn forget(&mut self) {
        *self = Self { last_id: self.last_id, max_packet: self.max_packet, ..Self::default() };
    }

    /// Answers belong to a connection: those that were not sent on the last one are not owed on the next.
    pub(crate) fn connection_ended(&mut self) {
        self.owed.clear();
        self.aliases.clear();
    }

    /// The client wrote this packet.
    pub(crate) fn sent(&mut self, packet: &Packet) {
        self.subscriptions.sent(packet);
        match packet {
            Packet::Connect(c) => self.max_packet = c.properties.number(PropertyId::MaximumPacketSize),
            Packet::Publish(p) => {
                let p = self.without_alias(p);
                if let Some(id) = p.packet_id.filter(|_| p.qos > 0) {
                    if !self.order.contains(&id) {
                        self.order.push(id);
                    }
                    self.outgoing.insert(id, Outgoing::Publish(p));
                }
            }
            Packet::Ack(a) => {
                if a.kind == AckKind::Pubrel && self.outgoing.contains_key(&a.packet_id) {
                    self.outgoing.insert(a.packet_id, Outgoing::Release);
                }
                if a.kind == AckKind::Pubcomp || (a.kind == AckKind::Pubrec && a.code() >= 0x80) {
                    self.incoming.remove(&a.packet_id);
                }
                if let Some(i) = self.owed.iter().position(|o| o.kind == a.kind && o.packet_id == a.packet_id)
                {
                    self.owed.remove(i);
                }
            }
            _ => {}
        }
    }

    /// The message as it may be sent on another connection: with its topic, since an alias ends with the connection that set it.
    fn without_alias(&mut self, publish: &Publish) -> Publish {
        let mut publish = publish.clone();
        if let Some(alias) = publish.properties.number(PropertyId::TopicAlias) {
            if publish.topic.is_empty() {
                publish.topic = self.aliases.get(&alias).cloned().unwrap_or_default();
            } else {
                self.aliases.insert(alias, publish.topic.clone());
            }
            publish.properties.remove(PropertyId::TopicAlias);
        }
        publish
    }

    /// A packet arrived; the answers it calls for are added to what is owed.
    pub(crate) fn received(&mut self, packet: &Packet, version: Version) {
        self.subscriptions.received(packet);
        match packet {
            Packet::Publish(p) => match (p.qos, p.packet_id) {
                (1, Some(id)) => self.owe(Ack::new(AckKind::Puback, id)),
                (2, Some(id)) if id != 0 => {
                    self.incoming.insert(id);
                    self.owe(Ack::new(AckKind::Pubrec, id));
                }
                _ => {}
            },
            Packet::Ack(a) => self.received_ack(a, version),
            _ => {}
        }
    }

    fn received_ack(&mut self, ack: &Ack, version: Version) {
        let id = ack.packet_id;
        match ack.kind {
            AckKind::Puback => {
                if matches!(self.outgoing.get(&id), Some(Outgoing::Publish(p)) if p.qos == 1) {
                    self.finish(id);
                }
            }
            AckKind::Pubcomp => {
                if matches!(self.outgoing.get(&id), Some(Outgoing::Release)) {
                    self.finish(id);
                }
            }
            AckKind::Pubrec if ack.code() >= 0x80 => self.finish(id),
            AckKind::Pubrec => match (self.outgoing.contains_key(&id), version) {
                (true, _) | (false, Version::V31 | Version::V311) => self.owe(Ack::new(AckKind::Pubrel, id)),
                (false, Version::V5) => self.owe(Ack::with_reason(AckKind::Pubrel, id, 0x92)),
            },
            AckKind::Pubrel => self.owe(Ack::new(AckKind::Pubcomp, id)),
        }
    }

    /// An answer that names the packet id 0 would be as illegal as what calls for it: none is owed.
    fn owe(&mut self, ack: Ack) {
        if ack.packet_id != 0 && !self.owed.contains(&ack) {
            self.owed.push(ack);
        }
    }

    fn finish(&mut self, id: u16) {
        self.outgoing.remove(&id);
        self.order.retain(|o| *o != id);
    }

    /// The answers to send now, in the order in which they came to be owed.
    pub(crate) fn take_owed(&mut self) -> Vec<Packet> {
        std::mem::take(&mut self.owed).into_iter().map(Packet::Ack).collect()
    }

    /// What a polite client sends again once its session was resumed (3.1.1/MQTT-4.4.0-1, 5.0/MQTT-4.4.0-1).
    pub(crate) fn resends(&self) -> Vec<Packet> {
        self.order
            .iter()
            .filter_map(|id| match self.outgoing.get(id)? {
                Outgoing::Publish(p) => Some(Packet::Publish(Publish { dup: true, ..p.clone() })),
                Outgoing::Release => Some(Packet::Ack(Ack::new(AckKind::Pubrel, *id))),
            })
            .collect()
    }

    /// What it has subscribed to.
    pub(crate) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Whether it takes a packet of this many bytes.
    pub(crate) fn takes(&self, bytes: u32) -> bool {
        self.max_packet.is_none_or(|max| bytes <= max)
    }

    /// Nothing is owed either way.
    pub(crate) fn is_quiescent(&self) -> bool {
        self.outgoing.is_empty() && self.incoming.is_empty() && self.owed.is_empty()
    }
}
