//! What a broker offers of what both standards let it leave out, and how it says so (5.0 §3.2.2.3). Knows no state.

use deadzone_wire::{Properties, PropertyId, PropertyValue, Text, Version};

use super::sharing;
use crate::{Config, Defect, Variant};

/// Retain not supported (5.0 §2.4).
const NO_RETAIN: u8 = 0x9a;
/// QoS not supported (5.0 §2.4).
const NO_SUCH_QOS: u8 = 0x9b;
/// Shared Subscriptions not supported (5.0 §2.4).
const NO_SHARING: u8 = 0x9e;
/// Subscription Identifiers not supported (5.0 §2.4).
const NO_IDENTIFIERS: u8 = 0xa1;
/// Wildcard Subscriptions not supported (5.0 §2.4).
const NO_WILDCARDS: u8 = 0xa2;

/// What is offered. All of it, but under legal variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offers {
    /// The highest QoS that it takes and grants.
    pub(super) maximum_qos: u8,
    /// Whether it keeps retained messages.
    pub(super) retain: bool,
    wildcards: bool,
    identifiers: bool,
    sharing: bool,
}

impl Offers {
    /// What a client of this version is offered. 3.1.1 lets no server do without retained messages, so there they stay.
    pub(super) fn of(config: &Config, version: Version) -> Self {
        let unretained = config.varies(Variant::RetainUnavailable) || config.has(Defect::WillRetainUnchecked);
        let low = [Defect::MaximumQosUntold, Defect::HighQosSubscribeRefused, Defect::WillQosUnchecked];
        let low = low.into_iter().any(|defect| config.has(defect));
        Self {
            maximum_qos: if config.varies(Variant::MaximumQos1) || low { 1 } else { 2 },
            retain: version != Version::V5 || !unretained,
            wildcards: !config.varies(Variant::WildcardsUnavailable),
            identifiers: !config.varies(Variant::SubscriptionIdsUnavailable),
            sharing: !config.varies(Variant::SharingUnavailable),
        }
    }

    /// Says in a CONNACK what is not offered (5.0/MQTT-3.2.2-9 for the QoS); what is left out there is offered.
    pub(super) fn tell(self, told: &mut Properties, config: &Config) {
        use PropertyId as Id;

        if self.maximum_qos < 2 && !config.has(Defect::MaximumQosUntold) {
            told.push(Id::MaximumQos, PropertyValue::Byte(self.maximum_qos));
        }
        let rest = [
            (self.retain, Id::RetainAvailable),
            (self.wildcards, Id::WildcardSubscriptionAvailable),
            (self.identifiers, Id::SubscriptionIdentifierAvailable),
            (self.sharing, Id::SharedSubscriptionAvailable),
        ];
        for (_, id) in rest.into_iter().filter(|(offered, _)| !offered) {
            told.push(id, PropertyValue::Byte(0));
        }
    }

    /// Why a will is not taken (5.0/MQTT-3.2.2-12, -13).
    pub(super) fn refuses_will(self, qos: u8, retain: bool, config: &Config) -> Option<u8> {
        let checked_qos = if config.has(Defect::WillQosUnchecked) { 0 } else { qos };
        self.refuses_message(checked_qos, retain && !config.has(Defect::WillRetainUnchecked))
    }

    /// Why a message is not taken.
    pub(super) fn refuses_message(self, qos: u8, retain: bool) -> Option<u8> {
        if qos > self.maximum_qos {
            return Some(NO_SUCH_QOS);
        }
        (retain && !self.retain).then_some(NO_RETAIN)
    }

    /// Why a subscription is not taken. A QoS above the maximum is no reason: less is granted (5.0/MQTT-3.2.2-10).
    pub(super) fn refuses_subscription(self, filter: &Text, identifier: Option<u32>) -> Option<u8> {
        if sharing::is_shared(filter) && !self.sharing {
            return Some(NO_SHARING);
        }
        if identifier.is_some() && !self.identifiers {
            return Some(NO_IDENTIFIERS);
        }
        let wild = filter.0.iter().any(|byte| matches!(byte, b'+' | b'#'));
        (wild && !self.wildcards).then_some(NO_WILDCARDS)
    }
}
