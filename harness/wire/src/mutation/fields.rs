//! The breakages that change a packet's fields. A packet without the field stays as it is.

use bytes::Bytes;

use super::Mutation;
use crate::{
    Packet, PacketKind, Properties, Property, PropertyId, PropertyValue, Text, VarInt, Version,
    property::{Home, repeatable},
};

/// The bit that no CONNECT, CONNACK or subscription may set; `false` where the packet keeps none among its fields.
pub(super) fn reserved_bit(packet: &mut Packet) -> bool {
    match packet {
        Packet::Connect(p) => p.flags |= 0x01,
        Packet::Connack(p) => p.flags |= 0x02,
        Packet::Subscribe(p) if !p.filters.is_empty() => p.filters[0].1 |= 0x80,
        _ => return false,
    }
    true
}

pub(super) fn apply(mutation: Mutation, packet: &mut Packet, version: Version) {
    match mutation {
        Mutation::BadUtf8 => append(first_text(packet, version), b"\xff"),
        Mutation::NulInText => append(first_text(packet, version), b"\0"),
        Mutation::SurrogateInText => append(first_text(packet, version), b"\xed\xa0\x80"),
        Mutation::EmptyTopic => {
            let has_filters = matches!(packet, Packet::Subscribe(_) | Packet::Unsubscribe(_));
            if let Some(text) = if has_filters { filter(packet) } else { topic(packet) } {
                *text = Text::default();
            }
        }
        Mutation::WildcardInTopic => append(topic(packet), b"/#"),
        Mutation::BadFilter => append(filter(packet), b"/#/x"),
        Mutation::NoFilters => no_filters(packet),
        Mutation::RepeatProperty => repeat_property(packet, version),
        Mutation::UnknownProperty => add(packet, version, 0x7f, PropertyValue::Byte(0)),
        Mutation::ForeignProperty => {
            // The will's only, so that no packet may hold it.
            add(packet, version, PropertyId::WillDelayInterval as u32, PropertyValue::U32(0));
        }
        Mutation::NonMinimalPropertyLength => {
            if let Some(list) = packet.properties_mut(version) {
                list.length_width = Some(VarInt::minimal(list.content_len() as u32).width() + 1);
            }
        }
        Mutation::Qos3 => match packet {
            Packet::Publish(p) => p.qos = 3,
            Packet::Connect(p) if p.will_flag() => p.flags |= 0x18,
            Packet::Subscribe(p) => p.filters.iter_mut().take(1).for_each(|(_, options)| *options |= 0x03),
            _ => {}
        },
        Mutation::ZeroId => zero_id(packet),
        Mutation::WrongProtocolName => {
            if let Packet::Connect(p) = packet {
                p.protocol_name = "MQTX".into();
            }
        }
        Mutation::ConnectFlags(flags) => {
            if let Packet::Connect(p) = packet {
                p.flags = flags;
            }
        }
        _ => {}
    }
}

fn first_text(packet: &mut Packet, version: Version) -> Option<&mut Text> {
    match packet {
        Packet::Connect(p) => Some(&mut p.client_id),
        Packet::Publish(p) => Some(&mut p.topic),
        Packet::Subscribe(_) | Packet::Unsubscribe(_) => filter(packet),
        _ => reason_string(packet.properties_mut(version)?),
    }
}

fn reason_string(list: &mut Properties) -> Option<&mut Text> {
    if list.get(PropertyId::ReasonString).is_none() {
        list.push(PropertyId::ReasonString, PropertyValue::Text("broken".into()));
    }
    list.items.iter_mut().find_map(|p| match &mut p.value {
        PropertyValue::Text(text) if p.id.value() == PropertyId::ReasonString as u32 => Some(text),
        _ => None,
    })
}

fn topic(packet: &mut Packet) -> Option<&mut Text> {
    match packet {
        Packet::Publish(p) => Some(&mut p.topic),
        Packet::Connect(p) => p.will.as_mut().map(|will| &mut will.topic),
        _ => None,
    }
}

fn filter(packet: &mut Packet) -> Option<&mut Text> {
    match packet {
        Packet::Subscribe(p) => p.filters.first_mut().map(|(filter, _)| filter),
        Packet::Unsubscribe(p) => p.filters.first_mut(),
        _ => None,
    }
}

fn append(text: Option<&mut Text>, bytes: &[u8]) {
    if let Some(text) = text {
        text.0 = Bytes::from([&text.0[..], bytes].concat());
    }
}

fn no_filters(packet: &mut Packet) {
    match packet {
        Packet::Subscribe(p) => p.filters.clear(),
        Packet::Unsubscribe(p) => p.filters.clear(),
        _ => {}
    }
}

fn add(packet: &mut Packet, version: Version, id: u32, value: PropertyValue) {
    if let Some(list) = packet.properties_mut(version) {
        list.items.push(Property { id: VarInt::minimal(id), value });
    }
}

/// Doubles the first property that may stand once; where there is none, adds one that the packet may hold and doubles it.
/// UNSUBSCRIBE may hold User Properties only, which may stand often.
fn repeat_property(packet: &mut Packet, version: Version) {
    let home = Home::Packet(packet.kind());
    let added = match packet.kind() {
        PacketKind::Connect | PacketKind::Connack => {
            (PropertyId::SessionExpiryInterval, PropertyValue::U32(0))
        }
        PacketKind::Publish => (PropertyId::MessageExpiryInterval, PropertyValue::U32(60)),
        PacketKind::Subscribe => (PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(1))),
        _ => (PropertyId::ReasonString, PropertyValue::Text("broken".into())),
    };
    let Some(list) = packet.properties_mut(version) else { return };
    let once = |p: &&Property| PropertyId::from_value(p.id.value()).is_some_and(|id| !repeatable(id, home));
    if let Some(first) = list.items.iter().find(once).cloned() {
        list.items.push(first);
    } else if home.allows(added.0) {
        list.push(added.0, added.1.clone());
        list.push(added.0, added.1);
    }
}

fn zero_id(packet: &mut Packet) {
    match packet {
        Packet::Publish(p) => p.packet_id = p.packet_id.map(|_| 0),
        Packet::Ack(p) => p.packet_id = 0,
        Packet::Subscribe(p) => p.packet_id = 0,
        Packet::Suback(p) => p.packet_id = 0,
        Packet::Unsubscribe(p) => p.packet_id = 0,
        Packet::Unsuback(p) => p.packet_id = 0,
        _ => {}
    }
}
