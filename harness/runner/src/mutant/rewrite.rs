//! What each mutant makes of one packet from the broker.

use bytes::Bytes;
use deadzone_wire::{Ack, AckKind, Frame, Packet, PacketKind, Sender, Version, decode};

use super::Mutant;

/// The bytes that take the packet's place.
pub(super) fn rewrite(mutant: Mutant, frame: &Frame, version: Version) -> Vec<Bytes> {
    let as_it_came = vec![frame.to_bytes()];
    let packet = decode(frame, version, Sender::Server).packet;
    let encode = |packet: Packet| vec![packet.encode(version).to_bytes()];
    match (mutant, packet) {
        (Mutant::SessionPresentFlipped, Packet::Connack(mut c)) if c.code == 0 => {
            c.flags ^= 1;
            encode(Packet::Connack(c))
        }
        (Mutant::ConnackTwice, Packet::Connack(_)) => vec![frame.to_bytes(), frame.to_bytes()],
        (Mutant::DupCleared, Packet::Publish(mut p)) => {
            p.dup = false;
            encode(Packet::Publish(p))
        }
        (Mutant::RetainSet, Packet::Publish(mut p)) => {
            p.retain = true;
            encode(Packet::Publish(p))
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
        _ if swallows(mutant) == Some(frame.kind()) => Vec::new(),
        _ => as_it_came,
    }
}

fn swallows(mutant: Mutant) -> Option<PacketKind> {
    match mutant {
        Mutant::PubcompSwallowed => Some(PacketKind::Pubcomp),
        Mutant::PubackSwallowed => Some(PacketKind::Puback),
        Mutant::PingrespSwallowed => Some(PacketKind::Pingresp),
        Mutant::PubrelSwallowed => Some(PacketKind::Pubrel),
        _ => None,
    }
}
