//! The subscriptions that clients asked for, with what was granted and when they ended.

use std::collections::BTreeMap;

use deadzone_wire::{Suback, Subscribe, Unsubscribe};

use super::Filter;

/// One subscription of one client.
#[derive(Clone, Debug)]
pub(crate) struct Subscription {
    pub(crate) filter: Filter,
    text: Vec<u8>,
    pub(crate) requested: u8,
    /// `None` until SUBACK was seen, and where it failed.
    pub(crate) granted: Option<u8>,
    pub(crate) no_local: bool,
    /// Retain Handling, 0 to 2 (5.0; 0 before it).
    pub(crate) retain_handling: u8,
    /// SUBSCRIBE was given.
    pub(crate) given: u64,
    /// SUBACK was seen.
    pub(crate) answered: Option<u64>,
    /// UNSUBSCRIBE was given, another SUBSCRIBE replaced it, or its session ended.
    pub(crate) ended: Option<u64>,
}

impl Subscription {
    /// The QoS that messages may come with: what was granted, before SUBACK what was asked for.
    pub(crate) fn qos(&self) -> u8 {
        self.granted.unwrap_or(self.requested)
    }
}

/// All of them, by client.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    by_client: BTreeMap<usize, Vec<Subscription>>,
    asked: BTreeMap<(usize, u16), Vec<usize>>,
}

impl Subscriptions {
    /// The client's subscriptions that match this topic, ended ones included.
    pub(crate) fn matching<'a>(
        &'a self,
        client: usize,
        topic: &'a [u8],
    ) -> impl Iterator<Item = &'a Subscription> {
        self.by_client.get(&client).into_iter().flatten().filter(move |s| s.filter.matches(topic))
    }

    pub(super) fn given(&mut self, seq: u64, client: usize, subscribe: &Subscribe) {
        let list = self.by_client.entry(client).or_default();
        let mut asked = Vec::new();
        for (filter, options) in &subscribe.filters {
            for old in list.iter_mut().filter(|s| s.ended.is_none() && s.text == filter.0) {
                old.ended = Some(seq);
            }
            asked.push(list.len());
            list.push(Subscription {
                filter: Filter::new(&filter.0),
                text: filter.0.to_vec(),
                requested: options & 0x03,
                granted: None,
                no_local: options & 0x04 != 0,
                retain_handling: (options >> 4) & 0x03,
                given: seq,
                answered: None,
                ended: None,
            });
        }
        self.asked.insert((client, subscribe.packet_id), asked);
    }

    pub(super) fn answered(&mut self, seq: u64, client: usize, suback: &Suback) {
        let Some(asked) = self.asked.remove(&(client, suback.packet_id)) else { return };
        let Some(list) = self.by_client.get_mut(&client) else { return };
        for (index, code) in asked.into_iter().zip(&suback.codes) {
            let Some(subscription) = list.get_mut(index) else { continue };
            subscription.answered = Some(seq);
            subscription.granted = (*code < 0x80).then_some(*code);
            if *code >= 0x80 {
                subscription.ended.get_or_insert(seq);
            }
        }
    }

    pub(super) fn ended(&mut self, seq: u64, client: usize, unsubscribe: &Unsubscribe) {
        let Some(list) = self.by_client.get_mut(&client) else { return };
        for subscription in list.iter_mut().filter(|s| s.ended.is_none()) {
            if unsubscribe.filters.iter().any(|filter| filter.0 == subscription.text) {
                subscription.ended = Some(seq);
            }
        }
    }

    /// The client's session ended.
    pub(super) fn forget(&mut self, seq: u64, client: usize) {
        let Some(list) = self.by_client.get_mut(&client) else { return };
        for subscription in list.iter_mut().filter(|s| s.ended.is_none()) {
            subscription.ended = Some(seq);
        }
    }
}
