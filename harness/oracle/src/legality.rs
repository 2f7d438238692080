//! Whether our own clients kept to the protocol wherever the script did not tell them to break it. What a broker does to a
//! client that broke it proves nothing.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_history::{ClientIx, ConnId, Direction, End, Event, EventKind, Header, PacketEvent, Purpose};
use deadzone_wire::{AckKind, Packet, Publish, Version};

use crate::{
    breach::{Found, Illegal},
    state::State,
};

/// A client's own unfinished QoS 1 or 2 publish, as the client knows it.
#[derive(Clone, Copy, Debug)]
struct Own {
    /// The connection on which it was sent last.
    conn: ConnId,
    /// Its PUBREC of success arrived: the event.
    received: Option<u64>,
}

/// The unfinished publishes of all clients of a script.
#[derive(Debug)]
pub(crate) struct Legality {
    header: Arc<Header>,
    own: BTreeMap<(ClientIx, u16), Own>,
}

impl Legality {
    pub(crate) fn new(header: &Arc<Header>) -> Self {
        Self { header: Arc::clone(header), own: BTreeMap::new() }
    }

    /// Looks at one event of a client's end.
    pub(crate) fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let EventKind::Packet(packet) = &event.kind else { return };
        let Some(conn) = state.conn(packet.conn).filter(|_| packet.end == End::Client) else { return };
        let client = conn.client;
        if packet.direction == Direction::Down {
            return self.arrived(client, event.seq, packet.packet());
        }
        let version = self.header.version_of(client);
        let Some((what, unforeseen)) = self.sent(client, version, packet) else { return };
        let turn = state.around.turn;
        // What a polite client does by itself during a step that breaks the protocol is its own.
        let scripted = packet.sender == Purpose::Script;
        if turn.is_some_and(|turn| turn.deviant) && scripted {
            return;
        }
        let why = format!("`{}` sent {}: {what}", state.name(client), packet.packet().summary());
        let place = state.around.place().filter(|_| scripted);
        found.illegal.push(Illegal { at: event.seq, why, place, unforeseen });
    }

    fn sent(&mut self, client: ClientIx, version: Version, event: &PacketEvent) -> Option<(String, bool)> {
        let resent = match event.packet() {
            Packet::Publish(publish) => self.resent(client, version, event.conn, publish),
            Packet::Connect(connect) if connect.clean() => {
                self.forget(client);
                None
            }
            _ => None,
        };
        let violation = event.violations().first();
        let told = |violation: &deadzone_wire::Violation| {
            (format!("{} ({})", violation.what, violation.clause), false)
        };
        violation.map(told).or(resent)
    }

    fn resent(
        &mut self,
        client: ClientIx,
        version: Version,
        conn: ConnId,
        publish: &Publish,
    ) -> Option<(String, bool)> {
        let id = publish.packet_id?;
        let before = self.own.insert((client, id), Own { conn, received: None });
        let before = before.filter(|_| version == Version::V5)?;
        if let Some(received) = before.received {
            self.own.insert((client, id), before);
            // A PUBREC that came by itself after the resume is nothing that the script could know of.
            let unforeseen = before.conn != conn;
            let how = if unforeseen { ", which the broker had sent unasked behind the resume" } else { "" };
            Some((
                format!("PUBLISH again after its PUBREC (event {received}){how} (5.0/MQTT-4.3.3-6)"),
                unforeseen,
            ))
        } else if before.conn == conn {
            Some(("PUBLISH again on a live connection (5.0/MQTT-4.4.0-1)".to_owned(), false))
        } else {
            None
        }
    }

    fn arrived(&mut self, client: ClientIx, seq: u64, packet: &Packet) {
        match packet {
            Packet::Connack(connack) if connack.code == 0 && !connack.session_present() => {
                self.forget(client);
            }
            Packet::Ack(ack) => match ack.kind {
                AckKind::Pubrec if ack.code() < 0x80 => {
                    if let Some(own) = self.own.get_mut(&(client, ack.packet_id)) {
                        own.received = Some(seq);
                    }
                }
                AckKind::Puback | AckKind::Pubrec | AckKind::Pubcomp => {
                    self.own.remove(&(client, ack.packet_id));
                }
                AckKind::Pubrel => {}
            },
            _ => {}
        }
    }

    fn forget(&mut self, client: ClientIx) {
        self.own.retain(|(other, _), _| *other != client);
    }
}
