//! The fields by name and where they apply. Reading and writing them is next door.

use super::access;

use std::{fmt, str::FromStr};

use crate::{Packet, PacketKind, Version};

/// A field that scenario text can name. `name()` is the word in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `id`: Packet Identifier.
    Id,
    /// `topic`: Topic Name.
    Topic,
    /// `payload`: Application Message.
    Payload,
    /// `qos`: QoS of a PUBLISH.
    Qos,
    /// `dup`: DUP of a PUBLISH.
    Dup,
    /// `retain`: RETAIN of a PUBLISH.
    Retain,
    /// `reason`: Reason Code, return code, or the first of a SUBACK's or UNSUBACK's codes; 0x00 where the short form leaves it out.
    Reason,
    /// `failure`: whether the answer says that the exchange failed, by whatever code. It can be looked for, not set.
    Failure,
    /// `session_present`: of CONNACK.
    SessionPresent,
    /// `clean`: Clean Start or Clean Session of CONNECT.
    Clean,
    /// `keepalive`: Keep Alive of CONNECT, seconds.
    KeepAlive,
    /// `client_id`: Client Identifier of CONNECT.
    ClientId,
    /// `filter`: first Topic Filter of SUBSCRIBE or UNSUBSCRIBE.
    Filter,
    /// `options`: options byte of the first filter of SUBSCRIBE (its low bits are the QoS).
    Options,
    /// `expiry`: Session Expiry Interval, seconds (5.0 CONNECT, CONNACK, DISCONNECT).
    Expiry,
    /// `message_expiry`: Message Expiry Interval, seconds (5.0 PUBLISH).
    MessageExpiry,
    /// `receive_max`: Receive Maximum (5.0 CONNECT, CONNACK).
    ReceiveMax,
    /// `max_packet`: Maximum Packet Size, bytes (5.0 CONNECT, CONNACK).
    MaxPacket,
    /// `sub_id`: Subscription Identifier (5.0 PUBLISH, SUBSCRIBE).
    SubId,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number; booleans are 0 and 1.
    Number(u32),
    /// Bytes of a topic, filter, payload or client id.
    Bytes(bytes::Bytes),
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 19] = [
        Self::Id,
        Self::Topic,
        Self::Payload,
        Self::Qos,
        Self::Dup,
        Self::Retain,
        Self::Reason,
        Self::Failure,
        Self::SessionPresent,
        Self::Clean,
        Self::KeepAlive,
        Self::ClientId,
        Self::Filter,
        Self::Options,
        Self::Expiry,
        Self::MessageExpiry,
        Self::ReceiveMax,
        Self::MaxPacket,
        Self::SubId,
    ];

    /// The word in scenario text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Topic => "topic",
            Self::Payload => "payload",
            Self::Qos => "qos",
            Self::Dup => "dup",
            Self::Retain => "retain",
            Self::Reason => "reason",
            Self::Failure => "failure",
            Self::SessionPresent => "session_present",
            Self::Clean => "clean",
            Self::KeepAlive => "keepalive",
            Self::ClientId => "client_id",
            Self::Filter => "filter",
            Self::Options => "options",
            Self::Expiry => "expiry",
            Self::MessageExpiry => "message_expiry",
            Self::ReceiveMax => "receive_max",
            Self::MaxPacket => "max_packet",
            Self::SubId => "sub_id",
        }
    }

    /// Whether packets of this type have the field in this version.
    pub fn applies_to(self, kind: PacketKind, version: Version) -> bool {
        use PacketKind as K;

        let v5 = version == Version::V5;
        match self {
            Self::Id => matches!(
                kind,
                K::Publish
                    | K::Puback
                    | K::Pubrec
                    | K::Pubrel
                    | K::Pubcomp
                    | K::Subscribe
                    | K::Suback
                    | K::Unsubscribe
                    | K::Unsuback
            ),
            Self::Topic | Self::Payload | Self::Qos | Self::Dup | Self::Retain => kind == K::Publish,
            Self::Reason => match kind {
                K::Connack | K::Suback => true,
                K::Puback | K::Pubrec | K::Pubrel | K::Pubcomp | K::Unsuback | K::Disconnect | K::Auth => v5,
                _ => false,
            },
            // Answers that only a server sends: a script never has to write it.
            Self::Failure => matches!(kind, K::Connack | K::Suback | K::Unsuback),
            Self::SessionPresent => kind == K::Connack && version > Version::V31,
            Self::Clean | Self::KeepAlive | Self::ClientId => kind == K::Connect,
            Self::Filter => matches!(kind, K::Subscribe | K::Unsubscribe),
            Self::Options => kind == K::Subscribe,
            Self::Expiry => v5 && matches!(kind, K::Connect | K::Connack | K::Disconnect),
            Self::MessageExpiry => v5 && kind == K::Publish,
            Self::ReceiveMax | Self::MaxPacket => v5 && matches!(kind, K::Connect | K::Connack),
            Self::SubId => v5 && matches!(kind, K::Publish | K::Subscribe),
        }
    }

    /// The field's value in a packet; `None` where the packet has no such field or leaves it out.
    pub fn get(self, packet: &Packet) -> Option<Value> {
        access::get(self, packet)
    }

    /// Sets the field; `false` where the packet has no such field or the value is of the wrong sort or range.
    pub fn set(self, packet: &mut Packet, value: &Value) -> bool {
        access::set(self, packet, value).is_some()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text named no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field `{0}`")]
pub struct UnknownField(String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|f| f.name() == s).ok_or_else(|| UnknownField(s.to_owned()))
    }
}
