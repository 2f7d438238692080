//! The codec of mqtt-protocol-core: its packets by their builders from ours, and from bytes by their parsers. Its parsers see bodies only;
//! fixed headers are its connection's business.

use std::sync::Arc;

use deadzone_wire::{
    Ack, AckKind, Connect, Frame, Packet, PacketKind, Properties, Property, PropertyId as Id,
    PropertyValue as Val, Text, Version,
};
use mqtt_protocol_core::mqtt::{
    packet::{self as theirs, PayloadFormat, SubEntry, SubOpts, v3_1_1, v5_0},
    result_code::MqttError,
};

type Made = Result<theirs::Packet, String>;

fn told(why: MqttError) -> String {
    format!("{why:?}")
}

fn code<C: TryFrom<u8>>(code: u8) -> Result<C, String> {
    C::try_from(code).map_err(|_| format!("no such code: {code:#x}"))
}

fn text(text: &Text) -> Result<&str, String> {
    text.as_str().ok_or_else(|| "no UTF-8".to_owned())
}

/// Their packet of a frame's body, all of which it must take.
pub(crate) fn decoded(frame: &Frame, version: Version) -> Made {
    let body = &frame.body[..];
    macro_rules! whole {
        ($variant:ident, $parsed:expr) => {{
            let (packet, taken) = $parsed.map_err(told)?;
            if taken == body.len() {
                Ok(theirs::Packet::$variant(packet))
            } else {
                Err("bytes are left".to_owned())
            }
        }};
    }
    let arc: Arc<[u8]> = Arc::from(body);
    match (frame.kind(), version) {
        (PacketKind::Connect, Version::V5) => whole!(V5_0Connect, v5_0::Connect::parse(body)),
        (PacketKind::Connack, Version::V5) => whole!(V5_0Connack, v5_0::Connack::parse(body)),
        (PacketKind::Publish, Version::V5) => whole!(V5_0Publish, v5_0::Publish::parse(frame.flags(), arc)),
        (PacketKind::Puback, Version::V5) => whole!(V5_0Puback, v5_0::Puback::parse(body)),
        (PacketKind::Pubrec, Version::V5) => whole!(V5_0Pubrec, v5_0::Pubrec::parse(body)),
        (PacketKind::Pubrel, Version::V5) => whole!(V5_0Pubrel, v5_0::Pubrel::parse(body)),
        (PacketKind::Pubcomp, Version::V5) => whole!(V5_0Pubcomp, v5_0::Pubcomp::parse(body)),
        (PacketKind::Subscribe, Version::V5) => whole!(V5_0Subscribe, v5_0::Subscribe::parse(body)),
        (PacketKind::Suback, Version::V5) => whole!(V5_0Suback, v5_0::Suback::parse(body)),
        (PacketKind::Unsubscribe, Version::V5) => whole!(V5_0Unsubscribe, v5_0::Unsubscribe::parse(body)),
        (PacketKind::Unsuback, Version::V5) => whole!(V5_0Unsuback, v5_0::Unsuback::parse(body)),
        (PacketKind::Pingreq, Version::V5) => whole!(V5_0Pingreq, v5_0::Pingreq::parse(body)),
        (PacketKind::Pingresp, Version::V5) => whole!(V5_0Pingresp, v5_0::Pingresp::parse(body)),
        (PacketKind::Disconnect, Version::V5) => whole!(V5_0Disconnect, v5_0::Disconnect::parse(body)),
        (PacketKind::Auth, Version::V5) => whole!(V5_0Auth, v5_0::Auth::parse(body)),
        (PacketKind::Connect, _) => whole!(V3_1_1Connect, v3_1_1::Connect::parse(body)),
        (PacketKind::Connack, _) => whole!(V3_1_1Connack, v3_1_1::Connack::parse(body)),
        (PacketKind::Publish, _) => whole!(V3_1_1Publish, v3_1_1::Publish::parse(frame.flags(), arc)),
        (PacketKind::Puback, _) => whole!(V3_1_1Puback, v3_1_1::Puback::parse(body)),
        (PacketKind::Pubrec, _) => whole!(V3_1_1Pubrec, v3_1_1::Pubrec::parse(body)),
        (PacketKind::Pubrel, _) => whole!(V3_1_1Pubrel, v3_1_1::Pubrel::parse(body)),
        (PacketKind::Pubcomp, _) => whole!(V3_1_1Pubcomp, v3_1_1::Pubcomp::parse(body)),
        (PacketKind::Subscribe, _) => whole!(V3_1_1Subscribe, v3_1_1::Subscribe::parse(body)),
        (PacketKind::Suback, _) => whole!(V3_1_1Suback, v3_1_1::Suback::parse(body)),
        (PacketKind::Unsubscribe, _) => whole!(V3_1_1Unsubscribe, v3_1_1::Unsubscribe::parse(body)),
        (PacketKind::Unsuback, _) => whole!(V3_1_1Unsuback, v3_1_1::Unsuback::parse(body)),
        (PacketKind::Pingreq, _) => whole!(V3_1_1Pingreq, v3_1_1::Pingreq::parse(body)),
        (PacketKind::Pingresp, _) => whole!(V3_1_1Pingresp, v3_1_1::Pingresp::parse(body)),
        (PacketKind::Disconnect, _) => whole!(V3_1_1Disconnect, v3_1_1::Disconnect::parse(body)),
        (kind, _) => Err(format!("{kind} is none of its packets")),
    }
}

