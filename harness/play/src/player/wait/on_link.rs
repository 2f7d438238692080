//! A packet at the broker's end of a link.

use deadzone_history::{End, EventKind, Purpose};
use deadzone_link::Direction;
use deadzone_wire::Pattern;

use super::sought::Look;
use crate::player::network::Network;

/// A packet at the broker's end of a client's newest connection.
pub(in crate::player) struct OnLink {
    pub(in crate::player) client: usize,
    pub(in crate::player) pattern: Pattern,
    pub(in crate::player) direction: Direction,
    /// Events before this one don't count.
    pub(in crate::player) since: usize,
}

impl OnLink {
    pub(super) fn look(&mut self, network: &Network) -> Look {
        let conn = network.clients[self.client].borrow().presence.last_conn;
        let events = network.recorder.events();
        let new = events.get(self.since..).unwrap_or_default();
        let found = new.iter().find(|event| match &event.kind {
            EventKind::Packet(p) => {
                (Some(p.conn), p.direction, p.end) == (conn, self.direction, End::Broker)
                    && p.sender != Purpose::Life
                    && self.pattern.matches(p.packet()).is_ok()
            }
            _ => false,
        });
        self.since = events.len();
        found.map_or(Look::Nothing, |event| Look::Found(vec![event.seq], None))
    }
}
