//! What the fixed header alone shows to be wrong (3.1.1 §2.2, 5.0 §2.1). Knows nothing of bodies.

use crate::{Frame, PacketKind, Sender, Version, clause, findings::Findings};

/// Checks type, direction, flags and Remaining Length. The flags of PUBLISH are checked with its fields.
pub(crate) fn check(frame: &Frame, findings: &mut Findings) {
    let kind = frame.kind();
    if forbidden(kind, findings.version) {
        let nibble = kind.nibble();
        findings.note(&clause::FORBIDDEN_TYPE, 0, format!("packet type {nibble} is forbidden"));
    } else {
        if only_sender(kind, findings.version).is_some_and(|sender| sender != findings.sender) {
            findings.note(&clause::WRONG_SENDER, 0, format!("{kind} is sent by the other party only"));
        }
        check_flags(kind, frame.flags(), findings);
    }
    if !frame.length.is_minimal() {
        findings.note(&clause::NON_MINIMAL, 0, "Remaining Length not in the fewest bytes");
    }
    if frame.length.value() as usize != frame.body.len() {
        findings.note(&clause::LENGTH_LIE, 0, "Remaining Length is not the length of the body");
    }
}

fn forbidden(kind: PacketKind, version: Version) -> bool {
    kind == PacketKind::Reserved || kind == PacketKind::Auth && version < Version::V5
}

/// The one party that may send this type, where it is one.
fn only_sender(kind: PacketKind, version: Version) -> Option<Sender> {
    use PacketKind as K;

    match kind {
        K::Connect | K::Subscribe | K::Unsubscribe | K::Pingreq => Some(Sender::Client),
        K::Connack | K::Suback | K::Unsuback | K::Pingresp => Some(Sender::Server),
        K::Disconnect if version < Version::V5 => Some(Sender::Client),
        _ => None,
    }
}

fn check_flags(kind: PacketKind, flags: u8, findings: &mut Findings) {
    let (rule, wanted) = match kind {
        PacketKind::Publish => return,
        PacketKind::Pubrel => (&clause::PUBREL_FLAGS, 0b0010),
        PacketKind::Subscribe => (&clause::SUBSCRIBE_FLAGS, 0b0010),
        PacketKind::Unsubscribe => (&clause::UNSUBSCRIBE_FLAGS, 0b0010),
        PacketKind::Disconnect => (&clause::DISCONNECT_FLAGS, 0),
        PacketKind::Auth => (&clause::AUTH_FLAGS, 0),
        _ => (&clause::FLAGS, 0),
    };
    if findings.version == Version::V31 {
        // These three are sent at QoS 1 and may be repeats; every other bit is "not used", which forbids nothing.
        let bad = wanted != 0 && flags & 0b0110 != 0b0010;
        findings.note_if(bad, &clause::FLAGS, 0, "not QoS 1 in the fixed header");
    } else if flags != wanted {
        findings.note(rule, 0, format!("fixed-header flags are {flags:04b} instead of {wanted:04b}"));
    }
}
