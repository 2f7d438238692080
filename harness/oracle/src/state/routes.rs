//! Which sessions a message on a topic must reach: kept by topic until a subscription changes.

use deadzone_wire::Text;

use super::{Session, SessionIx};
use crate::hash::Map;

/// Topics that are kept.
const KEPT: usize = 4_096;

/// A session that a topic leads to; whether it is spared what it publishes itself.
type Route = (SessionIx, bool);

/// The sessions by topic.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    /// A subscription or a session changed since.
    changed: bool,
    by_topic: Map<Text, Vec<Route>>,
}

impl Routes {
    /// A subscription or a session changed.
    pub(super) fn changed(&mut self) {
        self.changed = true;
    }

    /// The sessions that hold one settled subscription, granted QoS 1 or 2 and not shared, for this topic.
    pub(super) fn of(
        &mut self,
        topic: &Text,
        sessions: &[Session],
        publisher: Option<SessionIx>,
    ) -> Vec<SessionIx> {
        if self.changed {
            self.by_topic.clear();
            self.changed = false;
        }
        let known = match self.by_topic.get(topic) {
            Some(known) => known,
            None => {
                if self.by_topic.len() >= KEPT {
                    self.by_topic.clear();
                }
                self.by_topic.entry(topic.clone()).or_insert_with(|| find(topic, sessions))
            }
        };
        let spared = |(ix, no_local): &&Route| {
            !(*no_local && publisher.is_some_and(|p| same_client(sessions, p, *ix)))
        };
        known.iter().filter(spared).map(|(ix, _)| *ix).collect()
    }
}

fn same_client(sessions: &[Session], a: SessionIx, b: SessionIx) -> bool {
    let name = |ix: SessionIx| sessions.get(ix.0 as usize).map(|s| &s.client_id);
    a == b || name(a) == name(b)
}

fn find(topic: &Text, sessions: &[Session]) -> Vec<Route> {
    let mut routes = Vec::new();
    for (ix, session) in sessions.iter().enumerate().filter(|(_, s)| s.ended.is_none()) {
        let settled = session.subscriptions.held(&topic.0).filter(|held| !held.filter.shared);
        let settled = settled.filter_map(|held| held.current()).filter(|ask| ask.granted() >= Some(1));
        let mut owing = settled.map(super::subscription::Ask::no_local);
        if let Some(first) = owing.next() {
            routes.push((SessionIx(ix as u32), owing.fold(first, |all, one| all && one)));
        }
    }
    routes
}
