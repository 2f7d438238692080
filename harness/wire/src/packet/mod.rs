//! The typed packets: one file for each, one enum over them.

mod ack;
mod auth;
mod bare;
mod connack;
mod connect;
mod disconnect;
mod kind;
mod publish;
mod suback;
mod subscribe;
mod unsuback;
mod unsubscribe;

use bytes::Bytes;

pub use ack::{Ack, AckKind};
pub use auth::Auth;
pub use bare::Bare;
pub use connack::Connack;
pub use connect::{Connect, Will};
pub use disconnect::Disconnect;
pub use kind::PacketKind;
pub use publish::Publish;
pub use suback::Suback;
pub use subscribe::Subscribe;
pub use unsuback::Unsuback;
pub use unsubscribe::Unsubscribe;

use crate::{Frame, Version};

/// Any control packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum Packet {
    Connect(Connect),
    Connack(Connack),
    Publish(Publish),
    Ack(Ack),
    Subscribe(Subscribe),
    Suback(Suback),
    Unsubscribe(Unsubscribe),
    Unsuback(Unsuback),
    Bare(Bare),
    Disconnect(Disconnect),
    Auth(Auth),
    Opaque(Opaque),
}

/// A frame whose body could not be taken apart, or whose type is reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque {
    /// The type nibble says this.
    pub kind: PacketKind,
    /// The whole body.
    pub body: Bytes,
}

impl Packet {
    /// The packet's type.
    pub fn kind(&self) -> PacketKind {
        match self {
            Self::Connect(_) => PacketKind::Connect,
            Self::Connack(_) => PacketKind::Connack,
            Self::Publish(_) => PacketKind::Publish,
            Self::Ack(p) => p.kind.packet_kind(),
            Self::Subscribe(_) => PacketKind::Subscribe,
            Self::Suback(_) => PacketKind::Suback,
            Self::Unsubscribe(_) => PacketKind::Unsubscribe,
            Self::Unsuback(_) => PacketKind::Unsuback,
            Self::Bare(p) => p.kind,
            Self::Disconnect(_) => PacketKind::Disconnect,
            Self::Auth(_) => PacketKind::Auth,
            Self::Opaque(p) => p.kind,
        }
    }

    /// The Packet Identifier, for the packets that carry one.
    pub fn packet_id(&self) -> Option<u16> {
        match self {
            Self::Publish(p) => p.packet_id,
            Self::Ack(p) => Some(p.packet_id),
            Self::Subscribe(p) => Some(p.packet_id),
            Self::Suback(p) => Some(p.packet_id),
            Self::Unsubscribe(p) => Some(p.packet_id),
            Self::Unsuback(p) => Some(p.packet_id),
            _ => None,
        }
    }

    /// The frame of this packet with its proper flags and a minimal Remaining Length.
    pub fn encode(&self, version: Version) -> Frame {
        let _ = version;
        todo!("wire helper")
    }
}
