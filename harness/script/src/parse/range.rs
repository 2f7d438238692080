//! What values a field can hold, and which of them keep the protocol. Knows no packet in particular.

use deadzone_wire::{Field, PropertyId, PropertySort};

/// Bounds of a number.
pub(super) struct Range {
    /// The field can't hold more.
    pub(super) most: u32,
    /// Less breaks the protocol.
    pub(super) polite_least: u32,
    /// More breaks the protocol.
    pub(super) polite_most: u32,
}

const fn range(polite_least: u32, polite_most: u32, most: u32) -> Range {
    Range { most, polite_least, polite_most }
}

/// QoS: 3 can be written and is forbidden.
pub(super) const QOS: Range = range(0, 2, 3);
/// One bit.
pub(super) const BIT: Range = range(0, 1, 1);
/// Subscription Identifier (5.0 §3.8.2.1.2).
pub(super) const SUB_ID: Range = range(1, 268_435_455, 268_435_455);
/// Retain Handling: 3 can be written and is forbidden (5.0 §3.8.3.1).
pub(super) const RETAIN_HANDLING: Range = range(0, 2, 3);
/// Two bytes, 0 forbidden: Packet Identifier, Receive Maximum.
pub(super) const NON_ZERO_U16: Range = range(1, 0xffff, 0xffff);
/// Four bytes, 0 forbidden: Maximum Packet Size.
pub(super) const NON_ZERO_U32: Range = range(1, u32::MAX, u32::MAX);
/// QoS of a fence: a marker breaks nothing.
pub(super) const FENCE_QOS: Range = range(0, 2, 2);
/// A flag that can only be asked for.
pub(super) const ONE: Range = range(1, 1, 1);
/// Any byte.
pub(super) const BYTE: Range = range(0, 0xff, 0xff);
/// Any two bytes.
pub(super) const U16: Range = range(0, 0xffff, 0xffff);
/// Any four bytes.
pub(super) const U32: Range = range(0, u32::MAX, u32::MAX);

/// A byte of which 0 and 1 are legal.
const BYTE_BIT: Range = range(0, 1, 0xff);

/// Of a packet's field; texts have none.
pub(super) fn of(field: Field) -> Option<Range> {
    Some(match field {
        Field::Topic
        | Field::Payload
        | Field::ClientId
        | Field::User
        | Field::Password
        | Field::WillTopic
        | Field::WillPayload
        | Field::Filter
        | Field::NthFilter(_) => return None,
        Field::Id => NON_ZERO_U16,
        Field::Qos | Field::WillQos => QOS,
        Field::Dup
        | Field::Retain
        | Field::SessionPresent
        | Field::Clean
        | Field::Failure
        | Field::WillRetain => BIT,
        // Two reserved bits, two of Retain Handling, Retain As Published, No Local, two of QoS; what each version allows
        // of it is for the broker to say.
        Field::Reason | Field::Options | Field::NthReason(_) | Field::NthOptions(_) => BYTE,
        Field::KeepAlive => U16,
        Field::Property(id) | Field::WillProperty(id) => return of_property(id),
    })
}

fn of_property(id: PropertyId) -> Option<Range> {
    Some(match (id, id.sort()) {
        (_, PropertySort::Text | PropertySort::Binary | PropertySort::Pair) => return None,
        (PropertyId::ReceiveMaximum | PropertyId::TopicAlias, _) => NON_ZERO_U16,
        (PropertyId::MaximumPacketSize, _) => NON_ZERO_U32,
        (_, PropertySort::Byte) => BYTE_BIT,
        (_, PropertySort::U16) => U16,
        (_, PropertySort::U32) => U32,
        (_, PropertySort::Var) => SUB_ID,
    })
}
