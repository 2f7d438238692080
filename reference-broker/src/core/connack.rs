//! CONNACK: what it tells of the broker and of the session, and whether the client can take it (3.1.1 §3.2, 5.0 §3.2).

use bytes::Bytes;
use deadzone_wire::{Connack, Connect, Packet, Properties, PropertyId, PropertyValue, Text, Version};

use super::{broker::Broker, offers::Offers, outbox::ConnId};
use crate::{Defect, Variant};

/// The Receive Maximum under [`Variant::SmallReceiveMaximum`] and [`Variant::ReceiveMaximumNotEnforced`].
const SMALL_RECEIVE_MAXIMUM: u16 = 2;
/// The Server Keep Alive under [`Variant::ServerKeepAlive30s`], in seconds.
const SERVER_KEEP_ALIVE_S: u16 = 30;
/// The longest session expiry under [`Variant::SessionExpiryCapped`], in seconds.
const SESSION_EXPIRY_S: u32 = 600;
/// Bytes of the longest string of MQTT.
const STRING_BYTES: usize = 65_535;

impl Broker {
    /// What the CONNACK of an acceptance tells of this broker, with what authentication has to say; `None` if the client can't take it
    /// (5.0/MQTT-3.1.2-24). Our limits and an assigned identifier are not ours to leave out; Response Information is.
    pub(super) fn told(
        &self,
        id: ConnId,
        connect: &Connect,
        client_id: &Text,
        proof: Properties,
    ) -> Option<Properties> {
        let peer = self.conns.get(&id)?.peer;
        let mut told = self.advertised(connect, client_id);
        told.items.extend(proof.items);
        let fits = |told: &Properties| {
            let packet = connack(peer.version, false, 0, told.clone());
            peer.encode(&packet, &self.config).is_some()
        };
        let wanted = peer.response_information || self.config.has(Defect::ResponseInformationUnasked);
        if let Some(prefix) = response_information(client_id).filter(|_| wanted) {
            let more = told.clone().with(PropertyId::ResponseInformation, PropertyValue::Text(prefix));
            if fits(&more) {
                return Some(more);
            }
        }
        fits(&told).then_some(told)
    }

    /// What CONNACK tells of this broker. What is left out has the default: Maximum QoS 2, retain, wildcards and
    /// subscription identifiers available, the client's own keep-alive and session expiry.
    fn advertised(&self, connect: &Connect, client_id: &Text) -> Properties {
        use PropertyId as Id;

        let limits = &self.config.limits;
        let mut told = Properties::new()
            .with(Id::ReceiveMaximum, PropertyValue::U16(self.receive_maximum().max(1)))
            .with(Id::MaximumPacketSize, PropertyValue::U32(limits.packet_bytes))
            .with(Id::TopicAliasMaximum, PropertyValue::U16(limits.topic_aliases));
        if connect.client_id.is_empty() && !self.config.has(Defect::AssignedIdUntold) {
            let wrong = self.config.has(Defect::AssignedIdMistold);
            let id = if wrong { Text([&client_id.0[..], b"x"].concat().into()) } else { client_id.clone() };
            told.push(Id::AssignedClientIdentifier, PropertyValue::Text(id));
        }
        if let Some(keep_alive_s) = self.server_keep_alive_s(connect) {
            told.push(Id::ServerKeepAlive, PropertyValue::U16(keep_alive_s));
        }
        let wanted_s = connect.properties.number(Id::SessionExpiryInterval).unwrap_or(0);
        let expiry_s = self.expiry_s(wanted_s);
        if expiry_s != wanted_s {
            told.push(Id::SessionExpiryInterval, PropertyValue::U32(expiry_s));
        }
        Offers::of(&self.config, Version::V5).tell(&mut told, &self.config);
        told
    }

    /// The Server Keep Alive, if CONNACK tells one: 5.0 alone can (5.0 §3.2.2.3.14).
    fn server_keep_alive_s(&self, connect: &Connect) -> Option<u16> {
        let shorter = self.config.varies(Variant::ServerKeepAlive30s)
            || self.config.has(Defect::ServerKeepAliveNotKept);
        let told = connect.layout(Version::V311) == Version::V5 && shorter;
        (told && connect.keep_alive_s > SERVER_KEEP_ALIVE_S).then_some(SERVER_KEEP_ALIVE_S)
    }

    /// The keep-alive in force, in seconds: the client's own, unless CONNACK told it another (5.0/MQTT-3.2.2-22).
    pub(super) fn keep_alive_s(&self, connect: &Connect) -> u16 {
        let own = connect.keep_alive_s;
        if self.config.has(Defect::ServerKeepAliveUntold) && connect.layout(Version::V311) == Version::V5 {
            return own.div_ceil(2);
        }
        if self.config.has(Defect::ServerKeepAliveNotKept) {
            return own;
        }
        self.server_keep_alive_s(connect).unwrap_or(own)
    }

    /// The session expiry in force where a client of 5.0 asks for this, in seconds.
    pub(super) fn expiry_s(&self, wanted_s: u32) -> u32 {
        if self.config.varies(Variant::SessionExpiryCapped) {
            wanted_s.min(SESSION_EXPIRY_S)
        } else {
            wanted_s
        }
    }

    /// The Receive Maximum that CONNACK tells.
    pub(super) fn receive_maximum(&self) -> u16 {
        let small = [Variant::SmallReceiveMaximum, Variant::ReceiveMaximumNotEnforced];
        if small.into_iter().any(|variant| self.config.varies(variant)) {
            SMALL_RECEIVE_MAXIMUM
        } else {
            self.config.limits.inbound
        }
    }

    pub(super) fn send_connack(&mut self, id: ConnId, present: bool, code: u8, told: Properties) {
        let Some(conn) = self.conns.get(&id) else { return };
        let packet = connack(conn.peer.version, present, code, told);
        self.send(id, &packet);
    }

    /// An identifier that no session has. Counted and not drawn by lot: the same run gives the same bytes.
    pub(super) fn make_client_id(&mut self) -> Text {
        if self.config.has(Defect::EmptyIdsShared) {
            return "assigned1".into();
        }
        loop {
            if self.config.has(Defect::AssignedIdShared) {
                return "assigned".into();
            }
            self.assigned_ids += 1;
            let id = Text::from(format!("assigned{}", self.assigned_ids));
            if !self.sessions.contains_key(&id) {
                return id;
            }
        }
    }
}

/// A CONNACK; before 5.0 it has no properties, and in 3.1 no Session Present: the bit is reserved there.
fn connack(version: Version, present: bool, code: u8, told: Properties) -> Packet {
    let flags = u8::from(present && version != Version::V31);
    let properties = (version == Version::V5).then_some(told);
    Packet::Connack(Connack { flags, code, properties, tail: Bytes::new() })
}

/// Where the answers of one client's requests are to be published (5.0 §3.2.2.3.15), if its identifier can stand in a topic.
fn response_information(client_id: &Text) -> Option<Text> {
    let prefix = Text([&b"responses/"[..], &client_id.0].concat().into());
    let wild = client_id.0.iter().any(|byte| matches!(byte, b'+' | b'#'));
    (prefix.0.len() <= STRING_BYTES && !wild).then_some(prefix)
}
