//! The subscriptions of one session, and whether a filter matches a topic (3.1.1 §4.7, 5.0 §4.7). Knows no other session.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_wire::Text;

use super::{
    message::{Delivery, Message},
    names, sharing,
};
use crate::{Config, Defect, Variant};

/// Subscription Options (5.0 §3.8.3.1); in 3.1.1 the QoS alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) qos: u8,
    pub(crate) no_local: bool,
    pub(crate) retain_as_published: bool,
    pub(crate) id: Option<u32>,
    /// It is one of a group: see [`sharing`].
    pub(crate) shared: bool,
}

impl Subscription {
    /// From an options byte and the SUBSCRIBE's Subscription Identifier.
    pub(crate) fn from_options(options: u8, id: Option<u32>) -> Self {
        Self {
            qos: options & 0x03,
            no_local: options & 0x04 != 0,
            retain_as_published: options & 0x08 != 0,
            id,
            shared: false,
        }
    }

    /// A message that this member of a group gets.
    pub(crate) fn shared_copy(&self, message: &Arc<Message>, config: &Config) -> Delivery {
        let mut copy = copy(message, &[self], config);
        if config.has(Defect::ShareGrantIgnored) {
            copy.qos = message.qos;
        }
        copy
    }

    /// A retained message as it is sent because of a SUBSCRIBE: with RETAIN 1, whatever Retain As Published says (3.3.1-8).
    pub(crate) fn retained_copy(
        &self,
        message: &Arc<Message>,
        client_id: &Text,
        config: &Config,
    ) -> Option<Delivery> {
        // No Local also holds for retained messages: 5.0/MQTT-3.8.3-3 makes no exception for them.
        if self.excludes(message, client_id, config) {
            return None;
        }
        let copy = copy(message, &[self], config);
        let lost = u8::from(config.has(Defect::RetainedQosLowered));
        let mut copy = Delivery {
            retain: !config.has(Defect::RetainedWithoutFlag),
            qos: copy.qos.saturating_sub(lost),
            ..copy
        };
        if config.has(Defect::IdentifierLostInRetained) {
            copy.subscription_ids.clear();
        }
        Some(copy)
    }

    fn granted(&self, message: &Message, config: &Config) -> u8 {
        if config.has(Defect::GrantedQosExceeded) { message.qos } else { message.qos.min(self.qos) }
    }

    /// RETAIN for an established subscription: 0, unless the client asked to keep it (3.3.1-9; 5.0/MQTT-3.3.1-12 and -13).
    fn keeps_retain(&self, message: &Message, config: &Config) -> bool {
        message.retain && (self.retain_as_published || config.has(Defect::RetainFlagKept))
    }

    fn excludes(&self, message: &Message, client_id: &Text, config: &Config) -> bool {
        self.no_local && message.publisher == *client_id && !config.has(Defect::NoLocalIgnored)
    }
}

/// What became of a subscription that was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// There was none with this filter.
    New,
    /// An identical filter was there; its options are replaced.
    Replaced,
    /// The session holds as many as it may.
    Full,
}

/// All subscriptions of a session, by filter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscriptions {
    by_filter: BTreeMap<Text, Subscription>,
}

impl Subscriptions {
    pub(crate) fn put(&mut self, filter: Text, subscription: Subscription, limit: usize) -> Placed {
        if !self.by_filter.contains_key(&filter) && self.by_filter.len() >= limit {
            return Placed::Full;
        }
        match self.by_filter.insert(filter, subscription) {
            None => Placed::New,
            Some(_) => Placed::Replaced,
        }
    }

    /// Whether a subscription with exactly this filter was there to remove.
    pub(crate) fn remove(&mut self, filter: &Text) -> bool {
        self.by_filter.remove(filter).is_some()
    }

    pub(crate) fn contains(&self, filter: &Text) -> bool {
        self.by_filter.contains_key(filter)
    }

    /// The identifiers of the subscriptions that match a topic.
    pub(crate) fn ids_for(&self, topic: &Text) -> Vec<u32> {
        let matching = self.by_filter.iter().filter(|(filter, _)| matches(&filter.0, &topic.0));
        matching.filter_map(|(_, s)| s.id).collect()
    }

    /// The shared subscriptions that match a topic, by their whole filters: who has the same one is in the same group.
    pub(crate) fn shared_for(
        &self,
        topic: &Text,
        config: &Config,
    ) -> impl Iterator<Item = (&Text, &Subscription)> {
        let shared = self.by_filter.iter().filter(|(_, subscription)| subscription.shared);
        shared.filter(|(filter, _)| {
            sharing::plain(filter, config).is_some_and(|plain| matches(plain, &topic.0))
        })
    }

