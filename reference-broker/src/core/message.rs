//! An application message as the broker holds it, and the PUBLISH made from it. Knows nothing of sessions.

use std::sync::Arc;

use bytes::Bytes;
use deadzone_wire::{Properties, Property, PropertyId, PropertyValue, Publish, Text, VarInt, Version};

use crate::{Config, Defect};

use super::alterations::strip;

/// A message that the broker has accepted.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) topic: Text,
    pub(crate) payload: Bytes,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// DUP as the publisher sent it; only a defect ever looks at it (3.3.1-3: it says nothing about our own sending).
    pub(crate) dup: bool,
    /// What is forwarded, in the publisher's order.
    pub(crate) properties: Properties,
    pub(crate) accepted_us: u64,
    pub(crate) expiry_s: Option<u32>,
    /// Client identifier of the publisher, for No Local.
    pub(crate) publisher: Text,
}

impl Message {
    /// The message in a PUBLISH whose topic is already resolved.
    pub(crate) fn new(publish: Publish, publisher: Text, now_us: u64) -> Self {
        let Publish { dup, qos, retain, topic, mut properties, payload, .. } = publish;
        // An alias belongs to the publisher's connection, a subscription identifier to a subscription.
        properties.remove(PropertyId::TopicAlias);
        properties.remove(PropertyId::SubscriptionIdentifier);
        properties.remove(PropertyId::WillDelayInterval);
        let expiry_s = properties.number(PropertyId::MessageExpiryInterval);
        Self { topic, payload, qos, retain, dup, properties, accepted_us: now_us, expiry_s, publisher }
    }

    /// Whether the message may no longer start on its way to a subscriber (5.0/MQTT-3.3.2-5).
    pub(crate) fn expired(&self, now_us: u64) -> bool {
        self.expiry_s.is_some_and(|s| self.waited_us(now_us) >= u64::from(s) * 1_000_000)
    }

    /// The message without what should be forwarded with it, for defects.
    pub(crate) fn stripped(&self) -> Self {
        let mut message = self.clone();
        strip(&mut message.properties);
        message
    }

    /// Bytes held on behalf of the publisher.
    pub(crate) fn weight(&self) -> usize {
        let properties: usize = self.properties.items.iter().map(|p| 8 + value_len(&p.value)).sum();
        self.topic.0.len() + self.payload.len() + properties
    }

    fn waited_us(&self, now_us: u64) -> u64 {
        now_us.saturating_sub(self.accepted_us)
    }

    /// The properties with the expiry reduced by the whole seconds waited (5.0/MQTT-3.3.2-6); all else and the order unaltered.
    fn forwarded(&self, now_us: u64, subscription_ids: &[u32]) -> Properties {
        let mut properties = self.properties.clone();
        if let Some(expiry_s) = self.expiry_s {
            let waited_s = u32::try_from(self.waited_us(now_us) / 1_000_000).unwrap_or(u32::MAX);
            let left = PropertyValue::U32(expiry_s.saturating_sub(waited_s));
            let is_expiry = |p: &&mut Property| p.id.value() == PropertyId::MessageExpiryInterval as u32;
            if let Some(property) = properties.items.iter_mut().find(is_expiry) {
                property.value = left;
            }
        }
        for id in subscription_ids {
            properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(*id)));
        }
        properties
    }
}

/// A PUBLISH of QoS 0 with the packet identifier 1, for the defect that writes one.
pub(crate) fn distorted(publish: Publish, version: Version, config: &Config) -> Publish {
    if publish.qos > 0 || !config.has(Defect::Qos0WithId) {
        return publish;
    }
    // In 5.0 its first byte is read as a Property Length of 0, and the true one belongs to what is left.
    let written: &[u8] = if version == Version::V5 { &[1, 0] } else { &[0, 1] };
    let payload = [written, &publish.payload].concat().into();
    Publish { properties: Properties::new(), payload, ..publish }
}

fn value_len(value: &PropertyValue) -> usize {
    match value {
        PropertyValue::Byte(_) | PropertyValue::U16(_) | PropertyValue::U32(_) | PropertyValue::Var(_) => 4,
        PropertyValue::Binary(bytes) => bytes.len(),
        PropertyValue::Text(text) => text.0.len(),
        PropertyValue::Pair(name, value) => name.0.len() + value.0.len(),
    }
}

/// One copy of a message on its way to one session.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) message: Arc<Message>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) subscription_ids: Vec<u32>,
}

impl Delivery {
    /// The PUBLISH of this copy.
    pub(crate) fn publish(&self, packet_id: Option<u16>, dup: bool, now_us: u64) -> Publish {
        Publish {
            dup,
            qos: self.qos,
            retain: self.retain,
            topic: self.message.topic.clone(),
            packet_id,
            properties: self.message.forwarded(now_us, &self.subscription_ids),
            payload: self.message.payload.clone(),
        }
    }
}
