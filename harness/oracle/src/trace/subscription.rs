//! Subscriptions of one session over time: what was asked for, granted, replaced and ended.

use std::collections::BTreeMap;

use deadzone_wire::{Subscribe, Text, Unsubscribe};

use crate::survey::Filter;

/// What one SUBSCRIBE asked for a filter.
#[derive(Clone, Copy, Debug)]
struct Ask {
    options: u8,
    /// The event of SUBACK and its code.
    answered: Option<(u64, u8)>,
    /// The event that shows its end: SUBACK of a replacement, UNSUBACK.
    ended: Option<u64>,
}

impl Ask {
    /// The most that it may deliver: what was granted, before that what was asked for; `None` where it was refused.
    fn qos(&self) -> Option<u8> {
        match self.answered {
            None => Some(self.options & 0x03),
            Some((_, code)) => (code < 0x80).then_some(code),
        }
    }

    fn as_published(&self) -> bool {
        self.options & 0x08 != 0
    }
}

/// One filter with all that was asked for it, in order.
#[derive(Clone, Debug)]
struct Held {
    filter: Filter,
    asks: Vec<Ask>,
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
}

/// The subscriptions that match one topic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Matching {
    /// Distinct filters that the session ever held.
    pub(crate) filters: u32,
    /// One of them is shared.
    pub(crate) shared: bool,
    /// The highest QoS of those held since the message was published, or ever where that is not known.
    pub(crate) qos: Option<u8>,
    /// One of those was asked for Retain As Published.
    pub(crate) as_published: bool,
    /// All of those were.
    pub(crate) all_as_published: bool,
    /// Each of them had its SUBACK before the message was published.
    pub(crate) established: bool,
    /// The last SUBACK of them.
    pub(crate) answered: Option<u64>,
}

impl Subscriptions {
    pub(super) fn asked(&mut self, seq: u64, subscribe: &Subscribe) {
        self.last_asked = Some(seq);
        let mut opened = Vec::with_capacity(subscribe.filters.len());
        for (text, options) in &subscribe.filters {
            let at = *self.by_text.entry(text.clone()).or_insert(self.held.len());
            if at == self.held.len() {
                let filter = Filter::new(&text.0);
                self.held.push(Held {
                    filter,
                    asks: Vec::new(),
                    unanswered: 0,
                    answered: None,
                    highest: None,
                });
            }
            let Some(held) = self.held.get_mut(at) else { continue };
            opened.push((at, held.asks.len()));
            held.asks.push(Ask { options: *options, answered: None, ended: None });
            held.unanswered += 1;
        }
        self.open.insert(subscribe.packet_id, opened);
    }

    pub(super) fn granted(&mut self, seq: u64, packet_id: u16, codes: &[u8]) {
        let opened = self.open.remove(&packet_id).unwrap_or_default();
        for ((at, index), code) in opened.into_iter().zip(codes) {
            if let Some(held) = self.held.get_mut(at) {
                held.granted(seq, index, *code);
            }
        }
    }

    pub(super) fn leaving(&mut self, unsubscribe: &Unsubscribe) {
        let known = |text: &Text| {
            let at = *self.by_text.get(text)?;
            Some((at, self.held.get(at)?.asks.len()))
        };
        let ends = unsubscribe.filters.iter().filter_map(known).collect();
        self.leaving.insert(unsubscribe.packet_id, ends);
    }

    pub(super) fn left(&mut self, seq: u64, packet_id: u16) {
        for (at, count) in self.leaving.remove(&packet_id).unwrap_or_default() {
            if let Some(held) = self.held.get_mut(at) {
                held.end(seq, count);
            }
        }
    }

    /// What matches the topic, seen from a message that was published at `since`.
    pub(super) fn matching(&self, topic: &Text, since: Option<u64>) -> Matching {
        let mut found = Matching { all_as_published: true, established: true, ..Matching::default() };
        for held in self.held.iter().filter(|h| h.filter.matches(&topic.0)) {
            held.add_to(&mut found, since);
        }
        found
    }

    /// The event of the last SUBSCRIBE, for evidence.
    pub(crate) fn last_asked(&self) -> Option<u64> {
        self.last_asked
    }

    /// The filters ever asked for, for people.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.by_text.keys()
    }
}

impl Held {
    fn granted(&mut self, seq: u64, index: usize, code: u8) {
        let Some(ask) = self.asks.get_mut(index) else { return };
        ask.answered = Some((seq, code));
        self.unanswered -= 1;
        if code < 0x80 {
            self.answered = Some(seq);
            self.highest = self.highest.max(Some(code));
            self.end(seq, index);
        }
    }

    /// The first `count` asks have ended. Their ends rise with their order, so that it stops at the first that had.
    fn end(&mut self, seq: u64, count: usize) {
        for ask in self.asks.iter_mut().take(count).rev() {
            if ask.ended.is_some() {
                break;
            }
            ask.ended = Some(seq);
        }
    }

    fn add_to(&self, found: &mut Matching, since: Option<u64>) {
        if self.unanswered == 0 && self.answered.is_none() {
            return;
        }
        let before = |seq: u64| since.is_some_and(|since| seq < since);
        found.filters += 1;
        found.shared |= self.filter.shared;
        found.answered = found.answered.max(self.answered);
        found.established &= self.unanswered == 0 && self.answered.is_some_and(before);
        // What was never answered is found below.
        if since.is_none() {
            found.qos = found.qos.max(self.highest);
        }
        for ask in self.asks.iter().rev() {
            if ask.ended.is_some_and(before) {
                break;
            }
            let Some(qos) = ask.qos() else { continue };
            found.qos = found.qos.max(Some(qos));
            found.as_published |= ask.as_published();
            found.all_as_published &= ask.as_published();
            // Without a message to date it by, only the QoS is asked for, and the older asks are in `highest`.
            if since.is_none() && self.unanswered == 0 {
                break;
            }
        }
    }
}
