//! The last retained message of each topic. Knows nothing of subscribers.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_wire::Text;

use super::{message::Message, names::matches};
use crate::{Config, Defect};

/// Retained messages by topic, bounded in number and bytes.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    by_topic: BTreeMap<Text, Arc<Message>>,
    bytes: usize,
}

impl Retained {
    /// Whether a message with RETAIN 1 can be stored. Clearing always can.
    pub(crate) fn has_room_for(&self, message: &Message, now_us: u64, config: &Config) -> bool {
        if !message.retain || message.payload.is_empty() {
            return true;
        }
        let old = self.by_topic.get(&message.topic);
        let count = self.by_topic.values().filter(|m| !m.expired(now_us)).count();
        let bytes = self.bytes + message.weight() - old.map_or(0, |m| m.weight());
        (old.is_some() || count < config.limits.retained_messages) && bytes <= config.limits.retained_bytes
    }

    /// Sets, replaces or clears by a message with RETAIN 1; others leave everything as it is (3.3.1-12).
    pub(crate) fn apply(&mut self, message: &Arc<Message>, now_us: u64, config: &Config) {
        if !message.retain && !config.has(Defect::UnretainedStored) {
            return;
        }
        if message.payload.is_empty() && !config.has(Defect::EmptyRetainedStored) {
            if !config.has(Defect::RetainedNotCleared) {
                self.remove(&message.topic);
            }
            return;
        }
        let stays = config.has(Defect::RetainedKeptBehindQos0) && message.qos == 0;
        if (stays || config.has(Defect::RetainedNotReplaced)) && self.by_topic.contains_key(&message.topic) {
            return;
        }
        if self.by_topic.len() >= config.limits.retained_messages {
            self.sweep(now_us);
        }
        if self.has_room_for(message, now_us, config) {
            self.remove(&message.topic);
            let bare = config.has(Defect::PropertiesLostInRetained);
            let stored = if bare { Arc::new(message.stripped()) } else { Arc::clone(message) };
            self.bytes += stored.weight();
            self.by_topic.insert(message.topic.clone(), stored);
        }
    }

    /// The messages that a filter matches, by topic.
    pub(crate) fn matching(&self, filter: &Text, now_us: u64, config: &Config) -> Vec<Arc<Message>> {
        let kept = config.has(Defect::ExpiredRetainedDelivered);
        let wanted =
            |m: &&Arc<Message>| matches(&filter.0, &m.topic.0, config) && (kept || !m.expired(now_us));
        let most = match *filter.0 {
            [b'#'] if config.has(Defect::NoRetainedForHash) => 0,
            _ if config.has(Defect::OneRetainedAFilter) => 1,
            _ => usize::MAX,
        };
        self.by_topic.values().filter(wanted).take(most).cloned().collect()
    }

    /// Removes what this client published, for the defect that ends it with the session.
    pub(crate) fn remove_of(&mut self, publisher: &Text) {
        self.by_topic.retain(|_, m| m.publisher != *publisher);
        self.bytes = self.by_topic.values().map(|m| m.weight()).sum();
    }

    fn remove(&mut self, topic: &Text) {
        if let Some(old) = self.by_topic.remove(topic) {
            self.bytes -= old.weight();
        }
    }

    fn sweep(&mut self, now_us: u64) {
        self.by_topic.retain(|_, m| !m.expired(now_us));
        self.bytes = self.by_topic.values().map(|m| m.weight()).sum();
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.by_topic.len(), self.bytes)
    }
}
