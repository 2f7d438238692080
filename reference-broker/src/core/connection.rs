//! One network connection: its framing, its version, its keep-alive. Knows nothing of sessions beyond a client id.

use std::collections::BTreeMap;

use deadzone_wire::{Framer, Text};

use super::{auth::Authentication, peer::Peer, will::Will};
use crate::{Config, Defect, Limits, Variant};

/// How long a connection may live before CONNECT under [`Variant::ConnectWithin32s`].
const CONNECT_WITHIN_US: u64 = 32_000_000;
/// How long a client without keep-alive may be silent under [`Variant::ClosesIdleClients`].
const IDLE_US: u64 = 60_000_000;

/// How late it is noticed that a client is silent, under [`Variant::KeepAlive3sLate`].
const KEEP_ALIVE_LATE_US: u64 = 3_000_000;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// No CONNECT yet.
    Opened,
    /// CONNECT names a method of authentication, and its exchange is under way.
    Authenticating,
    /// CONNECT was accepted.
    Connected,
    /// CONNECT came to a part of the broker that is dead: a defect.
    Overheard,
}

/// One network connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) framer: Framer,
    pub(crate) stage: Stage,
    pub(crate) peer: Peer,
    pub(crate) client_id: Text,
    /// It is a bridge, and is served as one.
    pub(crate) bridge: bool,
    /// Session Present was 1.
    pub(crate) resumed: bool,
    /// The identifier of its last exchange that is finished, where a defect keeps it.
    pub(crate) finished: Option<u16>,
    /// One and a half times Keep Alive; `None` where it is off.
    pub(crate) patience_us: Option<u64>,
    /// When the last complete packet came: bytes of half a packet are no sign of life (3.1.1/MQTT-3.1.2-24).
    pub(crate) last_packet_us: u64,
    pub(crate) will: Option<Will>,
    pub(in crate::core) authentication: Option<Authentication>,
    /// What the client's aliases stand for. They die with the connection (5.0/MQTT-3.3.2-7): that is why they live here.
    pub(crate) aliases: BTreeMap<u16, Text>,
}

/// Why a topic alias names no topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AliasError {
    /// Above the Topic Alias Maximum that the broker gave.
    TooHigh,
    /// No topic was set under it on this connection.
    Unset,
}

impl Connection {
    pub(crate) fn new(now_us: u64, limits: &Limits) -> Self {
        Self {
            // The bound is on the Remaining Length, so a packet of exactly the advertised size always fits.
            framer: Framer::new(limits.packet_bytes),
            stage: Stage::Opened,
            peer: Peer::UNKNOWN,
            client_id: Text::default(),
            bridge: false,
            resumed: false,
            finished: None,
            patience_us: None,
            last_packet_us: now_us,
            will: None,
            authentication: None,
            aliases: BTreeMap::new(),
        }
    }

    /// When the connection is given up if nothing comes.
    pub(crate) fn deadline_us(&self, config: &Config) -> Option<u64> {
        let patience_us = match self.stage {
            Stage::Opened | Stage::Authenticating if config.varies(Variant::ConnectWithin32s) => {
                Some(CONNECT_WITHIN_US)
            }
            Stage::Opened | Stage::Authenticating => Some(config.limits.connect_within.as_micros() as u64),
            Stage::Connected if config.has(Defect::KeepAliveIgnored) => None,
            Stage::Connected if config.varies(Variant::ClosesIdleClients) => {
                self.patience_us.or(Some(IDLE_US))
            }
            Stage::Connected => self.patience_us,
            Stage::Overheard => None,
        };
        let late = self.stage == Stage::Connected && config.varies(Variant::KeepAlive3sLate);
        let late_us = if late { KEEP_ALIVE_LATE_US } else { 0 };
        patience_us.map(|p| self.last_packet_us.saturating_add(p).saturating_add(late_us))
    }

    /// Whether the client turned keep-alive off.
    pub(crate) fn has_no_keep_alive(&self) -> bool {
        self.stage == Stage::Connected && self.patience_us.is_none()
    }

    /// The topic that a PUBLISH means, and sets the alias where both are given.
    pub(crate) fn resolve(
        &mut self,
        topic: Text,
        alias: Option<u32>,
        limit: u16,
    ) -> Result<Text, AliasError> {
        let Some(alias) = alias else { return Ok(topic) };
        let alias = u16::try_from(alias).ok().filter(|a| *a <= limit).ok_or(AliasError::TooHigh)?;
        if topic.is_empty() {
            return self.aliases.get(&alias).cloned().ok_or(AliasError::Unset);
        }
        self.aliases.insert(alias, topic.clone());
        Ok(topic)
    }
}
