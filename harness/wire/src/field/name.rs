//! The fields by name and where they apply. Reading and writing them is next door.

use super::access;

use std::{borrow::Cow, fmt, str::FromStr};

use crate::{Packet, PacketKind, PropertyId, Version, property::Home};

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
    /// `user`: User Name of CONNECT.
    User,
    /// `pass`: Password of CONNECT.
    Password,
    /// `will_topic`: Will Topic of CONNECT.
    WillTopic,
    /// `will_payload`: Will Payload (Will Message) of CONNECT.
    WillPayload,
    /// `will_qos`: Will QoS of CONNECT.
    WillQos,
    /// `will_retain`: Will Retain of CONNECT.
    WillRetain,
    /// `filter`: first Topic Filter of SUBSCRIBE or UNSUBSCRIBE.
    Filter,
    /// `options`: options byte of the first filter of SUBSCRIBE (its low bits are the QoS).
    Options,
    /// `filter.N`: the N-th Topic Filter, from 2.
    NthFilter(Nth),
    /// `options.N`: the options byte of the N-th filter, from 2.
    NthOptions(Nth),
    /// `reason.N`: the N-th code of SUBACK or UNSUBACK, from 2.
    NthReason(Nth),
    /// A property of the packet (5.0), by the word of [`PropertyId::word`].
    Property(PropertyId),
    /// A property of the will in a CONNECT (5.0), by the word of [`PropertyId::will_word`].
    WillProperty(PropertyId),
}

/// Which of several, from 2: the first has a field of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nth(u8);

impl Nth {
    /// The largest.
    pub const MOST: u8 = 100;

    /// 2 to [`Self::MOST`].
    pub fn new(n: u8) -> Option<Self> {
        (2..=Self::MOST).contains(&n).then_some(Self(n))
    }

    /// Its place in a list, from 0.
    pub(super) fn index(self) -> usize {
        usize::from(self.0) - 1
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number; booleans are 0 and 1.
    Number(u32),
    /// Bytes of a topic, filter, payload, client id or property.
    Bytes(bytes::Bytes),
    /// A User Property: name and value.
    Pair(bytes::Bytes, bytes::Bytes),
    /// There is none: a property that a packet leaves out. It can be looked for, not set.
    Absent,
}

/// The fields that are no properties, without those that are counted.
const PLAIN: [Field; 20] = [
    Field::Id,
    Field::Topic,
    Field::Payload,
    Field::Qos,
    Field::Dup,
    Field::Retain,
    Field::Reason,
    Field::Failure,
    Field::SessionPresent,
    Field::Clean,
    Field::KeepAlive,
    Field::ClientId,
    Field::User,
    Field::Password,
    Field::WillTopic,
    Field::WillPayload,
    Field::WillQos,
    Field::WillRetain,
    Field::Filter,
    Field::Options,
];

impl Field {
    /// Session Expiry Interval, seconds.
    pub const EXPIRY: Self = Self::Property(PropertyId::SessionExpiryInterval);
    /// Message Expiry Interval of a PUBLISH, seconds.
    pub const MESSAGE_EXPIRY: Self = Self::Property(PropertyId::MessageExpiryInterval);
    /// Receive Maximum.
    pub const RECEIVE_MAX: Self = Self::Property(PropertyId::ReceiveMaximum);
    /// Maximum Packet Size, bytes.
    pub const MAX_PACKET: Self = Self::Property(PropertyId::MaximumPacketSize);
    /// Subscription Identifier.
    pub const SUB_ID: Self = Self::Property(PropertyId::SubscriptionIdentifier);

    /// Every field once; of the counted ones the second.
    pub fn all() -> impl Iterator<Item = Self> {
        let second = [Self::NthFilter(Nth(2)), Self::NthOptions(Nth(2)), Self::NthReason(Nth(2))];
        let of_wills = PropertyId::ALL.into_iter().filter(|id| Home::Will.allows(*id));
        let of_packets = PropertyId::ALL.into_iter().filter(|id| *id != PropertyId::WillDelayInterval);
        let properties = of_packets.map(Self::Property).chain(of_wills.map(Self::WillProperty));
        PLAIN.into_iter().chain(second).chain(properties)
    }

