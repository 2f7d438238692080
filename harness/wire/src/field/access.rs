//! Reading and writing a field of a packet by its name.

use bytes::Bytes;

use super::{Field, Value};
use crate::{
    Connect, Packet, Properties, PropertyId, PropertyValue, Suback, Text, Unsuback, VarInt, Version,
    property::Home, reason::failure,
};

pub(super) fn get(field: Field, packet: &Packet) -> Option<Value> {
    if let Some(id) = property_of(field) {
        return properties(packet, id)?.number(id).map(Value::Number);
    }
    match field {
        Field::Id => packet.packet_id().map(number),
        Field::Reason => reason(packet).map(number),
        Field::Failure => {
            let answers = matches!(packet, Packet::Connack(_) | Packet::Suback(_) | Packet::Unsuback(_));
            answers.then(|| number(failure(packet).is_some()))
        }
        _ => match packet {
            Packet::Connect(p) => match field {
                Field::Clean => Some(number(p.clean())),
                Field::KeepAlive => Some(number(p.keep_alive_s)),
                Field::ClientId => Some(text(&p.client_id)),
                _ => None,
            },
            Packet::Connack(p) => (field == Field::SessionPresent).then(|| number(p.session_present())),
            Packet::Publish(p) => match field {
                Field::Topic => Some(text(&p.topic)),
                Field::Payload => Some(Value::Bytes(p.payload.clone())),
                Field::Qos => Some(number(p.qos)),
                Field::Dup => Some(number(p.dup)),
                Field::Retain => Some(number(p.retain)),
                _ => None,
            },
            Packet::Subscribe(p) => match (field, p.filters.first()?) {
                (Field::Filter, (filter, _)) => Some(text(filter)),
                (Field::Options, (_, options)) => Some(number(*options)),
                _ => None,
            },
            Packet::Unsubscribe(p) if field == Field::Filter => p.filters.first().map(text),
            _ => None,
        },
    }
}

pub(super) fn set(field: Field, packet: &mut Packet, value: &Value) -> Option<()> {
    if let Some(id) = property_of(field) {
        return set_property(packet, id, value);
    }
    match (field, packet) {
        (Field::Id, packet) => *packet_id(packet)? = narrow(value)?,
        (Field::Reason, packet) => set_reason(packet, narrow(value)?)?,
        (Field::Clean, Packet::Connect(p)) => p.set_clean(boolean(value)?),
        (Field::KeepAlive, Packet::Connect(p)) => p.keep_alive_s = narrow(value)?,
        (Field::ClientId, Packet::Connect(p)) => p.client_id = as_text(value)?,
        (Field::SessionPresent, Packet::Connack(p)) => p.flags = (p.flags & !1) | u8::from(boolean(value)?),
        (Field::Topic, Packet::Publish(p)) => p.topic = as_text(value)?,
        (Field::Payload, Packet::Publish(p)) => p.payload = bytes(value)?.clone(),
        (Field::Qos, Packet::Publish(p)) => p.qos = narrow::<u8>(value).filter(|qos| *qos <= 3)?,
        (Field::Dup, Packet::Publish(p)) => p.dup = boolean(value)?,
        (Field::Retain, Packet::Publish(p)) => p.retain = boolean(value)?,
        (Field::Filter, Packet::Subscribe(p)) => {
            let filter = as_text(value)?;
            match p.filters.first_mut() {
                Some(first) => first.0 = filter,
                None => p.filters.push((filter, 0)),
            }
        }
        (Field::Filter, Packet::Unsubscribe(p)) => {
            let filter = as_text(value)?;
            match p.filters.first_mut() {
                Some(first) => *first = filter,
                None => p.filters.push(filter),
            }
        }
        (Field::Options, Packet::Subscribe(p)) => p.filters.first_mut()?.1 = narrow(value)?,
        _ => return None,
    }
    Some(())
}

/// The place of the Packet Identifier. A PUBLISH without one gets one.
fn packet_id(packet: &mut Packet) -> Option<&mut u16> {
    match packet {
        Packet::Publish(p) => Some(p.packet_id.get_or_insert(0)),
        Packet::Ack(p) => Some(&mut p.packet_id),
        Packet::Subscribe(p) => Some(&mut p.packet_id),
        Packet::Suback(p) => Some(&mut p.packet_id),
        Packet::Unsubscribe(p) => Some(&mut p.packet_id),
        Packet::Unsuback(p) => Some(&mut p.packet_id),
        _ => None,
    }
}

