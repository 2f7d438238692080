//! What rules about one delivered PUBLISH have in common: the packet with its transition, and only where the session's state
//! is certain.

use std::sync::Arc;

use deadzone_history::{Event, EventKind, Place, Purpose, Recorded};
use deadzone_wire::{Packet, Publish, Text};

use crate::state::{Delivered, DeliveryId, Session, SessionIx, State};

/// A PUBLISH that may be judged against its session's state.
pub(super) struct Delivery<'a> {
    pub(super) seen: &'a Delivered,
    pub(super) session: &'a Session,
    pub(super) publish: &'a Publish,
    /// Topic Name, aliases resolved; empty where the alias is unknown.
    pub(super) topic: &'a Text,
    /// The harness's own message.
    pub(super) marker: bool,
    body: &'a Arc<Recorded>,
}

/// A delivery that is looked at again when the record ends.
#[derive(Debug)]
pub(super) struct Later {
    pub(super) session: SessionIx,
    pub(super) id: DeliveryId,
    pub(super) body: Arc<Recorded>,
    /// The step during which it came.
    pub(super) place: Option<Place>,
}

impl<'a> Delivery<'a> {
    pub(super) fn of(event: &'a Event, state: &'a State) -> Option<Self> {
        let (seen, session) = state.judged_delivery()?;
        let EventKind::Packet(packet) = &event.kind else { return None };
        let marker = packet.sender == Purpose::Marker;
        let body = &packet.body;
        let Packet::Publish(publish) = body.packet() else { return None };
        let topic = seen.aliased.as_ref().unwrap_or(&publish.topic);
        Some(Self { seen, session, publish, topic, marker, body })
    }

    /// The same for the end of the record; none of the harness's own messages.
    pub(super) fn later(&self, state: &State) -> Option<Later> {
        let (session, id) = (self.seen.session?, self.seen.delivery?);
        Some(Later { session, id, body: Arc::clone(self.body), place: state.around.place() })
    }

    /// For people.
    pub(super) fn summary(&self) -> String {
        self.body.packet().summary()
    }
}
