//! Subscriptions of one session over time: what was asked for, granted, replaced and ended.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_wire::{PropertyId, Subscribe, Text, Unsubscribe};

use super::{Filter, Mark};
use crate::hash::Map;

/// So many asks of one filter are remembered; what they granted in all is kept beside.
const ASKS_KEPT: usize = 16;

/// So many filters are looked through without remembering which match.
const FEW_FILTERS: usize = 3;
/// Topics whose matching filters are remembered.
const TOPICS_KEPT: usize = 4_096;

/// What one SUBSCRIBE asked for a filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// SUBSCRIBE was given.
    pub(crate) given: Mark,
    pub(crate) options: u8,
    /// Subscription Identifier.
    pub(crate) identifier: Option<u32>,
    /// No subscription by this filter was alive in the session.
    pub(crate) fresh: bool,
    /// The event of SUBACK and its code.
    pub(crate) answered: Option<(Mark, u8)>,
    /// UNSUBSCRIBE or a replacement was given: nothing is owed by it any more.
    pub(crate) leaving: Option<u64>,
    /// The event that shows its end: SUBACK of a replacement, UNSUBACK.
    pub(crate) ended: Option<u64>,
}

impl Ask {
    pub(crate) fn requested(&self) -> u8 {
        self.options & 0x03
    }

    /// What was granted; `None` before SUBACK and where it was refused.
    pub(crate) fn granted(&self) -> Option<u8> {
        self.answered.map(|(_, code)| code).filter(|code| *code < 0x80)
    }

    /// The most that it may deliver: what was granted, before that what was asked for; `None` where it was refused.
    fn qos(&self) -> Option<u8> {
        match self.answered {
            None => Some(self.requested()),
            Some((_, code)) => (code < 0x80).then_some(code),
        }
    }

    /// The grants that it may have, as bits.
    fn grants(&self) -> u8 {
        match self.answered {
            None => 0b111 >> 2u8.saturating_sub(self.requested()),
            Some((_, code)) if code < 0x80 => 1 << code.min(2),
            Some(_) => 0,
        }
    }

    pub(crate) fn no_local(&self) -> bool {
        self.options & 0x04 != 0
    }

    pub(crate) fn as_published(&self) -> bool {
        self.options & 0x08 != 0
    }

    pub(crate) fn retain_handling(&self) -> u8 {
        (self.options >> 4) & 0x03
    }
}

/// One filter with all that was asked for it, in order.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) filter: Filter,
    pub(crate) asks: Vec<Ask>,
    /// How many older asks were dropped.
    dropped: usize,
    /// Asks that are neither answered nor refused.
    unanswered: usize,
    /// The last SUBACK that granted.
    answered: Option<u64>,
    /// The highest QoS ever granted.
    highest: Option<u8>,
}

/// The subscriptions of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscriptions {
    held: Vec<Held>,
    by_text: BTreeMap<Text, usize>,
    /// By packet id of an open SUBSCRIBE: filter and ask of each of its entries.
    open: BTreeMap<u16, Vec<(usize, usize)>>,
    /// By packet id of an open UNSUBSCRIBE: filter, and how many asks it may end.
    leaving: BTreeMap<u16, Vec<(usize, usize)>>,
    last_asked: Option<u64>,
    /// By topic: the filters that match it. Any new filter makes it anew.
    by_topic: Map<Bytes, Vec<u32>>,
}

/// The subscriptions that match one topic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Matching {
    /// Distinct filters that the session ever held.
    pub(crate) filters: u32,
    /// Of those, held at some time since the message was published.
    pub(crate) live: u32,
    /// One of them is shared.
    pub(crate) shared: bool,
    /// The highest QoS of those held since the message was published, or ever where that is not known.
    pub(crate) qos: Option<u8>,
    /// The grants that those may have, as bits.
    pub(crate) grants: u8,
    /// One of those was asked for Retain As Published.
    pub(crate) as_published: bool,
    /// All of those were.
    pub(crate) all_as_published: bool,
    /// One of those was asked for No Local.
    pub(crate) no_local: bool,
    /// A SUBSCRIBE gave one of the filters a Subscription Identifier.
    pub(crate) identified: bool,
    /// Each of them had its SUBACK before the message was published.
    pub(crate) established: bool,
    /// No matching filter changed since the message was published.
    pub(crate) unchanged: bool,
    /// The last SUBACK of them.
    pub(crate) answered: Option<u64>,
    /// The last event that ended one of them.
    pub(crate) ended: Option<u64>,
}

