//! What rules about one delivered PUBLISH have in common: the packet with its transition, and only where the session's state
//! is certain.

use deadzone_history::{Event, EventKind, Purpose};
use deadzone_wire::{Packet, Publish};

use crate::state::{Delivered, Session, State};

/// A PUBLISH that may be judged against its session's state.
pub(super) struct Delivery<'a> {
    pub(super) seen: &'a Delivered,
    pub(super) session: &'a Session,
    pub(super) publish: &'a Publish,
    /// The harness's own message.
    pub(super) marker: bool,
    packet: &'a Packet,
}

impl<'a> Delivery<'a> {
    pub(super) fn of(event: &'a Event, state: &'a State) -> Option<Self> {
        let (seen, session) = state.judged_delivery()?;
        let EventKind::Packet(packet) = &event.kind else { return None };
        let marker = packet.sender == Purpose::Marker;
        let packet = packet.packet();
        let Packet::Publish(publish) = packet else { return None };
        Some(Self { seen, session, publish, marker, packet })
    }

    /// For people.
    pub(super) fn summary(&self) -> String {
        self.packet.summary()
    }
}
