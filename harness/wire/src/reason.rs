//! Names of reason codes and return codes, for people; also which codes a packet lists at all.

use crate::{Packet, PacketKind, Sender, Version};

/// The standard's name of a reason code in this packet, if it is listed there: `Packet Identifier not found` for PUBCOMP 0x92.
pub fn reason_name(version: Version, kind: PacketKind, code: u8) -> Option<&'static str> {
    match (version, kind) {
        (Version::V5, _) => reason_of_v5(kind, code),
        (_, PacketKind::Connack) => Some(match code {
            0 => "Connection Accepted",
            1 => "Connection Refused: unacceptable protocol version",
            2 => "Connection Refused: identifier rejected",
            3 => "Connection Refused: server unavailable",
            4 => "Connection Refused: bad user name or password",
            5 => "Connection Refused: not authorized",
            _ => return None,
        }),
        (_, PacketKind::Suback) => Some(match code {
            0 => "Maximum QoS 0",
            1 => "Maximum QoS 1",
            2 => "Maximum QoS 2",
            0x80 if version == Version::V311 => "Failure",
            _ => return None,
        }),
        _ => None,
    }
}

/// The name where the version is not known: 5.0 first, whose codes above 5 no other version lists.
pub(crate) fn name_in_any(kind: PacketKind, code: u8) -> Option<&'static str> {
    reason_name(Version::V5, kind, code).or_else(|| reason_name(Version::V311, kind, code))
}

/// The party to whom the tables of 5.0 give a code, where it is one.
pub(crate) fn only_sender(kind: PacketKind, code: u8) -> Option<Sender> {
    match (kind, code) {
        (PacketKind::Puback | PacketKind::Pubrec, 0x10) => Some(Sender::Server),
        (PacketKind::Disconnect, 0x00 | 0x04) => Some(Sender::Client),
        (PacketKind::Disconnect, 0x87 | 0x89 | 0x8b | 0x8d..=0x8f | 0x9a..=0xa2) => Some(Sender::Server),
        (PacketKind::Auth, 0x00) => Some(Sender::Server),
        (PacketKind::Auth, 0x19) => Some(Sender::Client),
        _ => None,
    }
}

/// The code that says that the exchange failed. SUBACK and UNSUBACK fail when any of their codes does.
/// DISCONNECT has none: it answers nothing, and a server's is always 0x80 or more.
pub fn failure(packet: &Packet) -> Option<u8> {
    match packet {
        Packet::Connack(p) => Some(p.code).filter(|code| *code != 0),
        Packet::Ack(p) => Some(p.code()).filter(|code| *code >= 0x80),
        Packet::Suback(p) => p.codes.iter().copied().find(|code| *code >= 0x80),
        Packet::Unsuback(p) => p.codes.iter().copied().find(|code| *code >= 0x80),
        Packet::Auth(p) => p.reason.filter(|code| *code >= 0x80),
        _ => None,
    }
}

fn reason_of_v5(kind: PacketKind, code: u8) -> Option<&'static str> {
    use PacketKind as K;

    if !listed(kind, code) {
        return None;
    }
    Some(match code {
        0x00 if kind == K::Disconnect => "Normal disconnection",
        0x00 if kind == K::Suback => "Granted QoS 0",
        0x00 => "Success",
        0x01 => "Granted QoS 1",
        0x02 => "Granted QoS 2",
        0x04 => "Disconnect with Will Message",
        0x10 => "No matching subscribers",
        0x11 => "No subscription existed",
        0x18 => "Continue authentication",
        0x19 => "Re-authenticate",
        0x80 => "Unspecified error",
        0x81 => "Malformed Packet",
        0x82 => "Protocol Error",
        0x83 => "Implementation specific error",
        0x84 => "Unsupported Protocol Version",
        0x85 => "Client Identifier not valid",
        0x86 => "Bad User Name or Password",
        0x87 => "Not authorized",
        0x88 => "Server unavailable",
        0x89 => "Server busy",
        0x8a => "Banned",
        0x8b => "Server shutting down",
        0x8c => "Bad authentication method",
        0x8d => "Keep Alive timeout",
        0x8e => "Session taken over",
        0x8f => "Topic Filter invalid",
        0x90 => "Topic Name invalid",
        0x91 => "Packet Identifier in use",
        0x92 => "Packet Identifier not found",
        0x93 => "Receive Maximum exceeded",
        0x94 => "Topic Alias invalid",
        0x95 => "Packet too large",
        0x96 => "Message rate too high",
        0x97 => "Quota exceeded",
        0x98 => "Administrative action",
        0x99 => "Payload format invalid",
        0x9a => "Retain not supported",
        0x9b => "QoS not supported",
        0x9c => "Use another server",
        0x9d => "Server moved",
        0x9e => "Shared Subscriptions not supported",
        0x9f => "Connection rate exceeded",
        0xa0 => "Maximum connect time",
        0xa1 => "Subscription Identifiers not supported",
        0xa2 => "Wildcard Subscriptions not supported",
        _ => return None,
    })
}

/// The codes of each packet in 5.0: the tables of §3.2.2.2, §3.4.2.1 to §3.7.2.1, §3.9.3, §3.11.3, §3.14.2.1 and §3.15.2.1.
fn listed(kind: PacketKind, code: u8) -> bool {
    use PacketKind as K;

    match kind {
        K::Connack => {
            matches!(code, 0x00 | 0x80..=0x8a | 0x8c | 0x90 | 0x95 | 0x97 | 0x99..=0x9d | 0x9f)
        }
        K::Puback | K::Pubrec => matches!(code, 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99),
        K::Pubrel | K::Pubcomp => matches!(code, 0x00 | 0x92),
        K::Suback => {
            matches!(code, 0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8f | 0x91 | 0x97 | 0x9e | 0xa1 | 0xa2)
        }
        K::Unsuback => matches!(code, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8f | 0x91),
        // 0x8c stands for DISCONNECT in the overview of §2.4 only, and is taken as listed.
        K::Disconnect => matches!(
            code,
            0x00 | 0x04 | 0x80..=0x83 | 0x87 | 0x89 | 0x8b..=0x90 | 0x93..=0xa2
        ),
        K::Auth => matches!(code, 0x00 | 0x18 | 0x19),
        _ => false,
    }
}
