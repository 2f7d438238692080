//! One network connection as the broker's end has it.

use std::collections::{BTreeMap, VecDeque};

use deadzone_history::ConnId;
use deadzone_wire::{Connect, Packet, PropertyId, Text, Version};

use super::SessionId;

/// What CONNECT fixed for the connection.
#[derive(Clone, Debug)]
pub(crate) struct ConnectFacts {
    pub(crate) seq: u64,
    pub(crate) at_us: u64,
    pub(crate) client_id: Text,
    pub(crate) clean: bool,
    /// Session Expiry Interval, seconds (5.0); before it: 0 with Clean Session, otherwise without end.
    pub(crate) expiry_s: u32,
    pub(crate) receive_maximum: u16,
    pub(crate) maximum_packet: Option<u32>,
    pub(crate) alias_maximum: u16,
    pub(crate) authenticates: bool,
}

impl ConnectFacts {
    fn new(seq: u64, at_us: u64, connect: &Connect, version: Version) -> Self {
        let number = |id| connect.properties.number(id);
        let expiry_s = match version {
            Version::V5 => number(PropertyId::SessionExpiryInterval).unwrap_or(0),
            Version::V31 | Version::V311 if connect.clean() => 0,
            Version::V31 | Version::V311 => u32::MAX,
        };
        let narrow = |id, otherwise| number(id).map_or(otherwise, |n| u16::try_from(n).unwrap_or(u16::MAX));
        Self {
            seq,
            at_us,
            client_id: connect.client_id.clone(),
            clean: connect.clean(),
            expiry_s,
            receive_maximum: narrow(PropertyId::ReceiveMaximum, u16::MAX),
            maximum_packet: number(PropertyId::MaximumPacketSize),
            alias_maximum: narrow(PropertyId::TopicAliasMaximum, 0),
            authenticates: connect.properties.get(PropertyId::AuthenticationMethod).is_some(),
        }
    }
}

/// A SUBSCRIBE or UNSUBSCRIBE that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) seq: u64,
    pub(crate) subscribe: bool,
    pub(crate) filters: usize,
}

/// QoS 2 steps with one id on this connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Steps {
    pub(crate) received: u32,
    pub(crate) released: u32,
}

/// A connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// The version in force: what CONNECT says, before it the client's.
    pub(crate) version: Version,
    pub(crate) connect: Option<ConnectFacts>,
    /// The first CONNACK seen.
    pub(crate) connack: Option<u64>,
    /// The first packet seen, whatever it is.
    pub(crate) first_seen: Option<u64>,
    pub(crate) session: Option<SessionId>,
    /// What was given between CONNECT and CONNACK: it takes effect with the session.
    pub(super) early: Vec<(u64, Packet, bool)>,
    pub(super) requests: BTreeMap<u16, Request>,
    pub(super) steps: BTreeMap<u16, Steps>,
    pub(super) aliases_down: BTreeMap<u16, Text>,
    pub(super) aliases_up: BTreeMap<u16, Text>,
    /// PINGREQs given that have no PINGRESP yet.
    pub(super) pings: VecDeque<u64>,
    /// The broker closed in an orderly way and everything that it sent was read in time, the last packet whole: the event.
    pub(crate) drained: Option<u64>,
    /// An incomplete packet of the broker's was seen at the end.
    pub(crate) torn_down: bool,
    /// The earliest sign that the broker may take it for closed, µs.
    pub(crate) ended_us: Option<u64>,
    /// The client's first departure from the protocol on it.
    pub(crate) deviant: Option<u64>,
}

impl Connection {
    pub(super) fn new(version: Version) -> Self {
        Self {
            version,
            connect: None,
            connack: None,
            first_seen: None,
            session: None,
            early: Vec::new(),
            requests: BTreeMap::new(),
            steps: BTreeMap::new(),
            aliases_down: BTreeMap::new(),
            aliases_up: BTreeMap::new(),
            pings: VecDeque::new(),
            drained: None,
            torn_down: false,
            ended_us: None,
            deviant: None,
        }
    }

    pub(super) fn connect_given(&mut self, seq: u64, at_us: u64, connect: &Connect) {
        self.version = connect.layout(self.version);
        self.connect = Some(ConnectFacts::new(seq, at_us, connect, self.version));
    }

    pub(super) fn ended(&mut self, at_us: u64) {
        self.ended_us.get_or_insert(at_us);
    }

    pub(super) fn deviates(&mut self, seq: u64) {
        self.deviant.get_or_insert(seq);
    }
}

/// The connections that were opened, by number.
pub(crate) type Connections = BTreeMap<ConnId, Connection>;
