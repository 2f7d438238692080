//! What each side of a connection owes the other: which packet calls for which answer.

use std::collections::BTreeMap;

use super::Mark;
use deadzone_wire::{AckKind, Packet, PacketKind};

/// An answer: its type and Packet Identifier (0 where it has none).
pub(crate) type Answer = (PacketKind, u16);

/// Answers that are owed on one connection, each with the packet that calls for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debts {
    /// By the judged party.
    pub(crate) judged: BTreeMap<Answer, Mark>,
    /// By the other one.
    pub(crate) other: BTreeMap<Answer, Mark>,
    /// PINGREQs beyond the first that wait for their PINGRESP.
    pings: u32,
}

impl Debts {
    /// The other party gave a packet.
    pub(super) fn given(&mut self, at: Mark, packet: &Packet) {
        settle(&mut self.other, packet);
        if let Some(answer) = calls_for(packet)
            && self.judged.insert(answer, at).is_some()
            && answer.0 == PacketKind::Pingresp
        {
            self.pings += 1;
        }
    }

    /// The judged party sent a packet.
    pub(super) fn seen(&mut self, at: Mark, packet: &Packet) {
        if packet.kind() == PacketKind::Pingresp && self.pings > 0 {
            self.pings -= 1;
            return;
        }
        settle(&mut self.judged, packet);
        if let Some(answer) = calls_for(packet) {
            self.other.insert(answer, at);
        }
    }
}

fn settle(own: &mut BTreeMap<Answer, Mark>, packet: &Packet) {
    let id = packet.packet_id().unwrap_or(0);
    own.remove(&(packet.kind(), id));
}

/// The answer that a packet calls for.
pub(crate) fn calls_for(packet: &Packet) -> Option<Answer> {
    let kind = match packet {
        Packet::Connect(_) => PacketKind::Connack,
        Packet::Publish(p) => match p.qos {
            1 => PacketKind::Puback,
            2 => PacketKind::Pubrec,
            _ => return None,
        },
        Packet::Ack(ack) => match ack.kind {
            AckKind::Pubrec if ack.code() < 0x80 => PacketKind::Pubrel,
            AckKind::Pubrel => PacketKind::Pubcomp,
            _ => return None,
        },
        Packet::Subscribe(_) => PacketKind::Suback,
        Packet::Unsubscribe(_) => PacketKind::Unsuback,
        Packet::Bare(p) if p.kind == PacketKind::Pingreq => PacketKind::Pingresp,
        _ => return None,
    };
    Some((kind, packet.packet_id().unwrap_or(0)))
}
