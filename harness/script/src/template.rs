//! What a step says of packets: the fields given of one, a CONNECT, a will, a subscription, what may arrive, when a fault happens.

use deadzone_link::{Direction, Edge};
use deadzone_wire::{Field, PacketKind};

/// Fields with their values, in the order of the text.
pub type Fields = Vec<(Field, FieldValue)>;

/// Bytes with placeholders, which are filled in when the scenario is performed ([`Payload::filled`]). Escapes of the text are
/// already resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payload(pub Vec<u8>);

/// Which session a `connect` means. The player prints the real fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectMode {
    /// Clean Start 1, Session Expiry 0 (3.1.1: Clean Session 1).
    Clean,
    /// Clean Start 1 with an expiry (3.1.1: clean, disconnect, then Clean Session 0).
    Fresh,
    /// Clean Start 0 with an expiry (3.1.1: Clean Session 0).
    Resume,
}

/// CONNECT's fields as the text gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// `keepalive=`, seconds; 60 by default.
    pub keep_alive_s: Option<u16>,
    /// `expiry=`, seconds (5.0; 300 by default for fresh and resume).
    pub expiry_s: Option<u32>,
    /// `receive_max=` (5.0).
    pub receive_max: Option<u16>,
    /// `max_packet=`, bytes (5.0).
    pub max_packet: Option<u32>,
    /// `user=`.
    pub user: Option<Payload>,
    /// `pass=`.
    pub pass: Option<Payload>,
    /// `refused`: a CONNACK that refuses, or a close, is what is wanted.
    pub refused: bool,
    /// `client_id=`; by default made of the run's nonce and the client's name.
    pub client_id: Option<Payload>,
    /// `will_topic=`, `will_payload=`, `will_qos=`, `will_retain=`, `will_delay=` (seconds, 5.0).
    pub will: Option<WillTemplate>,
    /// Further properties, of CONNECT and of the will (5.0).
    pub properties: Fields,
}

/// A will as the text gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WillTemplate {
    /// Topic.
    pub topic: Payload,
    /// Payload.
    pub payload: Payload,
    /// QoS, 0 to 2.
    pub qos: u8,
    /// Retain.
    pub retain: bool,
    /// Will Delay Interval, seconds (5.0).
    pub delay_s: u32,
}

/// One filter of a `subscribe`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeFilter {
    /// Topic Filter.
    pub filter: Payload,
    /// Requested QoS.
    pub qos: u8,
    /// `no_local=1` (5.0).
    pub no_local: bool,
    /// `retain_as_published=1` (5.0).
    pub retain_as_published: bool,
    /// `retain_handling=0|1|2` (5.0).
    pub retain_handling: u8,
}

/// A packet as the text gives it: its type and the fields given. For PUBLISH the first bare text is the topic, the second the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketTemplate {
    /// The type.
    pub kind: PacketKind,
    /// Fields in the order of the text.
    pub fields: Fields,
}

/// A field's value in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A number, decimal or 0x.
    Number(u32),
    /// A text.
    Text(Payload),
    /// `"name":"value"`: a User Property.
    Pair(Payload, Payload),
    /// `none`: of a packet that arrives, that it lacks the property.
    Absent,
    /// `$name`: set by the first packet that is received with it, used afterwards.
    Capture(String),
}

/// One legal alternative of an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A packet.
    Packet(PacketTemplate),
    /// `closed`: the broker closes, by FIN or RST.
    Closed,
}

/// When a link step happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerTemplate {
    /// At once, in the order of the client's queue.
    Now,
    /// `after T`, ms.
    AfterMs(u64),
    /// `before|after|from [n-th] PACKET [up|down]`, `at K of PACKET`; `from` is `before`.
    On {
        /// Where in the packet.
        edge: Edge,
        /// Which of the matching packets of a connection, from 1.
        nth: u32,
        /// The packet.
        packet: PacketTemplate,
        /// Which stream.
        direction: Direction,
    },
}
