//! Whether our own clients kept to the protocol wherever the script did not tell them to break it. What a broker does to a
//! client that broke it proves nothing.

use std::collections::BTreeMap;

use deadzone_history::Direction;
use deadzone_history::{ConnId, End, PacketEvent};
use deadzone_wire::{AckKind, Packet, Publish, Version};

use crate::{opinion::Opinion, survey::Survey};

pub(super) const NAME: &str = "legality";

/// The word at the end of a step that breaks the protocol on purpose.
const MARK: &str = "deviant";

/// A client's own unfinished QoS 1 or 2 publish, as the client knows it.
#[derive(Clone, Copy)]
struct Own {
    /// The connection on which it was sent last.
    conn: ConnId,
    /// Its PUBREC of success arrived.
    received: bool,
}

pub(super) fn check(survey: &Survey<'_>) -> Vec<Opinion> {
    let mut own: BTreeMap<(usize, u16), Own> = BTreeMap::new();
    let mut opinions = Vec::new();
    for event in survey.events {
        let deadzone_history::EventKind::Packet(packet) = &event.kind else { continue };
        let Some(conn) = survey.conn(packet.conn).filter(|_| packet.end == End::Client) else { continue };
        let wrong = match packet.direction {
            Direction::Up => sent(&mut own, conn.client, conn.version, packet),
            Direction::Down => {
                arrived(&mut own, conn.client, &packet.decoded.packet);
                None
            }
        };
        let Some(what) = wrong.filter(|_| !told_to(survey, event.seq)) else { continue };
        let why = format!("`{}` sent {}: {what}", survey.name(conn.client), packet.decoded.packet.summary());
        opinions.push(Opinion::Illegal { at: event.seq, why });
    }
    opinions
}

fn told_to(survey: &Survey<'_>, seq: u64) -> bool {
    survey.turn_at(seq).is_some_and(|turn| turn.text.split_whitespace().any(|word| word == MARK))
}

fn sent(
    own: &mut BTreeMap<(usize, u16), Own>,
    client: usize,
    version: Version,
    event: &PacketEvent,
) -> Option<String> {
    let resent = match &event.decoded.packet {
        Packet::Publish(publish) => resent(own, client, version, event.conn, publish),
        Packet::Connect(connect) if connect.clean() => {
            forget(own, client);
            None
        }
        _ => None,
    };
    let violation = event.decoded.violations.first();
    violation.map(|violation| format!("{} ({})", violation.what, violation.clause)).or(resent)
}

fn resent(
    own: &mut BTreeMap<(usize, u16), Own>,
    client: usize,
    version: Version,
    conn: ConnId,
    publish: &Publish,
) -> Option<String> {
    let id = publish.packet_id?;
    let before = own.insert((client, id), Own { conn, received: false });
    let before = before.filter(|_| version == Version::V5)?;
    if before.received {
        own.insert((client, id), before);
        Some("PUBLISH again after its PUBREC (5.0/MQTT-4.3.3-6)".to_owned())
    } else if before.conn == conn {
        Some("PUBLISH again on a live connection (5.0/MQTT-4.4.0-1)".to_owned())
    } else {
        None
    }
}

fn arrived(own: &mut BTreeMap<(usize, u16), Own>, client: usize, packet: &Packet) {
    match packet {
        Packet::Connack(connack) if connack.code == 0 && !connack.session_present() => forget(own, client),
        Packet::Ack(ack) => match ack.kind {
            AckKind::Pubrec if ack.code() < 0x80 => {
                if let Some(own) = own.get_mut(&(client, ack.packet_id)) {
                    own.received = true;
                }
            }
            AckKind::Puback | AckKind::Pubrec | AckKind::Pubcomp => {
                own.remove(&(client, ack.packet_id));
            }
            AckKind::Pubrel => {}
        },
        _ => {}
    }
}

fn forget(own: &mut BTreeMap<(usize, u16), Own>, client: usize) {
    let gone: Vec<_> = own.range((client, 0)..=(client, u16::MAX)).map(|(key, _)| *key).collect();
    for key in gone {
        own.remove(&key);
    }
}
