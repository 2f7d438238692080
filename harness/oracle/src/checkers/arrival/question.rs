//! Which packet of ours a wait's packet answers, and what is owed for it.

use deadzone_history::ConnId;
use deadzone_wire::{AckKind, Field, Packet, PacketKind, Pattern};

use super::wait::{Wait, number};
use crate::owed::Owed;

/// The packet of ours that calls for this answer, at the client's end: the latest of its kind (and id) before the claim, here
/// or, for a handshake that goes on after a resume, on an earlier connection of the client. Else what the claim names.
pub(super) fn question(wait: &Wait<'_, '_>) -> Option<(ConnId, u64)> {
    let named = wait.answers.map(|seq| (wait.conn.id, seq));
    let Some(pattern) = wait.main_pattern() else { return named };
    if !answers_something(pattern.kind) {
        return None;
    }
    let before = wait.claimed_at;
    let conns = wait.survey.conns_of(wait.client).filter(|conn| conn.id <= wait.conn.id).rev();
    let reach = if pattern.kind == PacketKind::Pubrel { usize::MAX } else { 1 };
    for conn in conns.take(reach) {
        let until = conn.sent.partition_point(|seq| *seq < before);
        let sent = conn.sent.get(..until).unwrap_or_default();
        let asks = |seq: &&u64| wait.survey.packet(**seq).is_some_and(|packet| calls_for(packet, pattern));
        if let Some(seq) = sent.iter().rev().find(asks) {
            return Some((conn.id, *seq));
        }
    }
    named
}

fn answers_something(kind: PacketKind) -> bool {
    !matches!(kind, PacketKind::Publish | PacketKind::Disconnect | PacketKind::Auth)
}

fn calls_for(packet: &Packet, pattern: &Pattern) -> bool {
    let id = number(pattern, Field::Id);
    let same_id = id.is_none() || packet.packet_id().map(u32::from) == id;
    let asks = match packet {
        Packet::Connect(_) => pattern.kind == PacketKind::Connack,
        Packet::Publish(p) => match p.qos {
            1 => pattern.kind == PacketKind::Puback,
            2 => pattern.kind == PacketKind::Pubrec,
            _ => false,
        },
        Packet::Ack(ack) => match ack.kind {
            AckKind::Pubrel => pattern.kind == PacketKind::Pubcomp,
            AckKind::Pubrec => pattern.kind == PacketKind::Pubrel,
            AckKind::Puback | AckKind::Pubcomp => false,
        },
        Packet::Subscribe(_) => pattern.kind == PacketKind::Suback,
        Packet::Unsubscribe(_) => pattern.kind == PacketKind::Unsuback,
        Packet::Bare(p) => p.kind == PacketKind::Pingreq && pattern.kind == PacketKind::Pingresp,
        _ => false,
    };
    asks && same_id
}

/// What is owed where this packet stays out.
pub(super) fn owed(wait: &Wait<'_, '_>, pattern: &Pattern, question: Option<(ConnId, u64)>) -> Owed {
    let asked = question.and_then(|(conn, seq)| Some((conn, wait.survey.packet(seq)?)));
    match (pattern.kind, asked) {
        (PacketKind::Pubrec, Some((_, Packet::Publish(p)))) if p.dup => Owed::PubrecAgain,
        (PacketKind::Pubrel, Some((conn, _))) if conn != wait.conn.id => Owed::Resend,
        (PacketKind::Publish, _) if number(pattern, Field::Dup) == Some(1) => Owed::Resend,
        (PacketKind::Publish, _) if number(pattern, Field::Retain) == Some(1) => Owed::Retained,
        (PacketKind::Publish, _) => Owed::Delivery,
        (kind, _) => Owed::Answer(kind),
    }
}
