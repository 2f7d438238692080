//! The packet types by name and nibble.

use std::{fmt, str::FromStr};

/// A control packet type: the high nibble of the first byte (3.1.1 §2.2.1, 5.0 §2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant is the standard's own name")]
pub enum PacketKind {
    /// Nibble 0, forbidden.
    Reserved = 0,
    Connect = 1,
    Connack = 2,
    Publish = 3,
    Puback = 4,
    Pubrec = 5,
    Pubrel = 6,
    Pubcomp = 7,
    Subscribe = 8,
    Suback = 9,
    Unsubscribe = 10,
    Unsuback = 11,
    Pingreq = 12,
    Pingresp = 13,
    Disconnect = 14,
    /// AUTH in 5.0, forbidden before.
    Auth = 15,
}

const ALL: [PacketKind; 16] = [
    PacketKind::Reserved,
    PacketKind::Connect,
    PacketKind::Connack,
    PacketKind::Publish,
    PacketKind::Puback,
    PacketKind::Pubrec,
    PacketKind::Pubrel,
    PacketKind::Pubcomp,
    PacketKind::Subscribe,
    PacketKind::Suback,
    PacketKind::Unsubscribe,
    PacketKind::Unsuback,
    PacketKind::Pingreq,
    PacketKind::Pingresp,
    PacketKind::Disconnect,
    PacketKind::Auth,
];

impl PacketKind {
    /// All sixteen, by nibble.
    pub const ALL: [Self; 16] = ALL;

    /// The type that a nibble names; higher bits are ignored.
    pub fn from_nibble(nibble: u8) -> Self {
        ALL[usize::from(nibble & 0x0f)]
    }

    /// The nibble.
    pub fn nibble(self) -> u8 {
        self as u8
    }

    /// The name in capitals, as the standard prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserved => "RESERVED",
            Self::Connect => "CONNECT",
            Self::Connack => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::Puback => "PUBACK",
            Self::Pubrec => "PUBREC",
            Self::Pubrel => "PUBREL",
            Self::Pubcomp => "PUBCOMP",
            Self::Subscribe => "SUBSCRIBE",
            Self::Suback => "SUBACK",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Unsuback => "UNSUBACK",
            Self::Pingreq => "PINGREQ",
            Self::Pingresp => "PINGRESP",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }
}

impl fmt::Display for PacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text named no control packet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown packet `{0}`")]
pub struct UnknownPacketKind(String);

impl FromStr for PacketKind {
    type Err = UnknownPacketKind;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        ALL.into_iter().skip(1).find(|k| k.name() == s).ok_or_else(|| UnknownPacketKind(s.to_owned()))
    }
}
