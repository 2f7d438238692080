//! MQTT 5.0 properties as an ordered list: order, duplicates and unknown identifiers survive (5.0 §2.2.2).

use bytes::Bytes;

use crate::{Text, VarInt};

/// An ordered property list with what could not be parsed behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Width in bytes of the Property Length field, when it is not the fewest. `None` writes the fewest.
    pub length_width: Option<u8>,
    /// A Property Length that lies: written instead of the true one. Decoding never sets it.
    pub declared_length: Option<u32>,
    /// The properties in wire order.
    pub items: Vec<Property>,
    /// Bytes inside the declared length that form no property (from the first unknown identifier or bad value on). It is
    /// seldom there, and a box takes half the room of [`Bytes`] in every packet that has none.
    pub tail: Box<[u8]>,
}

/// One property: its identifier as written and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The identifier, kept with its width.
    pub id: VarInt,
    /// The value, of the type that the identifier calls for.
    pub value: PropertyValue,
}

/// A property's value on the wire (5.0 §2.2.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PropertyValue {
    /// One byte.
    Byte(u8),
    /// Two Byte Integer.
    U16(u16),
    /// Four Byte Integer.
    U32(u32),
    /// Variable Byte Integer.
    Var(VarInt),
    /// Binary Data.
    Binary(Bytes),
    /// UTF-8 Encoded String.
    Text(Text),
    /// UTF-8 String Pair.
    Pair(Text, Text),
}

/// The property identifiers of MQTT 5.0 (§2.2.2.2, table 2-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is the standard's own name for the identifier")]
pub enum PropertyId {
    PayloadFormatIndicator = 0x01,
    MessageExpiryInterval = 0x02,
    ContentType = 0x03,
    ResponseTopic = 0x08,
    CorrelationData = 0x09,
    SubscriptionIdentifier = 0x0b,
    SessionExpiryInterval = 0x11,
    AssignedClientIdentifier = 0x12,
    ServerKeepAlive = 0x13,
    AuthenticationMethod = 0x15,
    AuthenticationData = 0x16,
    RequestProblemInformation = 0x17,
    WillDelayInterval = 0x18,
    RequestResponseInformation = 0x19,
    ResponseInformation = 0x1a,
    ServerReference = 0x1c,
    ReasonString = 0x1f,
    ReceiveMaximum = 0x21,
    TopicAliasMaximum = 0x22,
    TopicAlias = 0x23,
    MaximumQos = 0x24,
    RetainAvailable = 0x25,
    UserProperty = 0x26,
    MaximumPacketSize = 0x27,
    WildcardSubscriptionAvailable = 0x28,
    SubscriptionIdentifierAvailable = 0x29,
    SharedSubscriptionAvailable = 0x2a,
}

impl PropertyId {
    /// Every identifier, by number.
    pub const ALL: [Self; 27] = [
        Self::PayloadFormatIndicator,
        Self::MessageExpiryInterval,
        Self::ContentType,
        Self::ResponseTopic,
        Self::CorrelationData,
        Self::SubscriptionIdentifier,
        Self::SessionExpiryInterval,
        Self::AssignedClientIdentifier,
        Self::ServerKeepAlive,
        Self::AuthenticationMethod,
        Self::AuthenticationData,
        Self::RequestProblemInformation,
        Self::WillDelayInterval,
        Self::RequestResponseInformation,
        Self::ResponseInformation,
        Self::ServerReference,
        Self::ReasonString,
        Self::ReceiveMaximum,
        Self::TopicAliasMaximum,
        Self::TopicAlias,
        Self::MaximumQos,
        Self::RetainAvailable,
        Self::UserProperty,
        Self::MaximumPacketSize,
        Self::WildcardSubscriptionAvailable,
        Self::SubscriptionIdentifierAvailable,
        Self::SharedSubscriptionAvailable,
    ];

    /// The identifier of this number, if it is listed.
    pub fn from_value(value: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|id| *id as u32 == value)
    }
}

impl Properties {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a property and returns the list, for building.
    #[must_use]
    pub fn with(mut self, id: PropertyId, value: PropertyValue) -> Self {
        self.push(id, value);
        self
    }

    /// Appends a property.
    pub fn push(&mut self, id: PropertyId, value: PropertyValue) {
        self.items.push(Property { id: VarInt::minimal(id as u32), value });
    }

    /// The first value under `id`.
    pub fn get(&self, id: PropertyId) -> Option<&PropertyValue> {
        self.all(id).next()
    }

    /// Every value under `id`, in order.
    pub fn all(&self, id: PropertyId) -> impl Iterator<Item = &PropertyValue> {
        self.items.iter().filter(move |p| p.id.value() == id as u32).map(|p| &p.value)
    }

    /// The first value under `id` as a number (byte, two-, four- or variable byte integer).
    pub fn number(&self, id: PropertyId) -> Option<u32> {
        match self.get(id)? {
            PropertyValue::Byte(v) => Some(u32::from(*v)),
            PropertyValue::U16(v) => Some(u32::from(*v)),
            PropertyValue::U32(v) => Some(*v),
            PropertyValue::Var(v) => Some(v.value()),
            _ => None,
        }
    }

    /// The first value under `id` as text.
    pub fn text(&self, id: PropertyId) -> Option<&Text> {
        match self.get(id)? {
            PropertyValue::Text(t) => Some(t),
            _ => None,
        }
    }

    /// Removes every property under `id`.
    pub fn remove(&mut self, id: PropertyId) {
        self.items.retain(|p| p.id.value() != id as u32);
    }

    /// Whether nothing at all is held.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.tail.is_empty()
    }
}
