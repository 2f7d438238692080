//! A packet or a close, on one connection.

use deadzone_history::{ConnId, Expected};
use deadzone_wire::{Field, Packet, Pattern};

use super::sought::{Look, is_foreign};
use crate::client::Client;

/// Which of the packets that were not taken yet is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::player) enum Order {
    /// The oldest that is meant must fit.
    Oldest,
    /// The very next packet must fit.
    Next,
    /// Any that fits.
    Some,
}

/// A packet or a close.
pub(in crate::player) struct Answer {
    pub(in crate::player) client: usize,
    pub(in crate::player) conn: ConnId,
    pub(in crate::player) alternatives: Vec<Expected>,
    pub(in crate::player) order: Order,
}

impl Answer {
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.alternatives.iter().filter_map(|e| match e {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        })
    }

    pub(super) fn look(&self, client: &mut Client, run: &str) -> Look {
        let closed = client.presence.closed_by(self.conn);
        let meant = |packet: &Packet| match self.order {
            Order::Next => true,
            Order::Oldest => self.patterns().any(|p| is_meant(p, packet)),
            Order::Some => self.patterns().any(|p| p.matches(packet).is_ok()),
        };
        let by_topic = self.patterns().any(|p| p.fields.iter().any(|(field, _)| *field == Field::Topic));
        let ours = |packet: &Packet| by_topic || !is_foreign(packet, run);
        let mut waiting = client.inbox.waiting(self.conn);
        if let Some(arrived) = waiting.find(|a| ours(a.packet()) && meant(a.packet())) {
            arrived.taken = true;
            let (seq, packet) = (arrived.seq, Box::new(arrived.packet().clone()));
            return match self.patterns().any(|pattern| pattern.matches(&packet).is_ok()) {
                true => Look::Found(vec![seq], Some(packet)),
                false => Look::Mismatch(seq, packet),
            };
        }
        match closed {
            Some(seq) if self.alternatives.contains(&Expected::Closed) => Look::Found(vec![seq], None),
            Some(seq) => Look::Closed(seq),
            None => Look::Nothing,
        }
    }
}

/// The packet is the one that the pattern speaks of: same type, and equal in the fields that say *which* packet it is.
/// The other fields say what it must be like.
fn is_meant(pattern: &Pattern, packet: &Packet) -> bool {
    pattern.kind == packet.kind()
        && pattern.fields.iter().all(|(field, value)| {
            !matches!(field, Field::Id | Field::Topic | Field::Payload | Field::Filter)
                || field.get(packet).as_ref() == Some(value)
        })
}