fn reason(packet: &Packet) -> Option<u8> {
    match packet {
        Packet::Connack(p) => Some(p.code),
        Packet::Ack(p) => Some(p.code()),
        Packet::Suback(p) => p.codes.first().copied(),
        Packet::Unsuback(p) => p.codes.first().copied(),
        Packet::Disconnect(p) => Some(p.code()),
        Packet::Auth(p) => Some(p.reason.unwrap_or(0)),
        _ => None,
    }
}

fn set_reason(packet: &mut Packet, code: u8) -> Option<()> {
    match packet {
        Packet::Connack(p) => p.code = code,
        Packet::Ack(p) => p.reason = Some(code),
        Packet::Disconnect(p) => p.reason = Some(code),
        Packet::Auth(p) => p.reason = Some(code),
        Packet::Suback(Suback { codes, .. }) | Packet::Unsuback(Unsuback { codes, .. }) => {
            match codes.first_mut() {
                Some(first) => *first = code,
                None => codes.push(code),
            }
        }
        _ => return None,
    }
    Some(())
}

fn property_of(field: Field) -> Option<PropertyId> {
    match field {
        Field::Expiry => Some(PropertyId::SessionExpiryInterval),
        Field::MessageExpiry => Some(PropertyId::MessageExpiryInterval),
        Field::ReceiveMax => Some(PropertyId::ReceiveMaximum),
        Field::MaxPacket => Some(PropertyId::MaximumPacketSize),
        Field::SubId => Some(PropertyId::SubscriptionIdentifier),
        _ => None,
    }
}

/// The list that may hold the property in this packet; `None` where the packet has no such list now.
fn properties(packet: &Packet, id: PropertyId) -> Option<&Properties> {
    if !Home::Packet(packet.kind()).allows(id) {
        return None;
    }
    match packet {
        Packet::Connect(p) => has_properties(p).then_some(&p.properties),
        Packet::Connack(p) => p.properties.as_ref(),
        Packet::Publish(p) => Some(&p.properties),
        Packet::Subscribe(p) => Some(&p.properties),
        Packet::Disconnect(p) => p.properties.as_ref(),
        _ => None,
    }
}

fn set_property(packet: &mut Packet, id: PropertyId, value: &Value) -> Option<()> {
    if !Home::Packet(packet.kind()).allows(id) {
        return None;
    }
    let value = match id {
        PropertyId::ReceiveMaximum => PropertyValue::U16(narrow(value)?),
        PropertyId::SubscriptionIdentifier => {
            PropertyValue::Var(VarInt::minimal(narrow::<u32>(value).filter(|v| *v <= VarInt::MAX)?))
        }
        _ => PropertyValue::U32(narrow(value)?),
    };
    let list = match packet {
        Packet::Connect(p) if has_properties(p) => &mut p.properties,
        Packet::Connack(p) => p.properties.get_or_insert_default(),
        Packet::Publish(p) => &mut p.properties,
        Packet::Subscribe(p) => &mut p.properties,
        Packet::Disconnect(p) => p.properties.get_or_insert_default(),
        _ => return None,
    };
    match list.items.iter_mut().find(|p| p.id.value() == id as u32) {
        Some(first) => first.value = value,
        None => list.push(id, value),
    }
    Some(())
}

/// A CONNECT that names an older level has no properties; other packets do not tell their version.
fn has_properties(connect: &Connect) -> bool {
    connect.layout(Version::V5) == Version::V5
}

fn number(value: impl Into<u32>) -> Value {
    Value::Number(value.into())
}

fn text(text: &Text) -> Value {
    Value::Bytes(text.0.clone())
}

fn narrow<T: TryFrom<u32>>(value: &Value) -> Option<T> {
    match value {
        Value::Number(n) => T::try_from(*n).ok(),
        Value::Bytes(_) => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Number(0) => Some(false),
        Value::Number(1) => Some(true),
        _ => None,
    }
}

fn bytes(value: &Value) -> Option<&Bytes> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        Value::Number(_) => None,
    }
}

/// Text of at most the 65,535 bytes that two length bytes can express.
fn as_text(value: &Value) -> Option<Text> {
    bytes(value).filter(|b| b.len() <= usize::from(u16::MAX)).cloned().map(Text)
}
