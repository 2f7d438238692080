//! A session: what the broker must hold for one client id, from the CONNACK that made it to the one that shows its end.

use deadzone_history::ConnId;
use deadzone_wire::Version;

use super::{inbound::Inbounds, outbound::Outbounds, subscription::Subscriptions};

/// A session's number, from 0 in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) usize);

/// Never expires (5.0 §3.1.2.11.2).
pub(super) const NEVER_S: u32 = u32::MAX;

/// A session is owed only until this long before it expires: our clock and the broker's need not agree, µs.
const SLACK_US: u64 = 1_000_000;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) version: Version,
    /// Its beginning was seen in this run: nothing in it comes from before.
    pub(crate) own: bool,
    /// Its connections, the current one last. Never empty.
    pub(crate) connections: Vec<ConnId>,
    /// Earlier connections on which something may have gone unseen, as far as nobody looked; drained ones are taken out.
    pub(super) undrained: Vec<ConnId>,
    /// Seconds for which it outlives its connection, the CONNACK's and the DISCONNECT's word included.
    pub(crate) expiry_s: u32,
    /// It may have been replaced without our seeing it, so that nothing about its state is certain.
    pub(crate) doubtful: Option<u64>,
    /// Its client broke the protocol: the broker may have done anything with it.
    pub(crate) deviant: Option<u64>,
    /// The event that shows its end.
    pub(crate) ended: Option<u64>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outbound: Outbounds,
    pub(super) inbound: Inbounds,
}

impl Session {
    pub(super) fn new(version: Version, own: bool, conn: ConnId, expiry_s: u32) -> Self {
        Self {
            version,
            own,
            connections: vec![conn],
            undrained: Vec::new(),
            expiry_s,
            doubtful: None,
            deviant: None,
            ended: None,
            subscriptions: Subscriptions::default(),
            outbound: Outbounds::default(),
            inbound: Inbounds::default(),
        }
    }

    /// The connection that it lives on, or lived on last.
    pub(crate) fn current(&self) -> Option<ConnId> {
        self.connections.last().copied()
    }

    /// Whether what the record says of its state is all there is.
    pub(crate) fn certain(&self) -> bool {
        self.own && self.doubtful.is_none() && self.deviant.is_none()
    }

    /// Whether the broker must still hold it, when its last connection may have ended at `ended_us`.
    pub(super) fn owed(&self, version: Version, ended_us: Option<u64>, now_us: u64) -> bool {
        let kept = match (self.expiry_s, ended_us) {
            (0, _) => false,
            (NEVER_S, _) | (_, None) => true,
            (seconds, Some(ended_us)) => {
                now_us.saturating_sub(ended_us) + SLACK_US < u64::from(seconds) * 1_000_000
            }
        };
        kept && self.certain() && self.ended.is_none() && self.version == version
    }
}
