//! What a server forwards unaltered with a message (5.0 §3.3.2.3).

use bytes::Bytes;
use deadzone_wire::{Properties, PropertyId, PropertyValue, Text};

/// The properties of a message that have to come with every delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) user: Vec<(Text, Text)>,
    pub(crate) content_type: Option<Text>,
    pub(crate) response_topic: Option<Text>,
    pub(crate) correlation: Option<Bytes>,
    /// Payload Format Indicator; 0 and absent are equal.
    pub(crate) format: u32,
    /// The publisher's own Subscription Identifier, which it may not send.
    pub(crate) identifier: Option<u32>,
}

impl Forwarded {
    /// Those of a PUBLISH or a will; `None` where there is none of them.
    pub(crate) fn of(properties: &Properties) -> Option<Box<Self>> {
        if properties.is_empty() {
            return None;
        }
        let found = Self::read(properties);
        (found != Self::default()).then(|| Box::new(found))
    }

    pub(crate) fn read(properties: &Properties) -> Self {
        let user = properties.all(PropertyId::UserProperty).filter_map(|value| match value {
            PropertyValue::Pair(name, value) => Some((name.clone(), value.clone())),
            _ => None,
        });
        let correlation = match properties.get(PropertyId::CorrelationData) {
            Some(PropertyValue::Binary(bytes)) => Some(bytes.clone()),
            _ => None,
        };
        Self {
            user: user.collect(),
            content_type: properties.text(PropertyId::ContentType).cloned(),
            response_topic: properties.text(PropertyId::ResponseTopic).cloned(),
            correlation,
            format: properties.number(PropertyId::PayloadFormatIndicator).unwrap_or(0),
            identifier: properties.number(PropertyId::SubscriptionIdentifier),
        }
    }

    /// Whether each of these user properties is among the others, as often as here, in whatever order.
    pub(crate) fn all_user_in(&self, delivered: &Self) -> bool {
        let times = |pairs: &[(Text, Text)], wanted| pairs.iter().filter(|pair| *pair == wanted).count();
        self.user.iter().all(|pair| times(&delivered.user, pair) >= times(&self.user, pair))
    }

    /// Whether these user properties, in this order, are among the others in theirs.
    pub(crate) fn user_within(&self, delivered: &Self) -> bool {
        let mut rest = delivered.user.iter();
        self.user.iter().all(|wanted| rest.any(|pair| pair == wanted))
    }
}
