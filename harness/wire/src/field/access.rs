//! Reading and writing a field of a packet by its name.

use bytes::Bytes;

use super::{Field, Nth, Value};
use crate::{
    Connect, Packet, Properties, PropertyId, PropertySort, PropertyValue, Suback, Text, Unsuback, VarInt,
    Version, Will, reason::failure,
};

pub(super) fn get(field: Field, packet: &Packet) -> Option<Value> {
    if let Some(id) = field.property() {
        return properties(field, packet)?.get(id).map(value_of);
    }
    match field {
        Field::Id => packet.packet_id().map(number),
        Field::Reason => reason(packet).map(number),
        Field::NthReason(nth) => codes(packet)?.get(nth.index()).copied().map(number),
        Field::Failure => {
            let answers = matches!(
                packet,
                Packet::Connack(_) | Packet::Suback(_) | Packet::Unsuback(_) | Packet::Ack(_)
            );
            answers.then(|| number(failure(packet).is_some()))
        }
        _ => match packet {
            Packet::Connect(p) => of_connect(field, p),
            Packet::Connack(p) => (field == Field::SessionPresent).then(|| number(p.session_present())),
            Packet::Publish(p) => match field {
                Field::Topic => Some(text(&p.topic)),
                Field::Payload => Some(Value::Bytes(p.payload.clone())),
                Field::Qos => Some(number(p.qos)),
                Field::Dup => Some(number(p.dup)),
                Field::Retain => Some(number(p.retain)),
                _ => None,
            },
            Packet::Subscribe(p) => match (field, p.filters.get(place(field)?)?) {
                (Field::Filter | Field::NthFilter(_), (filter, _)) => Some(text(filter)),
                (_, (_, options)) => Some(number(*options)),
            },
            Packet::Unsubscribe(p) if matches!(field, Field::Filter | Field::NthFilter(_)) => {
                p.filters.get(place(field)?).map(text)
            }
            _ => None,
        },
    }
}

pub(super) fn all(field: Field, packet: &Packet) -> Vec<Value> {
    match field.property() {
        Some(id) => {
            properties(field, packet).into_iter().flat_map(|list| list.all(id)).map(value_of).collect()
        }
        None => get(field, packet).into_iter().collect(),
    }
}

/// Which filter a field means.
fn place(field: Field) -> Option<usize> {
    match field {
        Field::Filter | Field::Options => Some(0),
        Field::NthFilter(nth) | Field::NthOptions(nth) => Some(nth.index()),
        _ => None,
    }
}

fn of_connect(field: Field, p: &Connect) -> Option<Value> {
    match field {
        Field::Clean => Some(number(p.clean())),
        Field::KeepAlive => Some(number(p.keep_alive_s)),
        Field::ClientId => Some(text(&p.client_id)),
        Field::User => p.username.as_ref().map(text),
        Field::Password => p.password.clone().map(Value::Bytes),
        Field::WillTopic => p.will.as_ref().map(|will| text(&will.topic)),
        Field::WillPayload => p.will.as_ref().map(|will| Value::Bytes(will.payload.clone())),
        Field::WillQos => Some(number(p.will_qos())),
        Field::WillRetain => Some(number(p.will_retain())),
        _ => None,
    }
}

/// `behind`: a property goes behind all others, else in the place of the first one of its name.
pub(super) fn set(field: Field, packet: &mut Packet, value: &Value, behind: bool) -> Option<()> {
    if let Some(id) = field.property() {
        let value = property_value(id, value)?;
        let list = properties_mut(field, packet)?;
        match list.items.iter_mut().find(|p| !behind && p.id.value() == id as u32) {
            Some(first) => first.value = value,
            None => list.push(id, value),
        }
        return Some(());
    }
    match (field, packet) {
        (Field::Id, packet) => *packet_id(packet)? = narrow(value)?,
        (Field::Reason, packet) => set_reason(packet, narrow(value)?)?,
        (
            Field::NthReason(nth),
            Packet::Suback(Suback { codes, .. }) | Packet::Unsuback(Unsuback { codes, .. }),
        ) => {
            *grown(codes, nth) = narrow(value)?;
        }
        (field, Packet::Connect(p)) => return set_connect(field, p, value),
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
        (Field::NthFilter(nth), Packet::Subscribe(p)) => grown(&mut p.filters, nth).0 = as_text(value)?,
        (Field::NthFilter(nth), Packet::Unsubscribe(p)) => *grown(&mut p.filters, nth) = as_text(value)?,
        (Field::Options, Packet::Subscribe(p)) => p.filters.first_mut()?.1 = narrow(value)?,
        (Field::NthOptions(nth), Packet::Subscribe(p)) => grown(&mut p.filters, nth).1 = narrow(value)?,
        _ => return None,
    }
    Some(())
}

/// The n-th of a list that grows where it is too short.
fn grown<T: Default + Clone>(list: &mut Vec<T>, nth: Nth) -> &mut T {
    if list.len() <= nth.index() {
        list.resize(nth.index() + 1, T::default());
    }
    &mut list[nth.index()]
}

