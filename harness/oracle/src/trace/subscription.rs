//! Subscriptions of one session over time: what was asked for, granted, replaced and ended.

use std::collections::BTreeMap;

use deadzone_wire::{Subscribe, Text, Unsubscribe};

use crate::survey::Filter;

/// A subscription, from its SUBSCRIBE on.
#[derive(Clone, Debug)]
struct Grant {
    text: Text,
    filter: Filter,
    options: u8,
    /// The event of SUBSCRIBE.
    asked: u64,
    /// The event of SUBACK and its code.
    answered: Option<(u64, u8)>,
    /// The event that shows its end: SUBACK of a replacement, UNSUBACK.
    ended: Option<u64>,
}

impl Grant {
    /// The most that it may deliver: what was granted, before that what was asked for; `None` where it was refused.
    fn qos(&self) -> Option<u8> {
        match self.answered {
            None => Some(self.options & 0x03),
            Some((_, code)) => (code < 0x80).then_some(code),
        }
    }
}

/// The subscriptions of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscriptions {
    grants: Vec<Grant>,
    /// By packet id of an open SUBSCRIBE: its grants.
    open: BTreeMap<u16, Vec<usize>>,
    /// By packet id of an open UNSUBSCRIBE: the grants that it may end.
    leaving: BTreeMap<u16, Vec<usize>>,
}

/// The subscriptions that match one topic.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Matching {
    /// Distinct filters that the session ever held.
    pub(crate) filters: u32,
    /// SUBSCRIBEs for them.
    pub(crate) asked: u32,
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
        let mut opened = Vec::with_capacity(subscribe.filters.len());
        for (text, options) in &subscribe.filters {
            opened.push(self.grants.len());
            let filter = Filter::new(&text.0);
            let (text, options) = (text.clone(), *options);
            self.grants.push(Grant { text, filter, options, asked: seq, answered: None, ended: None });
        }
        self.open.insert(subscribe.packet_id, opened);
    }

    pub(super) fn granted(&mut self, seq: u64, packet_id: u16, codes: &[u8]) {
        let opened = self.open.remove(&packet_id).unwrap_or_default();
        for (index, code) in opened.into_iter().zip(codes) {
            self.grants[index].answered = Some((seq, *code));
            if *code < 0x80 {
                self.replaced(seq, index);
            }
        }
    }

    /// An identical filter that was asked for earlier is no more.
    fn replaced(&mut self, seq: u64, by: usize) {
        let (earlier, rest) = self.grants.split_at_mut(by);
        let text = rest.first().map(|g| &g.text);
        for old in earlier.iter_mut().filter(|g| g.ended.is_none() && Some(&g.text) == text) {
            old.ended = Some(seq);
        }
    }

    pub(super) fn leaving(&mut self, unsubscribe: &Unsubscribe) {
        let held = |g: &Grant| g.ended.is_none() && unsubscribe.filters.contains(&g.text);
        let ends = self.grants.iter().enumerate().filter(|(_, g)| held(g)).map(|(i, _)| i).collect();
        self.leaving.insert(unsubscribe.packet_id, ends);
    }

    pub(super) fn left(&mut self, seq: u64, packet_id: u16) {
        for index in self.leaving.remove(&packet_id).unwrap_or_default() {
            self.grants[index].ended.get_or_insert(seq);
        }
    }

    /// What matches the topic, seen from a message that was published at `since`.
    pub(super) fn matching(&self, topic: &Text, since: Option<u64>) -> Matching {
        let mut found = Matching { all_as_published: true, established: true, ..Matching::default() };
        for (index, grant) in self.grants.iter().enumerate() {
            let Some(qos) = grant.qos() else { continue };
            if !grant.filter.matches(&topic.0) {
                continue;
            }
            let again = self.grants[..index].iter().any(|g| g.text == grant.text && g.qos().is_some());
            found.filters += u32::from(!again);
            found.asked += 1;
            found.shared |= grant.filter.shared;
            let answered = grant.answered.map(|(seq, _)| seq);
            found.answered = found.answered.max(answered);
            let before = |seq: u64| since.is_some_and(|since| seq < since);
            found.established &= answered.is_some_and(before);
            if grant.ended.is_some_and(before) {
                continue;
            }
            found.qos = found.qos.max(Some(qos));
            found.as_published |= grant.options & 0x08 != 0;
            found.all_as_published &= grant.options & 0x08 != 0;
        }
        found
    }

    /// The event of the last SUBSCRIBE, for evidence.
    pub(crate) fn last_asked(&self) -> Option<u64> {
        self.grants.last().map(|g| g.asked)
    }

    /// The filters ever asked for, in order, for people.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        self.grants.iter().map(|g| &g.text)
    }
}
