//! Exchanges that go right, made by hand.

use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Connect, Disconnect, Packet, PropertyId, PropertyValue, Publish, Suback,
    Subscribe, Version,
};

use super::HandMade;
use crate::{By, ClientIx, Close, ConnId, Direction, End, Purpose};

/// Seconds for which a session outlives its connection, where the version has such a field.
const EXPIRY_S: u32 = 3_600;

/// Which session a connection begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A new one that ends with the connection.
    Clean,
    /// A new one that outlives the connection. Before 5.0 one field says both, so CONNECT asks for a kept session and
    /// CONNACK has none.
    Fresh,
    /// The one that was kept: CONNACK says that it is there.
    Resume,
    /// The one that was kept: CONNACK says that there is none.
    ResumeLost,
}

impl HandMade {
    /// The CONNECT that a client sends to start so; its Client Identifier is its name.
    pub fn connect_packet(&self, client: impl Into<ClientIx>, start: Start) -> Connect {
        let client = client.into();
        let version = self.header.version_of(client);
        let name = self.header.clients.get(client.index()).map_or("harness", |c| &c.name);
        let mut connect = Connect::new(version, name);
        let clean = match version {
            Version::V5 => matches!(start, Start::Clean | Start::Fresh),
            Version::V31 | Version::V311 => start == Start::Clean,
        };
        connect.set_clean(clean);
        if version == Version::V5 && start != Start::Clean {
            connect.properties.push(PropertyId::SessionExpiryInterval, PropertyValue::U32(EXPIRY_S));
        }
        connect
    }

    /// A connection with CONNECT and an accepting CONNACK.
    pub fn connect(&mut self, client: impl Into<ClientIx>, start: Start) -> ConnId {
        let client = client.into();
        let connect = self.connect_packet(client, start);
        let version = self.header.version_of(client);
        let connack = Connack::new(version, start == Start::Resume, 0);
        self.connect_with(client, connect, connack)
    }

    /// A connection with this CONNECT and this CONNACK.
    pub fn connect_with(
        &mut self,
        client: impl Into<ClientIx>,
        connect: Connect,
        connack: Connack,
    ) -> ConnId {
        let conn = self.open(client);
        self.up(conn, Packet::from(connect));
        self.down(conn, Packet::Connack(connack));
        conn
    }

    /// DISCONNECT and an orderly end on both sides.
    pub fn disconnect(&mut self, conn: ConnId) -> u64 {
        self.up(conn, Packet::Disconnect(Disconnect::default()));
        self.closed(conn, End::Client, By::Harness, Close::Fin);
        self.closed(conn, End::Broker, By::Harness, Close::Fin);
        self.broker_closes(conn)
    }

    /// SUBSCRIBE of one filter, granted as asked for; SUBACK's number.
    pub fn subscribe(&mut self, conn: ConnId, packet_id: u16, filter: &str, qos: u8) -> u64 {
        self.up(conn, Packet::Subscribe(Subscribe::new(packet_id, filter, qos)));
        self.down(conn, Packet::Suback(Suback::new(packet_id, vec![qos])))
    }

    /// A client publishes with the whole handshake of the QoS; PUBLISH's number. The id is ignored at QoS 0.
    pub fn publish(&mut self, conn: ConnId, topic: &str, qos: u8, packet_id: u16, payload: &str) -> u64 {
        let given = self.up(conn, Self::message(topic, qos, packet_id, payload));
        match qos {
            0 => {}
            1 => {
                self.down(conn, ack(AckKind::Puback, packet_id));
            }
            _ => {
                self.down(conn, ack(AckKind::Pubrec, packet_id));
                self.up(conn, ack(AckKind::Pubrel, packet_id));
                self.down(conn, ack(AckKind::Pubcomp, packet_id));
            }
        }
        given
    }

    /// The broker delivers with the whole handshake of the QoS; PUBLISH's number. The id is ignored at QoS 0.
    pub fn deliver(&mut self, conn: ConnId, topic: &str, qos: u8, packet_id: u16, payload: &str) -> u64 {
        let seen = self.down(conn, Self::message(topic, qos, packet_id, payload));
        match qos {
            0 => {}
            1 => {
                self.up(conn, ack(AckKind::Puback, packet_id));
            }
            _ => {
                self.up(conn, ack(AckKind::Pubrec, packet_id));
                self.down(conn, ack(AckKind::Pubrel, packet_id));
                self.up(conn, ack(AckKind::Pubcomp, packet_id));
            }
        }
        seen
    }

    /// The harness asks for a sign of life and gets one; PINGRESP's number.
    pub fn life(&mut self, conn: ConnId) -> u64 {
        self.up_for(Purpose::Life, conn, Packet::Bare(Bare::pingreq()));
        self.both_ends(conn, Direction::Down, Packet::Bare(Bare::pingresp()), Purpose::Life).0
    }

    /// The routing pair: two connections of the harness's own beside all links exchange one QoS 1 message on this topic. Their
    /// numbers, the publisher's first.
    pub fn routing_pair(&mut self, topic: &str) -> (ConnId, ConnId) {
        let own = self.harness();
        let (publisher, subscriber) = (self.connect(own, Start::Clean), self.connect(own, Start::Clean));
        self.subscribe(subscriber, 1, topic, 1);
        let message = || Self::message(topic, 1, 1, "deadzone-marker pair");
        self.marker(publisher, Direction::Up, message());
        self.down(publisher, ack(AckKind::Puback, 1));
        self.marker(subscriber, Direction::Down, message());
        self.up_for(Purpose::Polite, subscriber, ack(AckKind::Puback, 1));
        (publisher, subscriber)
    }

    /// A PUBLISH; the id is ignored at QoS 0.
    pub fn message(topic: &str, qos: u8, packet_id: u16, payload: &str) -> Packet {
        let packet_id = (qos > 0).then_some(packet_id);
        Packet::Publish(Publish::new(topic, qos, packet_id, payload.as_bytes().to_vec()))
    }
}

fn ack(kind: AckKind, packet_id: u16) -> Packet {
    Packet::Ack(Ack::new(kind, packet_id))
}
