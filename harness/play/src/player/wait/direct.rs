//! Clients of the harness's own on direct connections: they show that the broker reads and routes.

use std::rc::Rc;

use bytes::Bytes;
use deadzone_history::Purpose;
use deadzone_spec::Node;
use deadzone_wire::{Bare, Connect, Disconnect, Packet, Properties, Publish, Subscribe, Text, Version};

use crate::{
    client::{Arrived, Client, Command, SharedClient},
    player::network::Network,
};

/// Keep Alive of these clients, seconds.
const KEEP_ALIVE_S: u16 = 60;

/// One client of the harness's own.
#[derive(Clone)]
pub(in crate::player) struct Direct {
    network: Rc<Network>,
    client: SharedClient,
}

impl Direct {
    /// The one at this node that lives as long as the performance.
    pub(in crate::player) fn own(network: &Rc<Network>, node: Node) -> Self {
        let client = Rc::clone(network.own_at(node));
        Self { network: Rc::clone(network), client }
    }

    /// One for a single exchange.
    pub(super) fn new(network: &Rc<Network>, version: Version, node: Node, id: String) -> Self {
        let client = Client::own(network.own_ix(), version, node, id);
        Self { network: Rc::clone(network), client }
    }

    /// Connects with a clean start, unless it is connected; whether the broker accepted it.
    pub(in crate::player) async fn connect(&self) -> bool {
        if self.client.borrow().accepted().is_some() {
            return true;
        }
        if self.client.borrow().presence.live.is_some() {
            // It is being connected by another question.
            return self.until(|client| client.accepted().is_some()).await;
        }
        if !self.network.open_direct(&self.client).await {
            return false;
        }
        let (version, mut connect) = {
            let client = self.client.borrow();
            (client.version, Connect::new(client.version, &client.id))
        };
        connect.set_clean(true);
        connect.keep_alive_s = KEEP_ALIVE_S;
        if let Some(credentials) = &self.network.access.credentials {
            credentials.fill(&mut connect, version);
        }
        self.client.borrow_mut().keep_alive.in_force_s = KEEP_ALIVE_S;
        self.write(&Packet::from(connect), version, Purpose::Polite);
        self.until(|client| client.accepted().is_some()).await
    }

    /// Asks whether the broker reads. Its answer is in the record.
    pub(super) async fn ping(&self) {
        if self.connect().await {
            let version = self.client.borrow().version;
            self.write(&Packet::Bare(Bare::pingreq()), version, Purpose::Life);
        }
    }

    /// Subscribes; whether the broker granted it.
    async fn subscribe(&self, topic: &Bytes) -> bool {
        let (version, packet_id) = self.fresh_id();
        let filters = vec![(Text(topic.clone()), 1)];
        let tail = Bytes::new();
        let subscribe = Subscribe { packet_id, properties: Properties::new(), filters, tail };
        self.write(&Packet::Subscribe(subscribe), version, Purpose::Polite);
        self.until(|client| client.session.subscriptions().granted().any(|(filter, _)| filter == topic)).await
    }

    /// Publishes a marker at QoS 1; it does not wait for the answer.
    pub(in crate::player) fn publish(&self, topic: Bytes, payload: Bytes) {
        let (version, id) = self.fresh_id();
        let mut publish = Publish::new("", 1, Some(id), payload);
        publish.topic = Text(topic);
        self.write(&Packet::Publish(publish), version, Purpose::Marker);
    }

    /// Whether what it published is acknowledged, once it is or the long bound has passed.
    pub(in crate::player) async fn is_acknowledged(&self) -> bool {
        self.until(|client| client.session.is_quiescent()).await
    }

    /// The most that it may publish on its connection.
    pub(in crate::player) fn max_qos(&self) -> u8 {
        let client = self.client.borrow();
        let Some(conn) = client.presence.conn() else { return 0 };
        let connack = client.inbox.since(0).iter().find_map(|a| match a.packet() {
            Packet::Connack(connack) if a.conn == conn => Some(connack.clone()),
            _ => None,
        });
        let given = connack.and_then(|c| c.properties?.number(deadzone_wire::PropertyId::MaximumQos));
        given.and_then(|qos| u8::try_from(qos).ok()).unwrap_or(2)
    }

    async fn leave(&self) {
        let version = self.client.borrow().version;
        self.write(&Packet::Disconnect(Disconnect::default()), version, Purpose::Polite);
        self.network.enqueue(&self.client, Command::Close).await;
    }

    fn fresh_id(&self) -> (Version, u16) {
        let mut client = self.client.borrow_mut();
        (client.version, client.session.fresh_id())
    }

    fn write(&self, packet: &Packet, version: Version, sender: Purpose) {
        let bytes = packet.encode(version).to_bytes();
        self.client.borrow_mut().presence.enqueue(Command::Write(bytes, sender));
    }

    /// Waits until it is so, at most for the long bound; whether it is. It ends where the connection does.
    async fn until(&self, is_so: impl Fn(&Client) -> bool) -> bool {
        let recorder = &self.network.recorder;
        let ends_us = recorder.now_us() + self.network.timing.bounds(None).long_us;
        let over = || {
            let client = self.client.borrow();
            is_so(&client) || client.presence.live.is_none()
        };
        recorder.until(ends_us, over).await && is_so(&self.client.borrow())
    }
}

/// One message from one to the other. What came of it is in the record.
pub(super) async fn exchange(subscriber: &Direct, publisher: &Direct, topic: Bytes, payload: Bytes) {
    if subscriber.connect().await && subscriber.subscribe(&topic).await && publisher.connect().await {
        if publisher.max_qos() > 0 {
            publisher.publish(topic, payload.clone());
            let is_it = |a: &Arrived| matches!(a.packet(), Packet::Publish(p) if p.payload == payload);
            subscriber.until(|client| client.inbox.since(0).iter().any(is_it)).await;
            publisher.is_acknowledged().await;
        }
        subscriber.leave().await;
        publisher.leave().await;
    }
}
