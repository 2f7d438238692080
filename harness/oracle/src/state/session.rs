//! A session: what the broker must hold for one client id, from the CONNACK that made it to the one that shows its end.

use deadzone_history::ConnId;
use deadzone_wire::{Text, Version};

use super::{
    NEVER_S, handshake::ConnectFacts, inbound::Inbounds, outbound::Outbounds, subscription::Subscriptions,
};

/// A session's number, from 0 in the order in which they began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SessionIx(pub(crate) u32);

/// A session is owed only until this long before it expires: our clock and the broker's need not agree, µs.
const SLACK_US: u64 = 1_000_000;
/// A session that expired may be there for so much longer: timers may be coarse, µs.
pub(crate) const COARSE_TIMERS_US: u64 = 3_000_000;
/// The same for an expiry of 0: the session is deleted at the close, which need not be atomic (5.0 §3.1.2.11.2), µs.
pub(crate) const DELETION_US: u64 = 1_000_000;
/// So many connections of a session are remembered.
const CONNS_KEPT: usize = 8;

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// Empty where the broker assigned one and did not say which.
    pub(crate) client_id: Text,
    pub(crate) version: Version,
    /// Its beginning was seen in this run: nothing in it comes from before.
    pub(crate) own: bool,
    pub(crate) connections: Connections,
    /// It may have been replaced without our seeing it, so that nothing about its state is certain.
    pub(crate) doubtful: Option<u64>,
    /// Its client broke the protocol: the broker may have done anything with it.
    pub(crate) deviant: Option<u64>,
    /// The session that its client id had before.
    pub(crate) previous: Option<SessionIx>,
    /// The event that shows its end.
    pub(crate) ended: Option<u64>,
    /// A CONNECT for it was never answered: bounds on its expiry that this one may have set, seconds.
    pub(super) maybe_expiry_s: Option<(u32, u32)>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) outbound: Outbounds,
    pub(crate) inbound: Inbounds,
}

/// The network connections of one session.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    /// The latest ones, the current one last. Never empty.
    pub(crate) latest: Vec<ConnId>,
    /// How many there were.
    pub(crate) count: u32,
    /// Earlier ones that were not read to their end, as far as is known yet; drained ones are taken out.
    pub(super) undrained: Vec<ConnId>,
    /// One that is remembered no more was not read to its end.
    pub(super) unseen: bool,
    /// The last close by the broker of an earlier one, µs.
    pub(crate) last_close_us: u64,
    /// Of an earlier one no close by the broker was seen.
    pub(crate) unclosed: bool,
}

impl Connections {
    fn new(conn: ConnId) -> Self {
        let latest = vec![conn];
        Self { latest, count: 1, undrained: Vec::new(), unseen: false, last_close_us: 0, unclosed: false }
    }

    /// The connection that the session lives on, or lived on last.
    pub(crate) fn current(&self) -> Option<ConnId> {
        self.latest.last().copied()
    }

    pub(super) fn push(&mut self, conn: ConnId) {
        self.undrained.extend(self.current());
        if self.undrained.len() > CONNS_KEPT {
            self.undrained.remove(0);
            self.unseen = true;
        }
        if self.latest.len() >= CONNS_KEPT {
            self.latest.remove(0);
        }
        self.latest.push(conn);
        self.count += 1;
    }

    /// A connection that may or may not have been the session's for a while.
    pub(super) fn insert_earlier(&mut self, conn: ConnId) {
        self.latest.insert(self.latest.len().saturating_sub(1), conn);
        self.undrained.push(conn);
        self.count += 1;
    }
}

/// Whether a session can be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It must: this run left it there, and nothing that happened may have ended it.
    Owed,
    /// Either.
    Open,
    /// It should be over, but its deletion may still go on.
    Ending,
    /// It cannot be there any more.
    Gone,
}

impl Session {
    pub(super) fn new(client_id: Text, version: Version, own: bool, conn: ConnId) -> Self {
        Self {
            client_id,
            version,
            own,
            connections: Connections::new(conn),
            doubtful: None,
            deviant: None,
            previous: None,
            ended: None,
            maybe_expiry_s: None,
            subscriptions: Subscriptions::default(),
            outbound: Outbounds::default(),
            inbound: Inbounds::default(),
        }
    }

    /// The connection that it lives on, or lived on last.
    pub(crate) fn current(&self) -> Option<ConnId> {
        self.connections.current()
    }

    /// Whether what the record says of its state is all there is.
    pub(crate) fn certain(&self) -> bool {
        self.own && self.doubtful.is_none() && self.deviant.is_none()
    }

    /// Whether it can be there for a CONNECT that was given at `connect`: `ended_us` is the earliest time from which its
    /// expiry may run, `closed_us` the one from which it surely does, `expiry_s` the bounds of the interval in force.
    pub(super) fn outlook(
        &self,
        connect: &ConnectFacts,
        version: Version,
        (least_s, greatest_s): (u32, u32),
        ended_us: Option<u64>,
        closed_us: Option<u64>,
    ) -> Outlook {
        let known = self.doubtful.is_none() && self.deviant.is_none();
        if !known || self.ended.is_some() || self.version != version {
            return Outlook::Open;
        }
        let now_us = connect.at.at_us;
        let kept = match (least_s, ended_us) {
            (0, _) => false,
            (NEVER_S, _) | (_, None) => true,
            (seconds, Some(ended_us)) => now_us.saturating_sub(ended_us) + SLACK_US < seconds_us(seconds),
        };
        if kept {
            return Outlook::Owed;
        }
        match (greatest_s, closed_us) {
            (NEVER_S, _) | (_, None) => Outlook::Open,
            // The close was seen, so that 3.1.1 leaves no time for the deletion.
            (0, Some(_)) if version != Version::V5 => Outlook::Gone,
            (0, Some(closed_us)) if now_us > closed_us + DELETION_US => Outlook::Gone,
            (0, Some(_)) => Outlook::Ending,
            (seconds, Some(closed_us)) if now_us > closed_us + seconds_us(seconds) + COARSE_TIMERS_US => {
                Outlook::Gone
            }
            _ => Outlook::Open,
        }
    }
}

pub(crate) fn seconds_us(seconds: u32) -> u64 {
    u64::from(seconds) * 1_000_000
}
