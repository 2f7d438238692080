//! Reason String and User Property: what a packet may carry beside what it says, and what goes first where the client has no room
//! for it (5.0/MQTT-3.2.2-19 and -20, and their likes for each packet). Knows no state.

use deadzone_wire::{Packet, PacketKind, Properties, PropertyId, PropertyValue, Text, Version, reason_name};

use super::peer::Peer;
use crate::{Config, Defect, Variant};

/// From this on a Reason Code says that something failed (5.0 §2.4).
const FAILURE: u8 = 0x80;
/// Bytes of the text that a defect sends at most: what a string of MQTT can hold.
const LONGEST_TEXT: usize = 65_535;

/// The defects that leave a limit out of account, each in one packet.
const UNBOUNDED: [(Defect, PacketKind, PropertyId); 18] = [
    (Defect::ReasonStringUnboundedInConnack, PacketKind::Connack, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInPuback, PacketKind::Puback, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInPubrec, PacketKind::Pubrec, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInPubrel, PacketKind::Pubrel, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInPubcomp, PacketKind::Pubcomp, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInSuback, PacketKind::Suback, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInUnsuback, PacketKind::Unsuback, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInDisconnect, PacketKind::Disconnect, PropertyId::ReasonString),
    (Defect::ReasonStringUnboundedInAuth, PacketKind::Auth, PropertyId::ReasonString),
    (Defect::UserPropertyUnboundedInConnack, PacketKind::Connack, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInPuback, PacketKind::Puback, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInPubrec, PacketKind::Pubrec, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInPubrel, PacketKind::Pubrel, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInPubcomp, PacketKind::Pubcomp, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInSuback, PacketKind::Suback, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInUnsuback, PacketKind::Unsuback, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInDisconnect, PacketKind::Disconnect, PropertyId::UserProperty),
    (Defect::UserPropertyUnboundedInAuth, PacketKind::Auth, PropertyId::UserProperty),
];

/// One optional property with its value.
type Extra = (PropertyId, PropertyValue);

/// The packet with what is optional, the fullest form first; the packet alone is not among them.
pub(super) fn decorated(peer: &Peer, packet: &Packet, config: &Config) -> Vec<Packet> {
    let code = code(packet);
    let failed = code.is_some_and(|code| code >= FAILURE);
    let unasked = config.has(Defect::ProblemInformationUnasked) && !peer.problem_information;
    let tells = failed || unasked || config.varies(Variant::ReasonStringEverywhere);
    let reason_string = code.filter(|_| tells && may_carry(peer, packet, PropertyId::ReasonString, config));
    let reason_string = reason_string.map(|code| (PropertyId::ReasonString, reason_text(packet, code)));
    let marks = config.varies(Variant::UserPropertyEverywhere);
    let user_property = (marks && may_carry(peer, packet, PropertyId::UserProperty, config))
        .then(|| (PropertyId::UserProperty, PropertyValue::Pair("served-by".into(), "deadzone".into())));
    match (reason_string, user_property) {
        (None, None) => Vec::new(),
        (Some(one), None) | (None, Some(one)) => with(packet, &[one]).into_iter().collect(),
        (Some(text), Some(mark)) => {
            let forms: [&[Extra]; 3] = [&[text.clone(), mark.clone()], &[text], &[mark]];
            forms.into_iter().filter_map(|extras| with(packet, extras)).collect()
        }
    }
}

/// The packet that a defect sends whatever the client's Maximum Packet Size is.
pub(super) fn unbounded(peer: &Peer, packet: &Packet, config: &Config) -> Option<Packet> {
    if peer.max_packet == u32::MAX {
        return None;
    }
    let of = |row: &&(Defect, PacketKind, PropertyId)| row.1 == packet.kind() && config.has(row.0);
    let property = UNBOUNDED.iter().find(of)?.2;
    if !may_carry(peer, packet, property, config) {
        return None;
    }
    let filler = Text::from("x".repeat((peer.max_packet as usize).min(LONGEST_TEXT)));
    let value = match property {
        PropertyId::UserProperty => PropertyValue::Pair("x".into(), filler),
        _ => PropertyValue::Text(filler),
    };
    with(packet, &[(property, value)])
}

/// The standard's own name of the code: short, and the same each time.
fn reason_text(packet: &Packet, code: u8) -> PropertyValue {
    PropertyValue::Text(reason_name(Version::V5, packet.kind(), code).unwrap_or("refused").into())
}

/// The Reason Code of a packet; of several the first that fails.
fn code(packet: &Packet) -> Option<u8> {
    let worst =
        |codes: &[u8]| codes.iter().copied().find(|c| *c >= FAILURE).or_else(|| codes.first().copied());
    match packet {
        Packet::Connack(p) => Some(p.code),
        Packet::Ack(p) => Some(p.code()),
        Packet::Suback(p) => worst(&p.codes),
        Packet::Unsuback(p) => worst(&p.codes),
        Packet::Disconnect(p) => Some(p.reason.unwrap_or(0)),
        Packet::Auth(p) => Some(p.reason.unwrap_or(0)),
        _ => None,
    }
}

/// Whether the property may stand there, and the client has not asked for silence (5.0/MQTT-3.1.2-29).
fn may_carry(peer: &Peer, packet: &Packet, property: PropertyId, config: &Config) -> bool {
    use PacketKind as Kind;

    let asked = peer.problem_information || config.has(Defect::ProblemInformationUnasked);
    peer.version == Version::V5
        && match packet.kind() {
            Kind::Publish => property == PropertyId::UserProperty,
            Kind::Connack | Kind::Disconnect => true,
            Kind::Puback | Kind::Pubrec | Kind::Pubrel | Kind::Pubcomp => asked,
            Kind::Suback | Kind::Unsuback | Kind::Auth => asked,
            _ => false,
        }
}

fn with(packet: &Packet, extras: &[Extra]) -> Option<Packet> {
    let mut packet = packet.clone();
    let properties = properties(&mut packet)?;
    for (id, value) in extras {
        properties.push(*id, value.clone());
    }
    Some(packet)
}

/// Where the properties of a packet stand, in its long form.
fn properties(packet: &mut Packet) -> Option<&mut Properties> {
    Some(match packet {
        Packet::Publish(p) => &mut p.properties,
        Packet::Connack(p) => p.properties.get_or_insert_default(),
        Packet::Disconnect(p) => with_reason(&mut p.reason, &mut p.properties),
        Packet::Ack(p) => with_reason(&mut p.reason, &mut p.properties),
        Packet::Auth(p) => with_reason(&mut p.reason, &mut p.properties),
        Packet::Suback(p) => &mut p.properties,
        Packet::Unsuback(p) => &mut p.properties,
        _ => return None,
    })
}

/// Properties stand behind a Reason Code: the short forms have none.
fn with_reason<'a>(reason: &mut Option<u8>, properties: &'a mut Option<Properties>) -> &'a mut Properties {
    reason.get_or_insert_default();
    properties.get_or_insert_default()
}
