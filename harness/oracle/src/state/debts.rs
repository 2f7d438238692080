//! What each side of a connection owes the other: which packet calls for which answer.

use super::Mark;
use crate::hash::Map;
use deadzone_wire::{AckKind, Packet, PacketKind};

/// An answer: its type and Packet Identifier (0 where it has none).
pub(crate) type Answer = (PacketKind, u16);

/// Answers that one side owes, each with the packet that calls for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owing(Map<Answer, Mark>);

impl Owing {
    /// All of them, by type and id.
    pub(crate) fn sorted(&self) -> Vec<(Answer, Mark)> {
        let mut all: Vec<(Answer, Mark)> = self.0.iter().map(|(answer, at)| (*answer, *at)).collect();
        all.sort_unstable();
        all
    }

    /// The first of them, by type and id.
    pub(crate) fn first(&self) -> Option<(Answer, Mark)> {
        self.0.iter().map(|(answer, at)| (*answer, *at)).min()
    }

    /// Whether one of these types is among them.
    pub(crate) fn any_of(&self, kinds: &[PacketKind]) -> bool {
        self.0.keys().any(|(kind, _)| kinds.contains(kind))
    }

    fn settle(&mut self, packet: &Packet) {
        self.0.remove(&(packet.kind(), packet.packet_id().unwrap_or(0)));
    }
}

/// Answers that are owed on one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debts {
    /// By the judged party.
    pub(crate) judged: Owing,
    /// By the other one.
    pub(crate) other: Owing,
    /// PINGREQs beyond the first that wait for their PINGRESP.
    pings: u32,
}

impl Debts {
    /// The other party gave a packet.
    pub(super) fn given(&mut self, at: Mark, packet: &Packet) {
        self.other.settle(packet);
        if let Some(answer) = calls_for(packet)
            && self.judged.0.insert(answer, at).is_some()
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
        self.judged.settle(packet);
        if let Some(answer) = calls_for(packet) {
            self.other.0.insert(answer, at);
        }
    }
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