/// Their packet with the values of ours, each by the name that they give it.
pub(crate) fn made(packet: &Packet, version: Version) -> Made {
    match (packet, version) {
        (Packet::Connect(p), Version::V5) => connect_v5(p),
        (Packet::Connect(p), _) => connect_v3(p),
        (Packet::Ack(p), Version::V5) => ack_v5(p),
        (Packet::Ack(p), _) => ack_v3(p),
        (_, Version::V5) => other_v5(packet),
        _ => other_v3(packet),
    }
}

macro_rules! connect {
    ($ours:expr, $builder:expr, $clean:ident) => {{
        let ours: &Connect = $ours;
        let mut builder = $builder.$clean(ours.clean()).keep_alive(ours.keep_alive_s);
        builder = builder.client_id(text(&ours.client_id)?).map_err(told)?;
        if let Some(will) = &ours.will {
            let (topic, payload) = (text(&will.topic)?, will.payload.to_vec());
            builder = builder
                .will_message(topic, payload, code(ours.will_qos())?, ours.will_retain())
                .map_err(told)?;
        }
        if let Some(name) = &ours.username {
            builder = builder.user_name(text(name)?).map_err(told)?;
        }
        if let Some(password) = &ours.password {
            builder = builder.password(password.to_vec()).map_err(told)?;
        }
        builder
    }};
}

fn connect_v3(p: &Connect) -> Made {
    let builder = connect!(p, v3_1_1::Connect::builder(), clean_session);
    builder.build().map(theirs::Packet::V3_1_1Connect).map_err(told)
}

fn connect_v5(p: &Connect) -> Made {
    let mut builder = connect!(p, v5_0::Connect::builder(), clean_start).props(props(&p.properties)?);
    if let Some(will) = &p.will {
        builder = builder.will_props(props(&will.properties)?);
    }
    builder.build().map(theirs::Packet::V5_0Connect).map_err(told)
}

fn ack_v3(p: &Ack) -> Made {
    macro_rules! ack {
        ($packet:ident, $variant:ident) => {
            v3_1_1::$packet::builder().packet_id(p.packet_id).build().map(theirs::Packet::$variant)
        };
    }
    let made = match p.kind {
        AckKind::Puback => ack!(Puback, V3_1_1Puback),
        AckKind::Pubrec => ack!(Pubrec, V3_1_1Pubrec),
        AckKind::Pubrel => ack!(Pubrel, V3_1_1Pubrel),
        AckKind::Pubcomp => ack!(Pubcomp, V3_1_1Pubcomp),
    };
    made.map_err(told)
}

fn ack_v5(p: &Ack) -> Made {
    macro_rules! ack {
        ($packet:ident, $variant:ident) => {{
            let mut builder = v5_0::$packet::builder().packet_id(p.packet_id);
            if let Some(reason) = p.reason {
                builder = builder.reason_code(code(reason)?);
            }
            if let Some(list) = &p.properties {
                builder = builder.props(props(list)?);
            }
            builder.build().map(theirs::Packet::$variant)
        }};
    }
    let made = match p.kind {
        AckKind::Puback => ack!(Puback, V5_0Puback),
        AckKind::Pubrec => ack!(Pubrec, V5_0Pubrec),
        AckKind::Pubrel => ack!(Pubrel, V5_0Pubrel),
        AckKind::Pubcomp => ack!(Pubcomp, V5_0Pubcomp),
    };
    made.map_err(told)
}

