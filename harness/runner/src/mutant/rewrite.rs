//! What each mutant makes of one packet from the broker.

use bytes::Bytes;
use deadzone_wire::{
    Ack, AckKind, Frame, Packet, PacketKind, PropertyId, PropertyValue, Publish, Sender, VarInt, Version,
    decode,
};

use super::{Mutant, forged::forged};

/// A Subscription Identifier that no scenario asks for: the largest there is.
const NEVER_ASKED_FOR: u32 = 268_435_455;

/// What a mutant remembers of one connection.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// How many of the packets came that the mutant counts.
    count: u32,
    last_id: Option<u16>,
}

/// The bytes that take the packet's place; `None` for a reset.
pub(super) fn rewrite(
    mutant: Mutant,
    frame: &Frame,
    version: Version,
    memory: &mut Memory,
) -> Option<Vec<Bytes>> {
    let as_it_came = vec![frame.to_bytes()];
    let packet = decode(frame, version, Sender::Server).packet;
    if let Some(forged) = forged(mutant, frame, &packet, version) {
        return Some(forged);
    }
    let encode = |packet: Packet| vec![packet.encode(version).to_bytes()];
    Some(match (mutant, packet) {
        (Mutant::SessionPresentFlipped, Packet::Connack(mut c)) if c.code == 0 => {
            c.flags ^= 1;
            encode(Packet::Connack(c))
        }
        (Mutant::ConnackTwice, Packet::Connack(_)) => vec![frame.to_bytes(), frame.to_bytes()],
        (_, Packet::Publish(publish)) => {
            let packets = rewrite_publish(mutant, publish, version, memory);
            packets.into_iter().flat_map(|p| encode(Packet::Publish(p))).collect()
        }
        (Mutant::PubackIdShifted, Packet::Ack(a)) if a.kind == AckKind::Puback => {
            let packet_id = a.packet_id.checked_add(1).unwrap_or(1);
            encode(Packet::Ack(Ack { packet_id, ..a }))
        }
        (Mutant::GrantUnderstated, Packet::Suback(mut s)) => {
            for code in &mut s.codes {
                if matches!(*code, 1 | 2) {
                    *code -= 1;
                }
            }
            encode(Packet::Suback(s))
        }
        (Mutant::ResetAtPubrel, _) if frame.kind() == PacketKind::Pubrel => return None,
        _ if swallows(mutant) == Some(frame.kind()) => Vec::new(),
        _ => as_it_came,
    })
}

/// The PUBLISHes that take one's place.
fn rewrite_publish(mutant: Mutant, publish: Publish, version: Version, memory: &mut Memory) -> Vec<Publish> {
    let mut p = publish;
    match mutant {
        Mutant::DupCleared => p.dup = false,
        Mutant::RetainSet => p.retain = true,
        Mutant::PacketIdZeroed => p.packet_id = p.packet_id.map(|_| 0),
        Mutant::PacketIdRepeated if p.packet_id.is_some() => {
            let repeats = memory.is_third();
            let last = memory.last_id.replace(p.packet_id.unwrap_or_default());
            p.packet_id = last.filter(|_| repeats).or(p.packet_id);
        }
        Mutant::QosLowered => {
            p.qos = p.qos.saturating_sub(1);
            p.packet_id = p.packet_id.filter(|_| p.qos > 0);
        }
        Mutant::SubscriptionIdAdded if version == Version::V5 => {
            let id = PropertyValue::Var(VarInt::minimal(NEVER_ASKED_FOR));
            p.properties.push(PropertyId::SubscriptionIdentifier, id);
        }
        Mutant::ThirdPublishSwallowed if memory.is_third() => return Vec::new(),
        Mutant::PublishInvented => {
            let mut invented = Publish::new("", 0, None, "published by no client");
            invented.topic = p.topic.clone();
            return vec![p, invented];
        }
        _ => {}
    }
    vec![p]
}

impl Memory {
    fn is_third(&mut self) -> bool {
        self.count += 1;
        self.count.is_multiple_of(3)
    }
}

fn swallows(mutant: Mutant) -> Option<PacketKind> {
    match mutant {
        Mutant::PubcompSwallowed => Some(PacketKind::Pubcomp),
        Mutant::PubackSwallowed => Some(PacketKind::Puback),
        Mutant::PingrespSwallowed => Some(PacketKind::Pingresp),
        Mutant::PubrelSwallowed => Some(PacketKind::Pubrel),
        Mutant::PubrecSwallowed => Some(PacketKind::Pubrec),
        Mutant::SubackSwallowed => Some(PacketKind::Suback),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of `count` PUBLISHes at QoS 2 with the identifiers 1, 2 and so on: qos, identifier, payload.
    fn shown(mutant: Mutant, version: Version, count: u16) -> Vec<(u8, Option<u16>, String)> {
        let mut memory = Memory::default();
        let mut shown = Vec::new();
        for id in 1..=count {
            let came = Packet::Publish(Publish::new("t", 2, Some(id), "m")).encode(version);
            for bytes in rewrite(mutant, &came, version, &mut memory).unwrap() {
                let mut framer = deadzone_wire::Framer::new(1_000);
                framer.push(&bytes);
                let frame = framer.next().unwrap().unwrap();
                if let Packet::Publish(p) = decode(&frame, version, Sender::Server).packet {
                    let id = p.properties.number(PropertyId::SubscriptionIdentifier);
                    let text = id.map_or_else(
                        || String::from_utf8_lossy(&p.payload).into_owned(),
                        |id| format!("id {id}"),
                    );
                    shown.push((p.qos, p.packet_id, text));
                }
            }
        }
        shown
    }

    #[test]
    fn each_mutant_of_publish_does_what_it_says() {
        let m = || "m".to_owned();
        let cases = [
            (Mutant::DupCleared, 1, vec![(2, Some(1), m())]),
            (Mutant::PacketIdZeroed, 1, vec![(2, Some(0), m())]),
            (
                Mutant::PacketIdRepeated,
                4,
                vec![(2, Some(1), m()), (2, Some(2), m()), (2, Some(2), m()), (2, Some(4), m())],
            ),
            (Mutant::QosLowered, 1, vec![(1, Some(1), m())]),
            (
                Mutant::PublishInvented,
                1,
                vec![(2, Some(1), m()), (0, None, "published by no client".to_owned())],
            ),
            (Mutant::ThirdPublishSwallowed, 4, vec![(2, Some(1), m()), (2, Some(2), m()), (2, Some(4), m())]),
        ];
        for (mutant, count, wanted) in cases {
            for version in [Version::V311, Version::V5] {
                assert_eq!(shown(mutant, version, count), wanted, "{} {version}", mutant.name());
            }
        }
        let marked = shown(Mutant::SubscriptionIdAdded, Version::V5, 1);
        assert_eq!(marked, [(2, Some(1), format!("id {NEVER_ASKED_FOR}"))]);
        assert_eq!(shown(Mutant::SubscriptionIdAdded, Version::V311, 1), [(2, Some(1), m())]);
    }

    #[test]
    fn a_reset_takes_the_place_of_a_pubrel() {
        let pubrel = Packet::Ack(Ack::new(AckKind::Pubrel, 1)).encode(Version::V311);
        let rewritten = |mutant| rewrite(mutant, &pubrel, Version::V311, &mut Memory::default());
        assert_eq!(rewritten(Mutant::ResetAtPubrel), None);
        assert_eq!(rewritten(Mutant::PubrelSwallowed), Some(vec![]));
    }
}