fn set_connect(field: Field, p: &mut Connect, value: &Value) -> Option<()> {
    match field {
        Field::Clean => p.set_clean(boolean(value)?),
        Field::KeepAlive => p.keep_alive_s = narrow(value)?,
        Field::ClientId => p.client_id = as_text(value)?,
        Field::User => p.set_username(as_text(value)?),
        Field::Password => p.set_password(bytes(value)?.clone()),
        Field::WillTopic => with_will(p).topic = as_text(value)?,
        Field::WillPayload => with_will(p).payload = bytes(value)?.clone(),
        Field::WillQos => {
            let (qos, retain) = (narrow::<u8>(value).filter(|qos| *qos <= 3)?, p.will_retain());
            let will = with_will(p).clone();
            p.set_will(will, qos, retain);
        }
        Field::WillRetain => {
            let (qos, retain) = (p.will_qos(), boolean(value)?);
            let will = with_will(p).clone();
            p.set_will(will, qos, retain);
        }
        _ => return None,
    }
    Some(())
}

/// The will, made with its flag where there is none.
fn with_will(p: &mut Connect) -> &mut Will {
    if p.will.is_none() {
        let (qos, retain) = (p.will_qos(), p.will_retain());
        p.set_will(Will::default(), qos, retain);
    }
    p.will.get_or_insert_default()
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

/// The codes of an answer that has one for each filter.
fn codes(packet: &Packet) -> Option<&[u8]> {
    match packet {
        Packet::Suback(p) => Some(&p.codes),
        Packet::Unsuback(p) => Some(&p.codes),
        _ => None,
    }
}

/// The list that may hold the property; `None` where the packet has no such list now.
fn properties(field: Field, packet: &Packet) -> Option<&Properties> {
    match (field, packet) {
        (Field::WillProperty(_), Packet::Connect(p)) => {
            p.will.as_ref().filter(|_| has_properties(p)).map(|will| &will.properties)
        }
        (Field::WillProperty(_), _) => None,
        (_, Packet::Connect(p)) => has_properties(p).then_some(&p.properties),
        (_, Packet::Connack(p)) => p.properties.as_ref(),
        (_, Packet::Publish(p)) => Some(&p.properties),
        (_, Packet::Ack(p)) => p.properties.as_ref(),
        (_, Packet::Subscribe(p)) => Some(&p.properties),
        (_, Packet::Suback(p)) => Some(&p.properties),
        (_, Packet::Unsubscribe(p)) => Some(&p.properties),
        (_, Packet::Unsuback(p)) => Some(&p.properties),
        (_, Packet::Disconnect(p)) => p.properties.as_ref(),
        (_, Packet::Auth(p)) => p.properties.as_ref(),
        (_, Packet::Bare(_) | Packet::Opaque(_)) => None,
    }
}

/// The same, made where the packet left it out.
fn properties_mut(field: Field, packet: &mut Packet) -> Option<&mut Properties> {
    if !matches!(field, Field::WillProperty(_)) {
        return packet.properties_mut(Version::V5);
    }
    match packet {
        Packet::Connect(p) if has_properties(p) => Some(&mut with_will(p).properties),
        _ => None,
    }
}

fn value_of(value: &PropertyValue) -> Value {
    match value {
        PropertyValue::Byte(v) => number(*v),
        PropertyValue::U16(v) => number(*v),
        PropertyValue::U32(v) => number(*v),
        PropertyValue::Var(v) => number(v.value()),
        PropertyValue::Binary(v) => Value::Bytes(v.clone()),
        PropertyValue::Text(v) => text(v),
        PropertyValue::Pair(name, value) => Value::Pair(name.0.clone(), value.0.clone()),
    }
}

fn property_value(id: PropertyId, value: &Value) -> Option<PropertyValue> {
    Some(match (id.sort(), value) {
        (PropertySort::Byte, value) => PropertyValue::Byte(narrow(value)?),
        (PropertySort::U16, value) => PropertyValue::U16(narrow(value)?),
        (PropertySort::U32, value) => PropertyValue::U32(narrow(value)?),
        (PropertySort::Var, value) => {
            PropertyValue::Var(VarInt::minimal(narrow::<u32>(value).filter(|v| *v <= VarInt::MAX)?))
        }
        (PropertySort::Binary, value) => PropertyValue::Binary(as_text(value)?.0),
        (PropertySort::Text, value) => PropertyValue::Text(as_text(value)?),
        (PropertySort::Pair, Value::Pair(name, value)) => {
            let half = |bytes: &Bytes| as_text(&Value::Bytes(bytes.clone()));
            PropertyValue::Pair(half(name)?, half(value)?)
        }
        (PropertySort::Pair, _) => return None,
    })
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
        _ => None,
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
        _ => None,
    }
}

/// Text of at most the 65,535 bytes that two length bytes can express.
fn as_text(value: &Value) -> Option<Text> {
    bytes(value).filter(|b| b.len() <= usize::from(u16::MAX)).cloned().map(Text)
}