fn entries(filters: &[(Text, u8)]) -> Result<Vec<SubEntry>, String> {
    let entry = |(filter, options): &(Text, u8)| {
        let options = SubOpts::from_u8(*options).map_err(told)?;
        SubEntry::new(text(filter)?, options).map_err(told)
    };
    filters.iter().map(entry).collect()
}

fn texts(filters: &[Text]) -> Result<Vec<&str>, String> {
    filters.iter().map(text).collect()
}

fn codes<C: TryFrom<u8>>(codes: &[u8]) -> Result<Vec<C>, String> {
    codes.iter().map(|found| code(*found)).collect()
}

fn other_v3(packet: &Packet) -> Made {
    use theirs::Packet as Their;

    let made = match packet {
        Packet::Connack(p) => v3_1_1::Connack::builder()
            .session_present(p.session_present())
            .return_code(code(p.code)?)
            .build()
            .map(Their::V3_1_1Connack),
        Packet::Publish(p) => v3_1_1::Publish::builder()
            .topic_name(text(&p.topic)?)
            .map_err(told)?
            .qos(code(p.qos)?)
            .dup(p.dup)
            .retain(p.retain)
            .packet_id(p.packet_id)
            .payload(p.payload.to_vec())
            .build()
            .map(Their::V3_1_1Publish),
        Packet::Subscribe(p) => v3_1_1::Subscribe::builder()
            .packet_id(p.packet_id)
            .entries(entries(&p.filters)?)
            .build()
            .map(Their::V3_1_1Subscribe),
        Packet::Suback(p) => v3_1_1::Suback::builder()
            .packet_id(p.packet_id)
            .return_codes(codes(&p.codes)?)
            .build()
            .map(Their::V3_1_1Suback),
        Packet::Unsubscribe(p) => v3_1_1::Unsubscribe::builder()
            .packet_id(p.packet_id)
            .entries(texts(&p.filters)?)
            .map_err(told)?
            .build()
            .map(Their::V3_1_1Unsubscribe),
        Packet::Unsuback(p) => {
            v3_1_1::Unsuback::builder().packet_id(p.packet_id).build().map(Their::V3_1_1Unsuback)
        }
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => Ok(Their::V3_1_1Pingreq(v3_1_1::Pingreq::new())),
        Packet::Bare(_) => Ok(Their::V3_1_1Pingresp(v3_1_1::Pingresp::new())),
        Packet::Disconnect(_) => Ok(Their::V3_1_1Disconnect(v3_1_1::Disconnect::new())),
        _ => return Err("none of its packets".to_owned()),
    };
    made.map_err(told)
}

/// DISCONNECT and AUTH: a reason and properties, where they are there.
macro_rules! ending {
    ($packet:ty, $ours:expr) => {{
        let mut builder = <$packet>::builder();
        if let Some(reason) = $ours.reason {
            builder = builder.reason_code(code(reason)?);
        }
        if let Some(list) = &$ours.properties {
            builder = builder.props(props(list)?);
        }
        builder.build()
    }};
}

fn other_v5(packet: &Packet) -> Made {
    use theirs::Packet as Their;

    let none = Properties::new();
    let made = match packet {
        Packet::Connack(p) => v5_0::Connack::builder()
            .session_present(p.session_present())
            .reason_code(code(p.code)?)
            .props(props(p.properties.as_ref().unwrap_or(&none))?)
            .build()
            .map(Their::V5_0Connack),
        Packet::Publish(p) => v5_0::Publish::builder()
            .topic_name(text(&p.topic)?)
            .map_err(told)?
            .qos(code(p.qos)?)
            .dup(p.dup)
            .retain(p.retain)
            .packet_id(p.packet_id)
            .props(props(&p.properties)?)
            .payload(p.payload.to_vec())
            .build()
            .map(Their::V5_0Publish),
        Packet::Subscribe(p) => v5_0::Subscribe::builder()
            .packet_id(p.packet_id)
            .props(props(&p.properties)?)
            .entries(entries(&p.filters)?)
            .build()
            .map(Their::V5_0Subscribe),
        Packet::Suback(p) => v5_0::Suback::builder()
            .packet_id(p.packet_id)
            .props(props(&p.properties)?)
            .reason_codes(codes(&p.codes)?)
            .build()
            .map(Their::V5_0Suback),
        Packet::Unsubscribe(p) => v5_0::Unsubscribe::builder()
            .packet_id(p.packet_id)
            .props(props(&p.properties)?)
            .entries(texts(&p.filters)?)
            .map_err(told)?
            .build()
            .map(Their::V5_0Unsubscribe),
        Packet::Unsuback(p) => v5_0::Unsuback::builder()
            .packet_id(p.packet_id)
            .props(props(&p.properties)?)
            .reason_codes(codes(&p.codes)?)
            .build()
            .map(Their::V5_0Unsuback),
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => Ok(Their::V5_0Pingreq(v5_0::Pingreq::new())),
        Packet::Bare(_) => Ok(Their::V5_0Pingresp(v5_0::Pingresp::new())),
        Packet::Disconnect(p) => ending!(v5_0::Disconnect, p).map(Their::V5_0Disconnect),
        Packet::Auth(p) => ending!(v5_0::Auth, p).map(Their::V5_0Auth),
        _ => return Err("none of its packets".to_owned()),
    };
    made.map_err(told)
}

