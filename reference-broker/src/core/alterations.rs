//! What defects make of a message on its way from a publisher to a subscriber. A conformant broker alters nothing of it but the
//! Message Expiry Interval (5.0 §3.3.2.3). Knows no state.

use deadzone_wire::{Properties, Property, PropertyId, PropertyValue, Publish};

use super::message::Delivery;
use crate::{Config, Defect};

/// What [`Defect::ExpiryAdded`] adds, in seconds: a day.
const ADDED_EXPIRY_S: u32 = 86_400;

/// The defects that lose one property, each with it.
const DROPPED: [(Defect, PropertyId); 5] = [
    (Defect::FormatDropped, PropertyId::PayloadFormatIndicator),
    (Defect::ContentTypeDropped, PropertyId::ContentType),
    (Defect::ResponseTopicDropped, PropertyId::ResponseTopic),
    (Defect::UserPropertiesDropped, PropertyId::UserProperty),
    (Defect::ExpiryDropped, PropertyId::MessageExpiryInterval),
];

/// What is forwarded unaltered.
const FORWARDED: [PropertyId; 5] = [
    PropertyId::PayloadFormatIndicator,
    PropertyId::ContentType,
    PropertyId::ResponseTopic,
    PropertyId::CorrelationData,
    PropertyId::UserProperty,
];

/// The PUBLISH of a copy as the defects leave it.
pub(super) fn altered(mut publish: Publish, delivery: &Delivery, config: &Config) -> Publish {
    if config.defects.is_empty() {
        return publish;
    }
    let properties = &mut publish.properties;
    for (_, id) in DROPPED.iter().filter(|(defect, _)| config.has(*defect)) {
        properties.remove(*id);
    }
    if config.has(Defect::CorrelationCutAtZero) {
        properties.items.iter_mut().for_each(cut_at_zero);
    }
    if config.has(Defect::EmptyPropertiesDropped) {
        properties.items.retain(|property| !is_empty(&property.value));
    }
    if config.has(Defect::UserPropertiesMerged) {
        merge(properties);
    }
    if config.has(Defect::UserPropertiesSorted) {
        sort(properties);
    }
    if config.has(Defect::PropertiesLostAtResend) && publish.dup {
        strip(properties);
    }
    if config.has(Defect::ExpiryNotReduced)
        && let Some(expiry_s) = delivery.message.expiry_s
    {
        properties.remove(PropertyId::MessageExpiryInterval);
        properties.push(PropertyId::MessageExpiryInterval, PropertyValue::U32(expiry_s));
    }
    if config.has(Defect::ExpiryAdded) && delivery.message.expiry_s.is_none() {
        properties.push(PropertyId::MessageExpiryInterval, PropertyValue::U32(ADDED_EXPIRY_S));
    }
    publish
}

/// Takes away what should be forwarded.
pub(super) fn strip(properties: &mut Properties) {
    FORWARDED.iter().for_each(|id| properties.remove(*id));
}

fn cut_at_zero(property: &mut Property) {
    if let PropertyValue::Binary(bytes) = &mut property.value
        && let Some(end) = bytes.iter().position(|byte| *byte == 0)
    {
        bytes.truncate(end);
    }
}

fn is_empty(value: &PropertyValue) -> bool {
    match value {
        PropertyValue::Text(text) => text.is_empty(),
        PropertyValue::Binary(bytes) => bytes.is_empty(),
        PropertyValue::Pair(name, value) => name.is_empty() || value.is_empty(),
        _ => false,
    }
}

/// Keeps the last User Property of each name, where it stands.
fn merge(properties: &mut Properties) {
    let name = |property: &Property| match &property.value {
        PropertyValue::Pair(name, _) => Some(name.clone()),
        _ => None,
    };
    let names: Vec<_> = properties.items.iter().map(name).collect();
    let mut at = 0;
    properties.items.retain(|_| {
        at += 1;
        names[at - 1].is_none() || !names[at..].contains(&names[at - 1])
    });
}

/// Puts User Properties in the order of their names and values, behind all others.
fn sort(properties: &mut Properties) {
    let pair = |property: &Property| match &property.value {
        PropertyValue::Pair(name, value) => Some((name.clone(), value.clone())),
        _ => None,
    };
    properties.items.sort_by_key(pair);
}
