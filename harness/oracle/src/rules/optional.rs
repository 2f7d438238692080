//! Reason String and User Property have to be left out where they would make a packet larger than the client allows (5.0): for each
//! packet by a number of its own.

use deadzone_spec::{Pair, pair};
use deadzone_wire::{Packet, PacketKind, Properties, PropertyId};

/// Of each packet that may have them: the statements about its Reason String and its User Property.
const STATEMENTS: [(PacketKind, Pair, Pair); 9] = [
    (PacketKind::Connack, pair!(-, "MQTT-3.2.2-19"), pair!(-, "MQTT-3.2.2-20")),
    (PacketKind::Puback, pair!(-, "MQTT-3.4.2-2"), pair!(-, "MQTT-3.4.2-3")),
    (PacketKind::Pubrec, pair!(-, "MQTT-3.5.2-2"), pair!(-, "MQTT-3.5.2-3")),
    (PacketKind::Pubrel, pair!(-, "MQTT-3.6.2-2"), pair!(-, "MQTT-3.6.2-3")),
    (PacketKind::Pubcomp, pair!(-, "MQTT-3.7.2-2"), pair!(-, "MQTT-3.7.2-3")),
    (PacketKind::Suback, pair!(-, "MQTT-3.9.2-1"), pair!(-, "MQTT-3.9.2-2")),
    (PacketKind::Unsuback, pair!(-, "MQTT-3.11.2-1"), pair!(-, "MQTT-3.11.2-2")),
    (PacketKind::Disconnect, pair!(-, "MQTT-3.14.2-3"), pair!(-, "MQTT-3.14.2-4")),
    (PacketKind::Auth, pair!(-, "MQTT-3.15.2-2"), pair!(-, "MQTT-3.15.2-3")),
];

/// All of them.
pub(super) fn pairs() -> impl Iterator<Item = Pair> {
    STATEMENTS.into_iter().flat_map(|(_, reason, user)| [reason, user])
}

/// The statements about a packet of this kind, each with the property that it is about.
pub(super) fn of(kind: PacketKind) -> impl Iterator<Item = (PropertyId, Pair)> {
    let row = STATEMENTS.into_iter().filter(move |(of, ..)| *of == kind);
    row.flat_map(|(_, reason, user)| [(PropertyId::ReasonString, reason), (PropertyId::UserProperty, user)])
}

/// Whether the packet has this property.
pub(super) fn has(packet: &Packet, id: PropertyId) -> bool {
    let properties: Option<&Properties> = match packet {
        Packet::Connack(p) => p.properties.as_ref(),
        Packet::Ack(p) => p.properties.as_ref(),
        Packet::Suback(p) => Some(&p.properties),
        Packet::Unsuback(p) => Some(&p.properties),
        Packet::Disconnect(p) => p.properties.as_ref(),
        Packet::Auth(p) => p.properties.as_ref(),
        _ => None,
    };
    properties.is_some_and(|properties| properties.get(id).is_some())
}