impl Subscriptions {
    /// SUBSCRIBE was given.
    pub(super) fn asked(&mut self, at: Mark, subscribe: &Subscribe) {
        self.last_asked = Some(at.seq);
        let identifier = subscribe.properties.number(PropertyId::SubscriptionIdentifier);
        let mut opened = Vec::with_capacity(subscribe.filters.len());
        for (text, options) in &subscribe.filters {
            let index = *self.by_text.entry(text.clone()).or_insert(self.held.len());
            if index == self.held.len() {
                self.held.push(Held::new(text));
                self.by_topic.clear();
            }
            let Some(held) = self.held.get_mut(index) else { continue };
            opened.push((index, held.asked(at, *options, identifier)));
        }
        self.open.insert(subscribe.packet_id, opened);
    }

    /// SUBACK was seen.
    pub(super) fn granted(&mut self, at: Mark, packet_id: u16, codes: &[u8]) {
        let opened = self.open.remove(&packet_id).unwrap_or_default();
        for ((filter, index), code) in opened.into_iter().zip(codes) {
            if let Some(held) = self.held.get_mut(filter) {
                held.granted(at, index, *code);
            }
        }
    }

    /// UNSUBSCRIBE was given.
    pub(super) fn leaving(&mut self, seq: u64, unsubscribe: &Unsubscribe) {
        let mut ends = Vec::with_capacity(unsubscribe.filters.len());
        for text in &unsubscribe.filters {
            let Some(index) = self.by_text.get(text) else { continue };
            let Some(held) = self.held.get_mut(*index) else { continue };
            held.leaves(seq);
            ends.push((*index, held.dropped + held.asks.len()));
        }
        self.leaving.insert(unsubscribe.packet_id, ends);
    }

    /// UNSUBACK was seen.
    pub(super) fn left(&mut self, seq: u64, packet_id: u16) {
        for (at, count) in self.leaving.remove(&packet_id).unwrap_or_default() {
            if let Some(held) = self.held.get_mut(at) {
                held.end(seq, count);
            }
        }
    }

    /// What matches the topic, seen from a message that was published at `since`.
    pub(super) fn matching(&mut self, topic: &Bytes, since: Option<u64>) -> Matching {
        self.look_up(topic);
        let mut found =
            Matching { all_as_published: true, established: true, unchanged: true, ..Matching::default() };
        for held in self.held(topic) {
            held.add_to(&mut found, since);
        }
        found
    }

    /// Finds the filters that match a topic once and for all the look-ups that follow.
    fn look_up(&mut self, topic: &Bytes) {
        if self.held.len() < FEW_FILTERS || self.by_topic.contains_key(topic) {
            return;
        }
        if self.by_topic.len() >= TOPICS_KEPT {
            self.by_topic.clear();
        }
        let matching = self.held.iter().enumerate().filter(|(_, h)| h.filter.matches(topic));
        let matching = matching.map(|(index, _)| index as u32).collect();
        self.by_topic.insert(topic.clone(), matching);
    }

    /// The filters that match a topic, with their asks.
    pub(crate) fn held<'a>(&'a self, topic: &'a [u8]) -> impl Iterator<Item = &'a Held> {
        let known = self.by_topic.get(topic);
        let scanned = if known.is_some() { &[][..] } else { self.held.as_slice() };
        let known = known.into_iter().flatten().filter_map(|index| self.held.get(*index as usize));
        known.chain(scanned.iter().filter(move |h| h.filter.matches(topic)))
    }

    /// The event of the last SUBSCRIBE, for evidence.
    pub(crate) fn last_asked(&self) -> Option<u64> {
        self.last_asked
    }

