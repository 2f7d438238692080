//! PUBLISH from a client and PUBREL, and the routing of messages to sessions (3.1.1 §3.3, §4.3; 5.0 §3.3, §4.3).

use std::sync::Arc;

use bytes::Bytes;
use deadzone_wire::{Ack, AckKind, Packet, PropertyId, Publish, Text, Version};

use super::{
    broker::Broker,
    connection::AliasError,
    ending::Ending,
    inflight::{Arrival, Release},
    malformed,
    message::Message,
    names,
    offers::Offers,
    outbox::ConnId,
};
use crate::{Defect, Variant};

/// Where [`Defect::ClientAliasLost`] routes to: no filter of a client's matches it.
const LOST_TOPIC: &str = "$alias";
/// Quota exceeded (5.0 §2.4).
const QUOTA_EXCEEDED: u8 = 0x97;
/// Packet Identifier in use (5.0 §2.4).
const PACKET_IDENTIFIER_IN_USE: u8 = 0x91;
/// No matching subscribers (5.0 §2.4).
const NO_MATCHING_SUBSCRIBERS: u8 = 0x10;

impl Broker {
    pub(super) fn on_publish(&mut self, id: ConnId, mut publish: Publish) {
        let Some(version) = self.conns.get(&id).map(|c| c.peer.version) else { return };
        // QoS 3 is refused before; whoever overlooks it has to take it for something.
        publish.qos = publish.qos.min(2);
        if let Some(code) = Offers::of(&self.config, version).refuses_message(publish.qos, publish.retain) {
            // The client breaks 5.0/MQTT-3.2.2-11 or -14. Before 5.0 it could not know, and a close is the one refusal (3.3.5-2).
            return self.end(id, Ending::Offence(code));
        }
        let limit = self.highest_alias();
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let alias = publish.properties.number(PropertyId::TopicAlias);
        let lost = publish.topic.is_empty() && self.config.has(Defect::ClientAliasLost);
        let kept = self.config.has(Defect::ClientAliasNotRemapped).then(|| conn.aliases.clone());
        publish.topic = match conn.resolve(publish.topic, alias, limit) {
            Ok(topic) => topic,
            Err(AliasError::Unset) if self.config.has(Defect::ClientAliasUnknownRouted) => {
                conn.aliases.values().next().cloned().unwrap_or_default()
            }
            Err(AliasError::TooHigh) => return self.end(id, Ending::Offence(0x94)),
            Err(AliasError::Unset) => return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR)),
        };
        if lost {
            publish.topic = LOST_TOPIC.into();
        }
        conn.aliases.extend(kept.into_iter().flatten());
        publish.topic = names::taken(&publish.topic, &self.config);
        let resumed = conn.resumed;
        let mut message = Message::new(publish.clone(), conn.client_id.clone(), self.now_us);
        if let Some(id) = publish.properties.get(PropertyId::SubscriptionIdentifier) {
            // Only a defect lets such a PUBLISH come so far.
            message.properties.push(PropertyId::SubscriptionIdentifier, id.clone());
        }
        if self.config.has(Defect::LongestExpiryOverflows)
            && message.expiry_s.is_some_and(|s| s > i32::MAX as u32)
        {
            message.expiry_s = Some(0);
        }
        let packet_id = publish.packet_id.unwrap_or(0);
        if self.takes_for_repetition(id, publish.qos, packet_id) {
            return;
        }
        let refused = !self.retained.has_room_for(&message, self.now_us, &self.config);
        match publish.qos {
            0 => {
                // A retained QoS 0 message may be forgotten at any time (3.3.1-7), so also at once.
                self.route(message);
            }
            _ if refused && version != Version::V5 => self.end(id, Ending::Offence(QUOTA_EXCEEDED)),
            1 if refused => self.acknowledge(id, AckKind::Puback, packet_id, QUOTA_EXCEEDED),
            1 => {
                let found = self.route(message);
                let dollar = publish.topic.0.starts_with(b"$");
                let mute = self.config.has(Defect::PubackMissing)
                    || dollar && self.config.has(Defect::DollarPublishUnanswered)
                    || resumed && publish.dup && self.config.has(Defect::DupPublishUnacknowledged);
                if !mute {
                    let reason = self.receipt(found);
                    self.acknowledge(id, AckKind::Puback, packet_id, reason);
                }
            }
            _ => self.on_publish_qos2(id, message, packet_id, refused),
        }
    }

    fn on_publish_qos2(&mut self, id: ConnId, message: Message, packet_id: u16, refused: bool) {
        let Some((version, client_id)) = self.conns.get(&id).map(|c| (c.peer.version, c.client_id.clone()))
        else {
            return;
        };
        let told = version == Version::V5 && !self.config.varies(Variant::ReceiveMaximumNotEnforced);
        let limit = if told { self.receive_maximum() } else { self.config.limits.inbound };
        let Some(session) = self.sessions.get(&client_id) else { return };
        match session.inbound.arrival(packet_id, limit) {
            // Every copy gets its PUBREC, none goes onward twice (4.3.3-2; 5.0/MQTT-4.3.3-10).
            Arrival::Known => {
                if self.punishes_repetition() {
                    return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR));
                }
                if self.config.has(Defect::RepeatedPublishForwarded) {
                    self.route_shared(&Arc::new(message.clone()));
                }
                let refuses = message.dup && self.config.has(Defect::DupPublishRefused);
                let reason = if refuses { PACKET_IDENTIFIER_IN_USE } else { 0 };
                return self.acknowledge(id, AckKind::Pubrec, packet_id, reason);
            }
            // 5.0 §3.3.4 names 0x93 for it. Before 5.0 it is our own bound on memory.
            Arrival::TooMany => return self.end(id, Ending::Offence(0x93)),
            Arrival::New if refused => {
                return self.acknowledge(id, AckKind::Pubrec, packet_id, QUOTA_EXCEEDED);
            }
            Arrival::New => {}
        }
        // The standards offer both moments (methods A and B of 3.1.1, figure 4.3): ours is at PUBLISH, because then the
        // identifier alone has to be kept. The variant keeps the message and sends it onward at PUBREL.
        let at_pubrel =
            self.config.varies(Variant::OnwardAtPubrel) || self.config.has(Defect::UnreleasedLostAtClose);
        let kept = at_pubrel
            || self.config.has(Defect::Qos2DeliveredTwice)
            || self.config.has(Defect::OnwardAgainAtPubrelReplay)
            || self.config.has(Defect::ExpiredPubrelUnanswered);
        let message = Arc::new(message);
        let trusted = message.dup && self.config.has(Defect::DupTakenForReceived);
        let found = at_pubrel || trusted || self.route_shared(&message);
        if let Some(session) = self.sessions.get_mut(&client_id) {
            if self.config.has(Defect::UnreleasedTakesUnit) {
                session.outbound.lose_unit();
            }
            session.inbound.open(packet_id, kept.then_some(message));
        }
        let reason = self.receipt(found);
        self.acknowledge(id, AckKind::Pubrec, packet_id, reason);
    }

    pub(super) fn on_pubrel(&mut self, id: ConnId, packet_id: u16) {
        let limit = self.config.limits.inbound;
        let Some(client_id) = self.conns.get(&id).map(|c| c.client_id.clone()) else { return };
        let Some(session) = self.sessions.get_mut(&client_id) else { return };
        let mut reason = 0;
        match session.inbound.release(packet_id) {
            Release::Open(Some(message)) => {
                if self.config.has(Defect::ExpiredPubrelUnanswered) && message.expired(self.now_us) {
                    return;
                }
                if self.config.has(Defect::OnwardAgainAtPubrelReplay) {
                    session.inbound.keep_released(packet_id, Arc::clone(&message), limit);
                }
                if self.config.varies(Variant::OnwardAtPubrel)
                    || self.config.has(Defect::Qos2DeliveredTwice)
                    || self.config.has(Defect::UnreleasedLostAtClose)
                {
                    self.route_shared(&message);
                }
            }
            Release::Open(None) => {}
            Release::Unknown(again) => {
                if self.config.has(Defect::PubrelReplayUnanswered) {
                    return;
                }
                if let Some(message) = again {
                    self.route_shared(&message);
                }
                // Always answered, or the client could never end its half (4.3.3-2; 5.0/MQTT-4.3.3-11). 0x00 by
                // default: a completed identifier is not remembered, so a replay is far likelier than an error.
                if self.config.varies(Variant::Pubcomp0x92InRecovery) {
                    reason = 0x92;
                }
            }
        }
        if !self.config.has(Defect::PubcompMissing) {
            self.acknowledge(id, AckKind::Pubcomp, packet_id, reason);
        }
    }

    /// The reason of PUBACK or PUBREC. 0x10 is optional (5.0 §3.4.2.1); 0x00 by default, since it is the short form that
    /// all versions share and tells a publisher nothing about strangers.
    fn receipt(&self, found: bool) -> u8 {
        let says = !found && self.config.varies(Variant::PubackNoMatchingSubscribers);
        if says { NO_MATCHING_SUBSCRIBERS } else { 0 }
    }

    /// Sends an acknowledgement; the reason code exists in 5.0 only.
    pub(super) fn acknowledge(&mut self, id: ConnId, kind: AckKind, packet_id: u16, reason: u8) {
        let version = self.conns.get(&id).map(|c| c.peer.version);
        let packet_id = self.answer_id(packet_id);
        let ack = if reason != 0 && version == Some(Version::V5) {
            Ack::with_reason(kind, packet_id, reason)
        } else {
            Ack::new(kind, packet_id)
        };
        self.send(id, &Packet::Ack(ack));
        if matches!(kind, AckKind::Puback | AckKind::Pubcomp) {
            self.remember_finished(id, packet_id);
        }
    }

    /// Takes a message over: retains it and gives it to every session that wants it (4.5.0-1). `true` if any does.
    pub(super) fn route(&mut self, message: Message) -> bool {
        self.route_shared(&Arc::new(message))
    }

    pub(super) fn transmit_all(&mut self, out: Vec<(ConnId, Vec<Bytes>)>) {
        for (conn, packets) in out {
            for bytes in packets {
                self.transmit(conn, bytes);
            }
        }
    }

    /// Sends a PUBLISH onward without any of the checks; for defects.
    pub(super) fn forward_unchecked(&mut self, publish: Publish, publisher: Text) {
        if !publish.topic.is_empty() && publish.qos < 3 {
            let message = Message::new(publish, publisher, self.now_us);
            self.route(message);
        }
    }
}
