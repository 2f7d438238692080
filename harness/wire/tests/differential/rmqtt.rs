//! rmqtt's codec: its packets from ours field by field, from bytes and to them. It has one field for each property, so that order is
//! lost, and whether a value that is the default was said at all.

use std::num::{NonZeroU16, NonZeroU32};

use bytes::{Bytes, BytesMut};
use deadzone_wire::{
    Ack, AckKind, Auth, Connack, Connect, Disconnect, Packet, PacketKind, Properties, PropertyId as Id,
    PropertyValue as Val, Publish, Text, Version,
};
use rmqtt_codec::{types, v3, v5};
use tokio_util::codec::{Decoder, Encoder};

/// A packet of either version.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Their {
    V3(v3::Packet),
    V5(v5::Packet),
}

type Made = Result<Their, String>;

/// Their packet of these bytes, all of which it must take.
pub(crate) fn decoded(bytes: &[u8], version: Version) -> Made {
    let mut left = BytesMut::from(bytes);
    let decoded = match version {
        Version::V5 => v5::Codec::new(0, 0).decode(&mut left).map(|found| found.map(|(p, _)| Their::V5(p))),
        _ => v3::Codec::new(0).decode(&mut left).map(|found| found.map(|(p, _)| Their::V3(p))),
    };
    match decoded {
        Ok(Some(packet)) if left.is_empty() => Ok(packet),
        Ok(_) => Err("not one packet".to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// Its bytes.
pub(crate) fn encoded(packet: &Their) -> Result<Bytes, String> {
    let mut out = BytesMut::new();
    match packet {
        Their::V3(packet) => v3::Codec::new(0).encode(packet.clone(), &mut out),
        Their::V5(packet) => v5::Codec::new(0, 0).encode(packet.clone(), &mut out),
    }
    .map_err(|why| why.to_string())?;
    Ok(out.freeze())
}

/// Their packet with the values of ours, each by the name that they give it.
pub(crate) fn made(packet: &Packet, version: Version) -> Made {
    match version {
        Version::V5 => made_v5(packet).map(Their::V5),
        _ => made_v3(packet).map(Their::V3),
    }
}

fn id(id: u16) -> Result<NonZeroU16, String> {
    NonZeroU16::new(id).ok_or_else(|| "packet id 0".to_owned())
}

fn text(text: &Text) -> Result<&str, String> {
    text.as_str().ok_or_else(|| "no UTF-8".to_owned())
}

fn code<C: TryFrom<u8>>(code: u8) -> Result<C, String> {
    C::try_from(code).map_err(|_| format!("no such code: {code:#x}"))
}

fn codes<C: TryFrom<u8>>(codes: &[u8]) -> Result<Vec<C>, String> {
    codes.iter().map(|found| code(*found)).collect()
}

fn made_v3(packet: &Packet) -> Result<v3::Packet, String> {
    use v3::Packet as Their;

    Ok(match packet {
        Packet::Connect(p) => Their::Connect(Box::new(v3::Connect {
            protocol: types::Protocol(p.level),
            clean_session: p.clean(),
            keep_alive: p.keep_alive_s,
            last_will: match &p.will {
                None => None,
                Some(will) => Some(v3::LastWill {
                    qos: code(p.will_qos())?,
                    retain: p.will_retain(),
                    topic: text(&will.topic)?.into(),
                    message: will.payload.clone(),
                }),
            },
            client_id: text(&p.client_id)?.into(),
            username: p.username.as_ref().map(text).transpose()?.map(Into::into),
            password: p.password.clone(),
            cert: None,
        })),
        Packet::Connack(p) => Their::ConnectAck(v3::ConnectAck {
            return_code: code(p.code)?,
            session_present: p.session_present(),
        }),
        Packet::Publish(p) => Their::Publish(Box::new(publish(p, None)?)),
        Packet::Ack(p) => {
            let packet_id = id(p.packet_id)?;
            match p.kind {
                AckKind::Puback => Their::PublishAck { packet_id },
                AckKind::Pubrec => Their::PublishReceived { packet_id },
                AckKind::Pubrel => Their::PublishRelease { packet_id },
                AckKind::Pubcomp => Their::PublishComplete { packet_id },
            }
        }
        Packet::Subscribe(p) => {
            let mut topic_filters = Vec::new();
            for (filter, qos) in &p.filters {
                topic_filters.push((text(filter)?.into(), code(*qos)?));
            }
            Their::Subscribe { packet_id: id(p.packet_id)?, topic_filters }
        }
        Packet::Suback(p) => {
            let status = p.codes.iter().map(|found| match found {
                0x80 => Ok(v3::SubscribeReturnCode::Failure),
                qos => code(*qos).map(v3::SubscribeReturnCode::Success),
            });
            Their::SubscribeAck { packet_id: id(p.packet_id)?, status: status.collect::<Result<_, _>>()? }
        }
        Packet::Unsubscribe(p) => {
            let mut topic_filters = Vec::new();
            for filter in &p.filters {
                topic_filters.push(text(filter)?.into());
            }
            Their::Unsubscribe { packet_id: id(p.packet_id)?, topic_filters }
        }
        Packet::Unsuback(p) => Their::UnsubscribeAck { packet_id: id(p.packet_id)? },
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => Their::PingRequest,
        Packet::Bare(_) => Their::PingResponse,
        Packet::Disconnect(_) => Their::Disconnect,
        Packet::Auth(_) | Packet::Opaque(_) => return Err("none of its packets".to_owned()),
    })
}

fn publish(p: &Publish, properties: Option<v5::PublishProperties>) -> Result<types::Publish, String> {
    Ok(types::Publish {
        dup: p.dup,
        retain: p.retain,
        qos: code(p.qos)?,
        topic: text(&p.topic)?.into(),
        packet_id: p.packet_id.map(id).transpose()?,
        payload: p.payload.clone(),
        properties,
    })
}

/// A list by its identifiers.
struct Listed<'a>(&'a Properties);

impl Listed<'_> {
    fn u32(&self, id: Id) -> Option<u32> {
        self.0.number(id)
    }

    fn u16(&self, id: Id) -> Option<u16> {
        self.u32(id).and_then(|number| number.try_into().ok())
    }

    fn flag(&self, id: Id) -> Option<bool> {
        self.u32(id).map(|number| number != 0)
    }

    fn above_0(&self, id: Id) -> Result<Option<NonZeroU32>, String> {
        self.u32(id).map(|number| NonZeroU32::new(number).ok_or_else(|| format!("{id:?} 0"))).transpose()
    }

    fn text(&self, id: Id) -> Result<Option<&str>, String> {
        self.0.text(id).map(text).transpose()
    }

    fn bytes(&self, id: Id) -> Option<Bytes> {
        match self.0.get(id) {
            Some(Val::Binary(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    fn users(&self) -> Result<v5::UserProperties, String> {
        let pairs = self.0.all(Id::UserProperty).filter_map(|value| match value {
            Val::Pair(name, value) => Some((name, value)),
            _ => None,
        });
        pairs.map(|(name, value)| Ok((text(name)?.into(), text(value)?.into()))).collect()
    }
}

fn made_v5(packet: &Packet) -> Result<v5::Packet, String> {
    use v5::Packet as Their;

    let none = Properties::new();
    let of = |list| Listed(Option::unwrap_or(list, &none));
    Ok(match packet {
        Packet::Connect(p) => Their::Connect(Box::new(connect(p)?)),
        Packet::Connack(p) => Their::ConnectAck(Box::new(connack(p, &of(p.properties.as_ref()))?)),
        Packet::Publish(p) => Their::Publish(Box::new(publish(p, Some(about(&Listed(&p.properties))?))?)),
        Packet::Ack(p) => ack(p, &of(p.properties.as_ref()))?,
        Packet::Subscribe(p) => {
            let mut topic_filters = Vec::new();
            for (filter, options) in &p.filters {
                let options = v5::SubscriptionOptions {
                    qos: code(options & 3)?,
                    no_local: options & 4 != 0,
                    retain_as_published: options & 8 != 0,
                    retain_handling: code(options >> 4 & 3)?,
                };
                topic_filters.push((text(filter)?.into(), options));
            }
            let listed = Listed(&p.properties);
            let (packet_id, id) = (id(p.packet_id)?, listed.above_0(Id::SubscriptionIdentifier)?);
            Their::Subscribe(v5::Subscribe { packet_id, id, user_properties: listed.users()?, topic_filters })
        }
        Packet::Suback(p) => Their::SubscribeAck(v5::SubscribeAck {
            packet_id: id(p.packet_id)?,
            properties: Listed(&p.properties).users()?,
            reason_string: Listed(&p.properties).text(Id::ReasonString)?.map(Into::into),
            status: codes(&p.codes)?,
        }),
        Packet::Unsubscribe(p) => {
            let mut topic_filters = Vec::new();
            for filter in &p.filters {
                topic_filters.push(text(filter)?.into());
            }
            let user_properties = Listed(&p.properties).users()?;
            Their::Unsubscribe(v5::Unsubscribe {
                packet_id: id(p.packet_id)?,
                user_properties,
                topic_filters,
            })
        }
        Packet::Unsuback(p) => Their::UnsubscribeAck(v5::UnsubscribeAck {
            packet_id: id(p.packet_id)?,
            properties: Listed(&p.properties).users()?,
            reason_string: Listed(&p.properties).text(Id::ReasonString)?.map(Into::into),
            status: codes(&p.codes)?,
        }),
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => Their::PingRequest,
        Packet::Bare(_) => Their::PingResponse,
        Packet::Disconnect(p) => Their::Disconnect(disconnect(p, &of(p.properties.as_ref()))?),
        Packet::Auth(p) => Their::Auth(auth(p, &of(p.properties.as_ref()))?),
        Packet::Opaque(_) => return Err("none of its packets".to_owned()),
    })
}

fn disconnect(p: &Disconnect, listed: &Listed<'_>) -> Result<v5::Disconnect, String> {
    Ok(v5::Disconnect {
        reason_code: code(p.code())?,
        session_expiry_interval_secs: listed.u32(Id::SessionExpiryInterval),
        server_reference: listed.text(Id::ServerReference)?.map(Into::into),
        reason_string: listed.text(Id::ReasonString)?.map(Into::into),
        user_properties: listed.users()?,
    })
}

fn auth(p: &Auth, listed: &Listed<'_>) -> Result<v5::Auth, String> {
    Ok(v5::Auth {
        reason_code: code(p.reason.unwrap_or(0))?,
        auth_method: listed.text(Id::AuthenticationMethod)?.map(Into::into),
        auth_data: listed.bytes(Id::AuthenticationData),
        reason_string: listed.text(Id::ReasonString)?.map(Into::into),
        user_properties: listed.users()?,
    })
}

fn connect(p: &Connect) -> Result<v5::Connect, String> {
    let listed = Listed(&p.properties);
    let last_will = match &p.will {
        None => None,
        Some(will) => {
            let about = Listed(&will.properties);
            Some(v5::LastWill {
                qos: code(p.will_qos())?,
                retain: p.will_retain(),
                topic: text(&will.topic)?.into(),
                message: will.payload.clone(),
                will_delay_interval_sec: about.u32(Id::WillDelayInterval),
                correlation_data: about.bytes(Id::CorrelationData),
                message_expiry_interval: about.above_0(Id::MessageExpiryInterval)?,
                content_type: about.text(Id::ContentType)?.map(Into::into),
                user_properties: about.users()?,
                is_utf8_payload: about.flag(Id::PayloadFormatIndicator),
                response_topic: about.text(Id::ResponseTopic)?.map(Into::into),
            })
        }
    };
    Ok(v5::Connect {
        clean_start: p.clean(),
        keep_alive: p.keep_alive_s,
        session_expiry_interval_secs: listed.u32(Id::SessionExpiryInterval).unwrap_or(0),
        auth_method: listed.text(Id::AuthenticationMethod)?.map(Into::into),
        auth_data: listed.bytes(Id::AuthenticationData),
        request_problem_info: listed.flag(Id::RequestProblemInformation).unwrap_or(true),
        request_response_info: listed.flag(Id::RequestResponseInformation).unwrap_or(false),
        receive_max: listed.u16(Id::ReceiveMaximum).map(id).transpose()?,
        topic_alias_max: listed.u16(Id::TopicAliasMaximum).unwrap_or(0),
        user_properties: listed.users()?,
        max_packet_size: listed.above_0(Id::MaximumPacketSize)?,
        last_will,
        client_id: text(&p.client_id)?.into(),
        username: p.username.as_ref().map(text).transpose()?.map(Into::into),
        password: p.password.clone(),
        cert: None,
    })
}

fn connack(p: &Connack, listed: &Listed<'_>) -> Result<v5::ConnectAck, String> {
    let offered = |id| listed.flag(id).unwrap_or(true);
    Ok(v5::ConnectAck {
        session_present: p.session_present(),
        reason_code: code(p.code)?,
        session_expiry_interval_secs: listed.u32(Id::SessionExpiryInterval),
        receive_max: id(listed.u16(Id::ReceiveMaximum).unwrap_or(u16::MAX))?,
        max_qos: match listed.u32(Id::MaximumQos) {
            None => types::QoS::ExactlyOnce,
            Some(qos) => code(u8::try_from(qos).unwrap_or(u8::MAX))?,
        },
        max_packet_size: listed.u32(Id::MaximumPacketSize),
        assigned_client_id: listed.text(Id::AssignedClientIdentifier)?.map(Into::into),
        topic_alias_max: listed.u16(Id::TopicAliasMaximum).unwrap_or(0),
        retain_available: offered(Id::RetainAvailable),
        wildcard_subscription_available: offered(Id::WildcardSubscriptionAvailable),
        subscription_identifiers_available: offered(Id::SubscriptionIdentifierAvailable),
        shared_subscription_available: offered(Id::SharedSubscriptionAvailable),
        server_keepalive_sec: listed.u16(Id::ServerKeepAlive),
        response_info: listed.text(Id::ResponseInformation)?.map(Into::into),
        server_reference: listed.text(Id::ServerReference)?.map(Into::into),
        auth_method: listed.text(Id::AuthenticationMethod)?.map(Into::into),
        auth_data: listed.bytes(Id::AuthenticationData),
        reason_string: listed.text(Id::ReasonString)?.map(Into::into),
        user_properties: listed.users()?,
    })
}

fn about(listed: &Listed<'_>) -> Result<v5::PublishProperties, String> {
    let ids = listed.0.all(Id::SubscriptionIdentifier).filter_map(|value| match value {
        Val::Var(number) => Some(NonZeroU32::new(number.value()).ok_or_else(|| "identifier 0".to_owned())),
        _ => None,
    });
    Ok(v5::PublishProperties {
        topic_alias: listed.u16(Id::TopicAlias).map(id).transpose()?,
        correlation_data: listed.bytes(Id::CorrelationData),
        message_expiry_interval: listed.above_0(Id::MessageExpiryInterval)?,
        content_type: listed.text(Id::ContentType)?.map(Into::into),
        user_properties: listed.users()?,
        is_utf8_payload: listed.flag(Id::PayloadFormatIndicator).unwrap_or(false),
        response_topic: listed.text(Id::ResponseTopic)?.map(Into::into),
        subscription_ids: ids.collect::<Result<_, _>>()?,
    })
}

fn ack(p: &Ack, listed: &Listed<'_>) -> Result<v5::Packet, String> {
    let (packet_id, properties) = (id(p.packet_id)?, listed.users()?);
    let reason_string = listed.text(Id::ReasonString)?.map(Into::into);
    Ok(match p.kind {
        AckKind::Puback | AckKind::Pubrec => {
            let reason_code = code(p.code())?;
            let ack = v5::PublishAck { packet_id, reason_code, properties, reason_string };
            if p.kind == AckKind::Puback {
                v5::Packet::PublishAck(ack)
            } else {
                v5::Packet::PublishReceived(ack)
            }
        }
        AckKind::Pubrel | AckKind::Pubcomp => {
            let reason_code = code(p.code())?;
            let ack = v5::PublishAck2 { packet_id, reason_code, properties, reason_string };
            if p.kind == AckKind::Pubrel {
                v5::Packet::PublishRelease(ack)
            } else {
                v5::Packet::PublishComplete(ack)
            }
        }
    })
}