fn props(list: &Properties) -> Result<theirs::Properties, String> {
    list.items.iter().map(property).collect()
}

fn property(property: &Property) -> Result<theirs::Property, String> {
    let id = Id::from_value(property.id.value()).ok_or("no such property")?;
    macro_rules! of {
        ($name:ident, $value:expr) => {
            theirs::$name::new($value).map(theirs::Property::$name)
        };
    }
    let made = match (id, &property.value) {
        (Id::PayloadFormatIndicator, Val::Byte(v)) => of!(PayloadFormatIndicator, code::<PayloadFormat>(*v)?),
        (Id::RequestProblemInformation, Val::Byte(v)) => of!(RequestProblemInformation, *v),
        (Id::RequestResponseInformation, Val::Byte(v)) => of!(RequestResponseInformation, *v),
        (Id::MaximumQos, Val::Byte(v)) => of!(MaximumQos, *v),
        (Id::RetainAvailable, Val::Byte(v)) => of!(RetainAvailable, *v),
        (Id::WildcardSubscriptionAvailable, Val::Byte(v)) => of!(WildcardSubscriptionAvailable, *v),
        (Id::SubscriptionIdentifierAvailable, Val::Byte(v)) => of!(SubscriptionIdentifierAvailable, *v),
        (Id::SharedSubscriptionAvailable, Val::Byte(v)) => of!(SharedSubscriptionAvailable, *v),
        (Id::ServerKeepAlive, Val::U16(v)) => of!(ServerKeepAlive, *v),
        (Id::ReceiveMaximum, Val::U16(v)) => of!(ReceiveMaximum, *v),
        (Id::TopicAliasMaximum, Val::U16(v)) => of!(TopicAliasMaximum, *v),
        (Id::TopicAlias, Val::U16(v)) => of!(TopicAlias, *v),
        (Id::MessageExpiryInterval, Val::U32(v)) => of!(MessageExpiryInterval, *v),
        (Id::SessionExpiryInterval, Val::U32(v)) => of!(SessionExpiryInterval, *v),
        (Id::WillDelayInterval, Val::U32(v)) => of!(WillDelayInterval, *v),
        (Id::MaximumPacketSize, Val::U32(v)) => of!(MaximumPacketSize, *v),
        (Id::SubscriptionIdentifier, Val::Var(v)) => of!(SubscriptionIdentifier, v.value()),
        (Id::CorrelationData, Val::Binary(v)) => of!(CorrelationData, v.to_vec()),
        (Id::AuthenticationData, Val::Binary(v)) => of!(AuthenticationData, v.to_vec()),
        (Id::ContentType, Val::Text(v)) => of!(ContentType, text(v)?),
        (Id::ResponseTopic, Val::Text(v)) => of!(ResponseTopic, text(v)?),
        (Id::AssignedClientIdentifier, Val::Text(v)) => of!(AssignedClientIdentifier, text(v)?),
        (Id::AuthenticationMethod, Val::Text(v)) => of!(AuthenticationMethod, text(v)?),
        (Id::ResponseInformation, Val::Text(v)) => of!(ResponseInformation, text(v)?),
        (Id::ServerReference, Val::Text(v)) => of!(ServerReference, text(v)?),
        (Id::ReasonString, Val::Text(v)) => of!(ReasonString, text(v)?),
        (Id::UserProperty, Val::Pair(name, value)) => {
            theirs::UserProperty::new(text(name)?, text(value)?).map(theirs::Property::UserProperty)
        }
        _ => return Err("a value of another type".to_owned()),
    };
    made.map_err(told)
}
