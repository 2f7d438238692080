//! What defects make of exchanges, and what they have to know of them.

use std::sync::Arc;

use super::{Awaiting, Channel, Outbound};
use crate::{Config, Defect, core::message::Message};

impl Outbound {
    /// The places-lost-at-cut defect: a new connection begins with the units that are left.
    pub(super) fn lose_places(&mut self, channel: &mut Channel, config: &Config) {
        if config.has(Defect::PlacesLostAtCut) {
            let lost = u16::try_from(self.exchanges.len()).unwrap_or(u16::MAX);
            self.places_lost = self.places_lost.saturating_add(lost);
            channel.window = channel.window.saturating_sub(self.places_lost);
            channel.quota = channel.window;
        }
    }

    /// The takeover-loses-messages defect: what is in flight and what waits is forgotten, and which identifiers were given is not.
    pub(crate) fn lose_all(&mut self) {
        self.exchanges.clear();
        self.queue = Default::default();
        self.weigh();
    }

    /// The stray-answers-raise-quota defect: a unit is given for the acknowledgement of nothing.
    pub(crate) fn take_stray(&mut self, id: u16) {
        let stray = self.exchanges.iter().all(|e| e.id != id);
        if let Some(channel) = self.channel.as_mut().filter(|_| stray) {
            channel.window = channel.window.saturating_add(1);
            channel.quota = channel.quota.saturating_add(1);
        }
    }

    /// The refusal-keeps-unit defect: a unit of the quota is lost.
    pub(crate) fn lose_unit(&mut self) {
        if let Some(channel) = &mut self.channel {
            channel.quota = channel.quota.saturating_sub(1);
        }
    }

    /// The messages of QoS 2 whose delivery has begun, for defects.
    pub(crate) fn started(&self) -> Vec<Arc<Message>> {
        let started = self.exchanges.iter().filter(|e| e.awaiting != Awaiting::Puback);
        started.map(|e| Arc::clone(&e.delivery.message)).collect()
    }

    /// The message of an exchange, for a defect.
    pub(crate) fn message(&self, id: u16) -> Option<Arc<Message>> {
        self.exchanges.iter().find(|e| e.id == id).map(|e| Arc::clone(&e.delivery.message))
    }

    /// The pubrels-in-reverse-order defect: the PUBRELs that go out now.
    pub(crate) fn hold_back(&mut self, id: u16, reason: u8) -> Vec<(u16, u8)> {
        self.held_back.push((id, reason));
        if self.exchanges.iter().any(|e| e.awaiting == Awaiting::Pubrec && !e.owed) {
            return Vec::new();
        }
        std::mem::take(&mut self.held_back).into_iter().rev().collect()
    }

    /// Whether an unfinished exchange has this identifier.
    pub(crate) fn uses(&self, id: u16) -> bool {
        self.exchanges.iter().any(|exchange| exchange.id == id)
    }
}