    /// The identifier of the subscription with exactly this filter.
    pub(crate) fn identifier(&self, filter: &Text) -> Option<u32> {
        self.by_filter.get(filter)?.id
    }

    /// Forgets every identifier, for one defect.
    pub(crate) fn forget_identifiers(&mut self) {
        self.by_filter.values_mut().for_each(|subscription| subscription.id = None);
    }

    /// Forgets the shared subscriptions, for one defect.
    pub(crate) fn forget_shared(&mut self) {
        self.by_filter.retain(|_, subscription| !subscription.shared);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Text, &Subscription)> {
        self.by_filter.iter()
    }

    /// The copies of a newly published message that this session gets.
    pub(crate) fn copies(&self, message: &Arc<Message>, client_id: &Text, config: &Config) -> Vec<Delivery> {
        let matching: Vec<&Subscription> = self
            .by_filter
            .iter()
            .filter(|(filter, s)| {
                !s.shared
                    && names::matches(&filter.0, &message.topic.0, config)
                    && !s.excludes(message, client_id, config)
            })
            .map(|(_, s)| s)
            .collect();
        if config.varies(Variant::CopyPerSubscription) {
            return matching.into_iter().map(|s| copy(message, &[s], config)).collect();
        }
        if config.has(Defect::CopiesWithFirstIdentifier) {
            let first = matching.iter().find_map(|s| s.id);
            let with_first = |s: &&Subscription| copy(message, &[&Subscription { id: first, ..**s }], config);
            return matching.iter().map(with_first).collect();
        }
        // Overlaps: one copy or several are both allowed. One, with the highest QoS and every identifier
        // (3.3.5-1; 5.0/MQTT-3.3.4-2 to -4), is cheaper on the links that we stand for.
        if matching.is_empty() {
            return Vec::new();
        }
        let mut copies = vec![copy(message, &matching, config)];
        if config.has(Defect::InventsMessages) {
            copies.push(invented(&copies[0]));
        }
        copies
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.by_filter.len()
    }
}

/// A message that no client has published, on the topic of one that a client has.
fn invented(beside: &Delivery) -> Delivery {
    let message = Message { payload: "published by no client".into(), ..Message::clone(&beside.message) };
    Delivery { message: Arc::new(message), qos: 0, retain: false, subscription_ids: Vec::new() }
}

fn copy(message: &Arc<Message>, matching: &[&Subscription], config: &Config) -> Delivery {
    let qos = matching.iter().map(|s| s.granted(message, config));
    let lowest = config.has(Defect::OverlapQosLowered);
    let mut subscription_ids: Vec<u32> = matching.iter().filter_map(|s| s.id).collect();
    if config.has(Defect::OneIdentifierOfOverlap) {
        subscription_ids.truncate(1);
    }
    let overlap = config.has(Defect::IdentifiersDroppedAtOverlap) && matching.len() > 1;
    if overlap || config.has(Defect::IdentifiersDropped) {
        subscription_ids.clear();
    }
    Delivery {
        message: Arc::clone(message),
        qos: if lowest { qos.min() } else { qos.max() }.unwrap_or(0),
        retain: matching.iter().any(|s| s.keeps_retain(message, config)),
        subscription_ids,
    }
}

/// Whether a filter matches a topic, byte for byte, without any normalisation (4.7.3-4).
pub(crate) fn matches(filter: &[u8], topic: &[u8]) -> bool {
    // A wildcard in the first place does not reach into `$…` (4.7.2-1).
    if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'#' | b'+')) {
        return false;
    }
    let mut levels = topic.split(|b| *b == b'/');
    for wanted in filter.split(|b| *b == b'/') {
        if wanted == b"#" {
            // `a/#` matches `a` as well: the parent level counts (3.1.1 §4.7.1.2).
            return true;
        }
        match levels.next() {
            Some(level) if wanted == b"+" || wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn filters_match_as_the_standard_says() {
        let cases = [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("a/#", "a", true),
            ("a/#", "a/b/c", true),
            ("a/#", "ab", false),
            ("#", "a/b", true),
            ("#", "/", true),
            ("#", "$SYS/x", false),
            ("+/x", "$SYS/x", false),
            ("$SYS/#", "$SYS/x", true),
            ("$SYS/+", "$SYS/x", true),
            ("+", "a", true),
            ("+", "/a", false),
            ("+/+", "/a", true),
            ("/+", "/a", true),
            ("a/+/c", "a//c", true),
            ("a/+", "a/", true),
            ("a/+", "a", false),
            ("A", "a", false),
            ("a//b", "a/b", false),
        ];
        for (filter, topic, wanted) in cases {
            assert_eq!(matches(filter.as_bytes(), topic.as_bytes()), wanted, "{filter} against {topic}");
        }
    }
}
