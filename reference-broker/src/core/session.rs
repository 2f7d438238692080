//! The state that outlives a network connection (3.1.1 §4.1, 5.0 §4.1). Knows its own client only.

use deadzone_wire::Text;

use super::{
    inflight::{Inbound, Outbound},
    outbox::ConnId,
    subscription::Subscriptions,
    will::PendingWill,
};
use crate::{Config, Defect};

/// One client's session.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client_id: Text,
    /// The connection that owns it at present.
    pub(crate) conn: Option<ConnId>,
    pub(crate) expiry: Expiry,
    /// When its client went away; set while nobody is connected.
    pub(crate) left_us: Option<u64>,
    /// When it ends; set while nobody is connected.
    pub(crate) ends_us: Option<u64>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outbound: Outbound,
    pub(crate) inbound: Inbound,
    pub(crate) pending_will: Option<PendingWill>,
}

/// Session Expiry Interval. Clean Session of 3.1.1 is the same thing at its two ends: 0 and never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expiry(pub(crate) u32);

impl Expiry {
    pub(crate) const AT_CLOSE: Self = Self(0);
    pub(crate) const NEVER: Self = Self(u32::MAX);

    /// When a session that loses its connection now ends; `None` for never.
    pub(crate) fn ends_us(self, now_us: u64) -> Option<u64> {
        (self != Self::NEVER).then(|| now_us.saturating_add(u64::from(self.0) * 1_000_000))
    }
}

impl Session {
    pub(crate) fn new(client_id: Text) -> Self {
        Self {
            client_id,
            conn: None,
            expiry: Expiry::AT_CLOSE,
            left_us: None,
            ends_us: None,
            subscriptions: Subscriptions::default(),
            outbound: Outbound::default(),
            inbound: Inbound::default(),
            pending_will: None,
        }
    }

    /// The client is back.
    pub(crate) fn return_now(&mut self) {
        (self.left_us, self.ends_us) = (None, None);
    }

    /// The connection is gone: the clock of the session's end starts.
    pub(crate) fn detach(&mut self, now_us: u64, config: &Config) {
        self.conn = None;
        self.outbound.detach(config);
        self.left_us = Some(now_us);
        self.ends_us = self.expiry.ends_us(now_us);
        if config.has(Defect::SessionNeverExpires) {
            self.ends_us = None;
        }
    }

    /// The next moment at which something is to be done for this session.
    pub(crate) fn next_deadline_us(&self, config: &Config) -> Option<u64> {
        let will = self.pending_will.as_ref().map(|w| w.due_us);
        [self.ends_us, will, self.outbound.next_deadline_us(config)].into_iter().flatten().min()
    }
}
