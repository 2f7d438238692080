//! One enum over all packets. Only hands over to the packet's own file.

use bytes::Bytes;

use super::{
    Ack, AckKind, Auth, Bare, Connack, Connect, Disconnect, PacketKind, Publish, Suback, Subscribe, Unsuback,
    Unsubscribe,
};
use crate::{
    Frame, Properties, Version,
    findings::Findings,
    reader::{Broken, Reader},
    writer::Writer,
};

/// Any control packet. A history holds many small ones, so the rare one that is several times larger is boxed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is documented at its type")]
pub enum Packet {
    Connect(Box<Connect>),
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
        Frame::new(self.kind().nibble() << 4 | self.flags(), self.body(version))
    }

    /// The flags that belong into the low nibble of the first byte.
    pub fn flags(&self) -> u8 {
        match self {
            Self::Publish(p) => p.flags(),
            _ => match self.kind() {
                PacketKind::Pubrel | PacketKind::Subscribe | PacketKind::Unsubscribe => 0b0010,
                _ => 0,
            },
        }
    }

    /// The list of a packet, made where it was left out; `None` where version or packet have none.
    pub(crate) fn properties_mut(&mut self, version: Version) -> Option<&mut Properties> {
        let layout = match self {
            Self::Connect(p) => p.layout(version),
            _ => version,
        };
        if layout != Version::V5 {
            return None;
        }
        match self {
            Self::Connect(p) => Some(&mut p.properties),
            Self::Connack(p) => Some(p.properties.get_or_insert_default()),
            Self::Publish(p) => Some(&mut p.properties),
            Self::Ack(p) => Some(p.properties.get_or_insert_default()),
            Self::Subscribe(p) => Some(&mut p.properties),
            Self::Suback(p) => Some(&mut p.properties),
            Self::Unsubscribe(p) => Some(&mut p.properties),
            Self::Unsuback(p) => Some(&mut p.properties),
            Self::Disconnect(p) => Some(p.properties.get_or_insert_default()),
            Self::Auth(p) => Some(p.properties.get_or_insert_default()),
            Self::Bare(_) | Self::Opaque(_) => None,
        }
    }

    /// Everything behind the fixed header.
    pub(crate) fn body(&self, version: Version) -> Bytes {
        let mut out = Writer::default();
        match self {
            Self::Connect(p) => p.write(&mut out, version),
            Self::Connack(p) => p.write(&mut out, version),
            Self::Publish(p) => p.write(&mut out, version),
            Self::Ack(p) => p.write(&mut out, version),
            Self::Subscribe(p) => p.write(&mut out, version),
            Self::Suback(p) => p.write(&mut out, version),
            Self::Unsubscribe(p) => p.write(&mut out, version),
            Self::Unsuback(p) => p.write(&mut out, version),
            Self::Bare(p) => p.write(&mut out),
            Self::Disconnect(p) => p.write(&mut out, version),
            Self::Auth(p) => p.write(&mut out),
            Self::Opaque(p) => out.raw(&p.body),
        }
        out.finish()
    }

    /// Takes a frame apart; what cannot be is [`Opaque`], with the reason among the findings.
    pub(crate) fn read(frame: &Frame, findings: &mut Findings) -> Self {
        let mut reader = Reader::new(frame.body.clone());
        Self::read_typed(frame, &mut reader, findings).unwrap_or_else(|broken| {
            broken.note(findings);
            Self::Opaque(Opaque { kind: frame.kind(), body: frame.body.clone() })
        })
    }

    fn read_typed(frame: &Frame, reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let kind = frame.kind();
        Ok(match kind {
            PacketKind::Connect => Self::from(Connect::read(reader, findings)?),
            PacketKind::Connack => Self::Connack(Connack::read(reader, findings)?),
            PacketKind::Publish => Self::Publish(Publish::read(frame.flags(), reader, findings)?),
            PacketKind::Puback => Self::Ack(Ack::read(AckKind::Puback, reader, findings)?),
            PacketKind::Pubrec => Self::Ack(Ack::read(AckKind::Pubrec, reader, findings)?),
            PacketKind::Pubrel => Self::Ack(Ack::read(AckKind::Pubrel, reader, findings)?),
            PacketKind::Pubcomp => Self::Ack(Ack::read(AckKind::Pubcomp, reader, findings)?),
            PacketKind::Subscribe => Self::Subscribe(Subscribe::read(reader, findings)?),
            PacketKind::Suback => Self::Suback(Suback::read(reader, findings)?),
            PacketKind::Unsubscribe => Self::Unsubscribe(Unsubscribe::read(reader, findings)?),
            PacketKind::Unsuback => Self::Unsuback(Unsuback::read(reader, findings)?),
            PacketKind::Pingreq | PacketKind::Pingresp => Self::Bare(Bare::read(kind, reader, findings)),
            PacketKind::Disconnect => Self::Disconnect(Disconnect::read(reader, findings)?),
            PacketKind::Auth if findings.version == Version::V5 => Self::Auth(Auth::read(reader, findings)?),
            PacketKind::Auth | PacketKind::Reserved => {
                Self::Opaque(Opaque { kind, body: frame.body.clone() })
            }
        })
    }
}
