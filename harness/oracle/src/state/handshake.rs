//! What CONNECT, CONNACK and DISCONNECT fixed for one connection.

use std::sync::Arc;

use deadzone_history::{Event, Recorded};
use deadzone_wire::{Connack, Connect, Disconnect, PropertyId, Text, Version};

use super::Mark;

/// Never expires (5.0 §3.1.2.11.2).
pub(crate) const NEVER_S: u32 = u32::MAX;

/// What CONNECT asks for.
#[derive(Clone, Debug)]
pub(crate) struct ConnectFacts {
    pub(crate) at: Mark,
    pub(crate) client_id: Text,
    pub(crate) clean: bool,
    /// Session Expiry Interval, seconds (5.0); before it: 0 with Clean Session, otherwise without end.
    pub(crate) expiry_s: u32,
    pub(crate) keep_alive_s: u16,
    /// The level is one of 3, 4 and 5, and the protocol's name a known one: which layout an answer has is known.
    pub(crate) known_level: bool,
    pub(crate) limits: Limits,
}

/// What the client says that it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) receive_maximum: u16,
    pub(crate) maximum_packet: Option<u32>,
    pub(crate) alias_maximum: u16,
    /// It names an Authentication Method.
    pub(crate) authenticates: bool,
    /// Request Problem Information is not 0.
    pub(crate) problem_information: bool,
    /// Request Response Information is 1.
    pub(crate) response_information: bool,
}

impl ConnectFacts {
    pub(super) fn new(at: Mark, connect: &Connect, version: Version) -> Self {
        let expiry_s = match version {
            Version::V5 => connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0),
            Version::V31 | Version::V311 if connect.clean() => 0,
            Version::V31 | Version::V311 => NEVER_S,
        };
        Self {
            at,
            client_id: connect.client_id.clone(),
            clean: connect.clean(),
            expiry_s,
            keep_alive_s: connect.keep_alive_s,
            known_level: Version::from_level(connect.level).is_some() && is_known(connect),
            limits: Limits::new(connect),
        }
    }
}

/// Whether a server of MQTT knows the name: what answers another is no packet of MQTT (3.1.2-1).
fn is_known(connect: &Connect) -> bool {
    matches!(&connect.protocol_name.0[..], b"MQTT" | b"MQIsdp")
}

impl Limits {
    fn new(connect: &Connect) -> Self {
        let number = |id| connect.properties.number(id);
        let narrow = |id, otherwise| number(id).map_or(otherwise, |n| u16::try_from(n).unwrap_or(u16::MAX));
        Self {
            receive_maximum: narrow(PropertyId::ReceiveMaximum, u16::MAX),
            maximum_packet: number(PropertyId::MaximumPacketSize),
            alias_maximum: narrow(PropertyId::TopicAliasMaximum, 0),
            authenticates: connect.properties.get(PropertyId::AuthenticationMethod).is_some(),
            problem_information: number(PropertyId::RequestProblemInformation) != Some(0),
            response_information: number(PropertyId::RequestResponseInformation) == Some(1),
        }
    }
}

/// What the first CONNACK says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnackFacts {
    pub(crate) at: Mark,
    pub(crate) code: u8,
    pub(crate) session_present: bool,
    /// Session Expiry Interval, where it overrides the CONNECT's.
    pub(crate) expiry_s: Option<u32>,
    pub(crate) server_keep_alive_s: Option<u16>,
    /// Maximum QoS, 2 where it is absent.
    pub(crate) maximum_qos: u8,
}

impl ConnackFacts {
    pub(super) fn new(at: Mark, connack: &Connack) -> Self {
        let number = |id| connack.properties.as_ref().and_then(|p| p.number(id));
        Self {
            at,
            code: connack.code,
            session_present: connack.session_present(),
            expiry_s: number(PropertyId::SessionExpiryInterval),
            maximum_qos: number(PropertyId::MaximumQos).map_or(2, |qos| qos.min(2) as u8),
            server_keep_alive_s: number(PropertyId::ServerKeepAlive)
                .map(|s| u16::try_from(s).unwrap_or(u16::MAX)),
        }
    }
}

/// A DISCONNECT of the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DisconnectFacts {
    pub(crate) at: Mark,
    pub(crate) code: u8,
    /// Decoding found nothing wrong with it.
    pub(crate) well_formed: bool,
    /// Session Expiry Interval, where it is given.
    pub(crate) expiry_s: Option<u32>,
}

impl DisconnectFacts {
    pub(super) fn new(at: Mark, disconnect: &Disconnect, well_formed: bool) -> Self {
        let expiry = |p: &deadzone_wire::Properties| p.number(PropertyId::SessionExpiryInterval);
        let expiry_s = disconnect.properties.as_ref().and_then(expiry);
        Self { at, code: disconnect.code(), well_formed, expiry_s }
    }
}

/// The beginning and the last words of a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handshake {
    pub(crate) connect: Option<ConnectFacts>,
    pub(crate) connack: Option<ConnackFacts>,
    /// The last DISCONNECT that was given.
    pub(crate) goodbye: Option<DisconnectFacts>,
    /// The first packet seen from the broker, whatever it is.
    pub(crate) first_seen: Option<u64>,
    /// The broker's DISCONNECT: event and code.
    pub(crate) last_word: Option<(u64, u8)>,
    /// What was given between CONNECT and CONNACK: it takes effect with the session.
    pub(super) early: Vec<(Mark, Arc<Recorded>, bool)>,
    /// What the server sent meanwhile: it belongs to the session too.
    pub(super) ahead: Vec<Event>,
}

impl Handshake {
    /// Where the CONNACK that accepted was seen.
    pub(crate) fn accepted(&self) -> Option<Mark> {
        self.connack.filter(|c| c.code == 0).map(|c| c.at)
    }

    /// The Keep Alive in force, seconds: the server's word where it gave one. 0 is off.
    pub(crate) fn keep_alive_s(&self) -> u16 {
        let asked = self.connect.as_ref().map_or(0, |c| c.keep_alive_s);
        self.connack.and_then(|c| c.server_keep_alive_s).unwrap_or(asked)
    }

    /// The least and the greatest Session Expiry Interval that may be in force, seconds. `read`: the broker surely read the
    /// DISCONNECT.
    pub(crate) fn expiry_s(&self, read: bool) -> (u32, u32) {
        let asked = self.connect.as_ref().map_or(0, |c| c.expiry_s);
        let ruled = self.connack.and_then(|c| c.expiry_s);
        let before = ruled.unwrap_or(asked);
        let Some(goodbye) = self.goodbye else { return (before, before) };
        let last = match goodbye.expiry_s {
            // Illegal: it changes nothing.
            Some(said) if asked == 0 && said > 0 => return (before, before),
            Some(said) => said,
            // A DISCONNECT without the property behind a CONNACK that changed it: readings differ.
            None => return (before.min(asked), before.max(asked)),
        };
        let capped = ruled.map_or(last, |cap| last.min(cap));
        if read { (capped, last) } else { (capped.min(before), last.max(before)) }
    }
}
