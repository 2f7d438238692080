//! Intents: `connect`, `subscribe`, `publish` … each takes its own answer.

use bytes::Bytes;
use deadzone_history::{Abandon, Expected};
use deadzone_script::{
    ConnectMode, ConnectOptions, FieldValue, PacketTemplate, Payload, Step, SubscribeFilter,
};
use deadzone_wire::{
    Ack, AckKind, Bare, Disconnect, Field, Packet, PacketKind, Pattern, Properties, PropertyId,
    PropertyValue, Unsubscribe, Value, Version,
};

use super::{Flow, Player};
use crate::client::Command;

impl Player<'_> {
    pub(super) async fn connect(
        &mut self,
        step: &Step,
        client: usize,
        mode: ConnectMode,
        options: &ConnectOptions,
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        let version = self.clients[client].borrow().version;
        if mode == ConnectMode::Fresh && version != Version::V5 {
            // Before 5.0 no single CONNECT both empties and keeps a session.
            let plain = ConnectOptions { client_id: options.client_id.clone(), ..ConnectOptions::default() };
            if let Flow::Abandon(why) = self.connect_once(step, client, ConnectMode::Clean, &plain, &[]).await
            {
                return Flow::Abandon(why);
            }
            if let Flow::Abandon(why) = self.disconnect(client, None, None).await {
                return Flow::Abandon(why);
            }
            return self.connect_once(step, client, ConnectMode::Resume, options, expected).await;
        }
        self.connect_once(step, client, mode, options, expected).await
    }

    async fn connect_once(
        &mut self,
        step: &Step,
        client: usize,
        mode: ConnectMode,
        options: &ConnectOptions,
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        if self.live_conn(client).is_none()
            && let Flow::Abandon(why) = self.open(client).await
        {
            return Flow::Abandon(why);
        }
        let (version, client_id) = {
            let state = self.clients[client].borrow();
            (state.version, state.client_id.clone())
        };
        let connect = self.words.connect(version, &client_id, mode, options);
        if mode != ConnectMode::Clean || options.expiry_s.is_some_and(|s| s > 0) {
            self.remember_session(&connect.client_id.0, version);
        }
        if connect.will_retain()
            && let Some(will) = &connect.will
        {
            self.retained.insert(will.topic.0.clone());
        }
        self.clients[client].borrow_mut().keep_alive_s = connect.keep_alive_s;
        let Some(conn) = self.live_conn(client) else {
            return Flow::Abandon(Abandon::ClosedEarly);
        };
        let bytes = Packet::from(connect).encode(version).to_bytes();
        if let Flow::Abandon(why) = self.write(client, bytes).await {
            return Flow::Abandon(why);
        }
        let pattern = Pattern { kind: PacketKind::Connack, fields: self.words.fields(expected) };
        let wanted = self.wanted(client, conn, pattern, expected.is_empty());
        match self.arrival(step, wanted).await {
            Some(packet) => {
                if let Some(Packet::Connack(connack)) = packet
                    && let Some(s) = connack.properties.and_then(|p| p.number(PropertyId::ServerKeepAlive))
                {
                    self.clients[client].borrow_mut().keep_alive_s = u16::try_from(s).unwrap_or(u16::MAX);
                }
                Flow::On
            }
            None => self.unmet_claim("the connection was not accepted as claimed"),
        }
    }

    pub(super) fn remember_session(&mut self, client_id: &Bytes, version: Version) {
        self.sessions.insert((client_id.clone(), version));
    }

    pub(super) async fn subscribe(
        &mut self,
        step: &Step,
        client: usize,
        filters: &[SubscribeFilter],
        sub_id: Option<u32>,
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        let (version, id) = self.version_and_id(client);
        let packet = Packet::Subscribe(self.words.subscribe(version, id, filters, sub_id));
        self.ask(step, client, packet, PacketKind::Suback, id, expected).await
    }

    pub(super) async fn unsubscribe(
        &mut self,
        step: &Step,
        client: usize,
        filters: &[Payload],
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        let (_, packet_id) = self.version_and_id(client);
        let filters = filters.iter().map(|f| self.words.text(f)).collect();
        let packet = Unsubscribe { packet_id, properties: Properties::new(), filters, tail: Bytes::new() };
        self.ask(step, client, Packet::Unsubscribe(packet), PacketKind::Unsuback, packet_id, expected).await
    }

    pub(super) async fn publish(
        &mut self,
        step: &Step,
        client: usize,
        template: &PacketTemplate,
        payload: Option<Bytes>,
    ) -> Flow {
        let (version, id) = self.version_and_id(client);
        let mut packet = match self.words.packet(template, version) {
            Ok(packet) => packet,
            Err(why) => return Flow::Abandon(Abandon::BadStep(why.into())),
        };
        let mut qos = 0;
        if let Packet::Publish(p) = &mut packet {
            qos = p.qos;
            p.packet_id = (p.qos > 0).then_some(id);
            if let Some(payload) = payload {
                p.payload = payload;
            }
            if p.retain {
                self.retained.insert(p.topic.0.clone());
            }
        }
        match qos {
            0 => self.write(client, packet.encode(version).to_bytes()).await,
            1 => self.ask(step, client, packet, PacketKind::Puback, id, &[]).await,
            _ => {
                if let Flow::Abandon(why) = self.ask(step, client, packet, PacketKind::Pubrec, id, &[]).await
                {
                    return Flow::Abandon(why);
                }
                // A polite client has released it already.
                let polite = self.clients[client].borrow().polite;
                let release = Packet::Ack(Ack::new(AckKind::Pubrel, id)).encode(version).to_bytes();
                if !polite && let Flow::Abandon(why) = self.write(client, release).await {
                    return Flow::Abandon(why);
                }
                self.take(step, client, PacketKind::Pubcomp, id, &[]).await
            }
        }
    }

    pub(super) async fn burst(
        &mut self,
        step: &Step,
        client: usize,
        count: u32,
        packet: &PacketTemplate,
    ) -> Flow {
        let prefix = packet.fields.iter().find_map(|(f, v)| match (f, v) {
            (Field::Payload, FieldValue::Text(t)) => Some(self.words.bytes(t)),
            _ => None,
        });
        let prefix = prefix.unwrap_or_default();
        for n in 1..=count {
            let mut payload = prefix.to_vec();
            payload.extend_from_slice(n.to_string().as_bytes());
            if let Flow::Abandon(why) = self.publish(step, client, packet, Some(payload.into())).await {
                return Flow::Abandon(why);
            }
        }
        Flow::On
    }

    /// DISCONNECT and an orderly close; then the broker's own close is waited for, so that what comes next comes after it.
    pub(super) async fn disconnect(
        &mut self,
        client: usize,
        reason: Option<u8>,
        expiry_s: Option<u32>,
    ) -> Flow {
        let version = self.clients[client].borrow().version;
        let Some(conn) = self.live_conn(client) else {
            return self.not_connected(client);
        };
        let properties = expiry_s
            .map(|s| Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(s)));
        let reason = if properties.is_some() { Some(reason.unwrap_or(0)) } else { reason };
        let packet = Packet::Disconnect(Disconnect { reason, properties, tail: Bytes::new() });
        if let Flow::Abandon(why) = self.write(client, packet.encode(version).to_bytes()).await {
            return Flow::Abandon(why);
        }
        self.enqueue(client, Command::Close).await;
        self.broker_closed(conn).await;
        Flow::On
    }

    pub(super) async fn ping(&mut self, step: &Step, client: usize) -> Flow {
        let version = self.clients[client].borrow().version;
        let Some(conn) = self.live_conn(client) else {
            return self.not_connected(client);
        };
        let bytes = Packet::Bare(Bare::pingreq()).encode(version).to_bytes();
        if let Flow::Abandon(why) = self.write(client, bytes).await {
            return Flow::Abandon(why);
        }
        let wanted = self.wanted(client, conn, Pattern::of(PacketKind::Pingresp), true);
        match self.arrival(step, wanted).await {
            Some(_) => Flow::On,
            None => self.unmet_claim("no PINGRESP"),
        }
    }

    fn version_and_id(&self, client: usize) -> (Version, u16) {
        let mut state = self.clients[client].borrow_mut();
        (state.version, state.session.fresh_id())
    }

    /// Sends a packet and takes its answer.
    async fn ask(
        &mut self,
        step: &Step,
        client: usize,
        packet: Packet,
        answer: PacketKind,
        id: u16,
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        let version = self.clients[client].borrow().version;
        if let Flow::Abandon(why) = self.write(client, packet.encode(version).to_bytes()).await {
            return Flow::Abandon(why);
        }
        self.take(step, client, answer, id, expected).await
    }

    /// Takes the answer of an intent.
    async fn take(
        &mut self,
        step: &Step,
        client: usize,
        answer: PacketKind,
        id: u16,
        expected: &[(Field, FieldValue)],
    ) -> Flow {
        let Some(conn) = self.clients[client].borrow().last_conn else {
            return self.not_connected(client);
        };
        let mut fields = vec![(Field::Id, Value::Number(u32::from(id)))];
        fields.extend(self.words.fields(expected));
        let wanted = self.wanted(client, conn, Pattern { kind: answer, fields }, expected.is_empty());
        debug_assert!(matches!(wanted.alternatives.as_slice(), [Expected::Packet(_)]));
        match self.arrival(step, wanted).await {
            Some(_) => Flow::On,
            None => self.unmet_claim(&format!("no {answer} as claimed")),
        }
    }
}