    /// The word in scenario text.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
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
            Self::User => "user",
            Self::Password => "pass",
            Self::WillTopic => "will_topic",
            Self::WillPayload => "will_payload",
            Self::WillQos => "will_qos",
            Self::WillRetain => "will_retain",
            Self::Filter => "filter",
            Self::Options => "options",
            Self::NthFilter(Nth(n)) => return format!("filter.{n}").into(),
            Self::NthOptions(Nth(n)) => return format!("options.{n}").into(),
            Self::NthReason(Nth(n)) => return format!("reason.{n}").into(),
            Self::Property(id) => id.word(),
            Self::WillProperty(id) => id.will_word(),
        })
    }

    /// The property, of the packet or of its will.
    pub fn property(self) -> Option<PropertyId> {
        match self {
            Self::Property(id) | Self::WillProperty(id) => Some(id),
            _ => None,
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
            // Before 5.0 an acknowledgement can't say so.
            Self::Failure => {
                matches!(kind, K::Connack | K::Suback | K::Unsuback)
                    || v5 && matches!(kind, K::Puback | K::Pubrec | K::Pubrel | K::Pubcomp)
            }
            Self::SessionPresent => kind == K::Connack && version > Version::V31,
            Self::Clean
            | Self::KeepAlive
            | Self::ClientId
            | Self::User
            | Self::Password
            | Self::WillTopic
            | Self::WillPayload
            | Self::WillQos
            | Self::WillRetain => kind == K::Connect,
            Self::Filter | Self::NthFilter(_) => matches!(kind, K::Subscribe | K::Unsubscribe),
            Self::Options | Self::NthOptions(_) => kind == K::Subscribe,
            Self::NthReason(_) => kind == K::Suback || v5 && kind == K::Unsuback,
            Self::Property(id) => v5 && has_list(kind) && Home::Packet(kind).allows(id),
            Self::WillProperty(id) => v5 && kind == K::Connect && Home::Will.allows(id),
        }
    }

    /// Whether the field can be written into packets of this type at all, against the standard too: a property that does not belong there.
    pub fn fits(self, kind: PacketKind, version: Version) -> bool {
        let foreign = match self {
            Self::Property(_) => has_list(kind),
            Self::WillProperty(_) => kind == PacketKind::Connect,
            _ => false,
        };
        self.applies_to(kind, version) || foreign && version == Version::V5
    }

    /// The field's value in a packet; `None` where the packet has no such field or leaves it out. Of several the first.
    pub fn get(self, packet: &Packet) -> Option<Value> {
        access::get(self, packet)
    }

    /// Every value of the field in a packet, in the order of the packet: a property may stand more than once.
    pub fn all_in(self, packet: &Packet) -> Vec<Value> {
        access::all(self, packet)
    }

    /// Sets the field; `false` where the packet has no such field or the value is of the wrong sort or range. A property is put in the
    /// place of the first one of its name.
    pub fn set(self, packet: &mut Packet, value: &Value) -> bool {
        let allowed = match self {
            Self::Property(id) => Home::Packet(packet.kind()).allows(id),
            Self::WillProperty(id) => Home::Will.allows(id),
            _ => true,
        };
        allowed && access::set(self, packet, value, false).is_some()
    }

    /// The same, but a property is put behind all others, and need not belong there.
    pub fn add(self, packet: &mut Packet, value: &Value) -> bool {
        access::set(self, packet, value, true).is_some()
    }
}

/// Whether packets of this type have a property list in 5.0.
fn has_list(kind: PacketKind) -> bool {
    !matches!(kind, PacketKind::Pingreq | PacketKind::Pingresp | PacketKind::Reserved)
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// The text named no field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown field `{0}`")]
pub struct UnknownField(String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let counted = |(word, digits): (&str, &str)| {
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            let nth = digits.parse().ok().filter(|_| plain).and_then(Nth::new)?;
            match word {
                "filter" => Some(Self::NthFilter(nth)),
                "options" => Some(Self::NthOptions(nth)),
                "reason" => Some(Self::NthReason(nth)),
                _ => None,
            }
        };
        let property = |id: PropertyId| match s {
            _ if s == id.word() => Some(Self::Property(id)),
            _ if s == id.will_word() => Some(Self::WillProperty(id)),
            _ => None,
        };
        PLAIN
            .into_iter()
            .find(|field| field.name() == s)
            .or_else(|| s.split_once('.').and_then(counted))
            .or_else(|| PropertyId::ALL.into_iter().find_map(property))
            .ok_or_else(|| UnknownField(s.to_owned()))
    }
}
