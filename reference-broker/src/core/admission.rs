//! Who may come in: room for one more connection or session, and two legal policies against clients that come too often.

use std::collections::{BTreeMap, VecDeque};

use deadzone_wire::Text;

use super::{broker::Broker, connection::Stage, ending::Ending};
use crate::Variant;

/// The time in which arrivals are counted, under [`Variant::RefusesQuickConnections`] and [`Variant::RefusesQuickReturn`].
const WINDOW_US: u64 = 1_000_000;
/// How many connections are let in within it.
const CONNECTIONS_IN_WINDOW: usize = 4;

/// What came lately. Filled under two legal variants only.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    connections_us: VecDeque<u64>,
    takeovers_us: BTreeMap<Text, u64>,
}

impl Broker {
    /// Whether there is room for a new connection, if need be in the place of another.
    pub(super) fn admits_connection(&mut self) -> bool {
        let full = self.conns.len() >= self.config.limits.connections;
        if full && !self.close_oldest_silent() {
            tracing::warn!(connections = self.conns.len(), "all connections are in use: a new one is closed");
            return false;
        }
        true
    }

    /// The owner of the sockets can open no more: whoever comes next finds a place.
    pub fn out_of_room(&mut self, now_us: u64) {
        self.advance(now_us);
        self.close_oldest_silent();
    }

    /// Closes the oldest connection that has sent no CONNECT, or has not proven itself since; `false` if there is none. An empty connection costs its
    /// maker nothing, so it must not keep out a client that has something to say.
    fn close_oldest_silent(&mut self) -> bool {
        let early = |stage| matches!(stage, Stage::Opened | Stage::Authenticating);
        let silent = self.conns.iter().find(|(_, c)| early(c.stage)).map(|(id, _)| *id);
        if let Some(id) = silent {
            tracing::warn!(conn = id.0, "all connections are in use: the oldest without CONNECT is closed");
            self.end(id, Ending::Policy(0));
        }
        silent.is_some()
    }

    /// Whether a new connection keeps its distance from the earlier ones; always so without the variant.
    pub(super) fn comes_in_good_time(&mut self) -> bool {
        if !self.config.varies(Variant::RefusesQuickConnections) {
            return true;
        }
        let recent = &mut self.arrivals.connections_us;
        while recent.front().is_some_and(|t| t.saturating_add(WINDOW_US) <= self.now_us) {
            recent.pop_front();
        }
        if recent.len() >= CONNECTIONS_IN_WINDOW {
            return false;
        }
        recent.push_back(self.now_us);
        true
    }

    /// Whether there is room for the session of this client. The session that was left longest ago makes room: its
    /// client may be gone for good, and one client with many names must not lock everybody out.
    pub(super) fn admits_session(&mut self, client_id: &Text) -> bool {
        let known = self.sessions.contains_key(client_id) && !client_id.is_empty();
        if known || self.sessions.len() < self.config.limits.sessions {
            return true;
        }
        let left = self.sessions.iter().filter_map(|(id, s)| Some((s.left_us?, id)));
        let Some((_, oldest)) = left.min() else {
            tracing::warn!(
                sessions = self.sessions.len(),
                "all sessions are connected: a new one is refused"
            );
            return false;
        };
        let oldest = oldest.clone();
        tracing::warn!(session = %oldest.lossy().escape_debug(), "no room for a session: the one that was left longest ago ends");
        self.end_session(&oldest);
        true
    }

    /// Notes a takeover, for the guard against clients that fight for an identifier.
    pub(super) fn note_takeover(&mut self, client_id: &Text) {
        if self.config.varies(Variant::RefusesQuickReturn) {
            self.arrivals.takeovers_us.insert(client_id.clone(), self.now_us);
        }
    }

    /// Whether the identifier was taken over just now.
    pub(super) fn comes_back_too_soon(&mut self, client_id: &Text) -> bool {
        let now_us = self.now_us;
        let recent = &mut self.arrivals.takeovers_us;
        recent.retain(|_, t| t.saturating_add(WINDOW_US) > now_us);
        recent.contains_key(client_id)
    }
}