    /// The filters ever asked for, for people.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.by_text.keys()
    }

    /// Every filter with its text.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Text, &Held)> {
        self.by_text.iter().filter_map(|(text, index)| Some((text, self.held.get(*index)?)))
    }
}

impl Held {
    fn new(text: &Text) -> Self {
        Self {
            filter: Filter::new(&text.0),
            asks: Vec::new(),
            dropped: 0,
            unanswered: 0,
            answered: None,
            highest: None,
        }
    }

    /// The ask's number over all times.
    fn asked(&mut self, given: Mark, options: u8, identifier: Option<u32>) -> usize {
        let fresh = !self.asks.iter().any(|ask| ask.leaving.is_none() && ask.qos().is_some());
        self.leaves(given.seq);
        if self.asks.len() >= ASKS_KEPT && self.asks.first().is_some_and(|ask| ask.answered.is_some()) {
            self.asks.remove(0);
            self.dropped += 1;
        }
        self.asks.push(Ask { given, options, identifier, fresh, answered: None, leaving: None, ended: None });
        self.unanswered += 1;
        self.dropped + self.asks.len() - 1
    }

    fn leaves(&mut self, seq: u64) {
        for ask in self.asks.iter_mut().filter(|ask| ask.leaving.is_none()) {
            ask.leaving = Some(seq);
        }
    }

    fn granted(&mut self, at: Mark, number: usize, code: u8) {
        let index = number.checked_sub(self.dropped);
        let Some(ask) = index.and_then(|index| self.asks.get_mut(index)) else { return };
        ask.answered = Some((at, code));
        self.unanswered -= 1;
        if code < 0x80 {
            self.answered = Some(at.seq);
            self.highest = self.highest.max(Some(code));
            self.end(at.seq, number);
        } else {
            ask.leaving.get_or_insert(at.seq);
        }
    }

    /// The first `count` asks have ended. Their ends rise with their order, so that it stops at the first that had.
    fn end(&mut self, seq: u64, count: usize) {
        for ask in self.asks.iter_mut().take(count.saturating_sub(self.dropped)).rev() {
            if ask.ended.is_some() {
                break;
            }
            ask.ended = Some(seq);
        }
    }

    /// The ask that holds now: granted, and neither left nor replaced.
    pub(crate) fn current(&self) -> Option<&Ask> {
        self.asks.iter().rev().find(|ask| ask.leaving.is_none() && ask.granted().is_some())
    }

    fn add_to(&self, found: &mut Matching, since: Option<u64>) {
        if self.unanswered == 0 && self.answered.is_none() {
            return;
        }
        let before = |seq: u64| since.is_some_and(|since| seq < since);
        found.filters += 1;
        found.identified |= self.asks.iter().any(|ask| ask.identifier.is_some());
        found.answered = found.answered.max(self.answered);
        found.established &= self.unanswered == 0 && self.answered.is_some_and(before);
        // What was never answered is found below.
        if since.is_none() {
            found.qos = found.qos.max(self.highest);
            found.grants |= self.highest.map_or(0, |highest| 0b111 >> 2u8.saturating_sub(highest));
        }
        let mut asks = 0;
        for ask in self.asks.iter().rev() {
            if ask.ended.is_some_and(before) {
                found.ended = found.ended.max(ask.ended);
                break;
            }
            found.unchanged &=
                ask.leaving.is_none() && (ask.answered.is_some_and(|(at, _)| before(at.seq)) || asks == 0);
            let Some(qos) = ask.qos() else { continue };
            asks += 1;
            found.qos = found.qos.max(Some(qos));
            found.grants |= ask.grants();
            found.as_published |= ask.as_published();
            found.all_as_published &= ask.as_published();
            found.no_local |= ask.no_local();
            // Without a message to date it by, only the QoS is asked for, and the older asks are in `highest`.
            if since.is_none() && self.unanswered == 0 {
                break;
            }
        }
        found.unchanged &= asks <= 1;
        found.live += u32::from(asks > 0);
        found.shared |= self.filter.shared;
    }
}
