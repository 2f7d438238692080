//! PINGREQ and PINGRESP: packets without a body (3.1.1 §3.12, §3.13; 5.0 §3.12, §3.13).

use bytes::Bytes;

use crate::{PacketKind, findings::Findings, reader::Reader, writer::Writer};

/// A PINGREQ or PINGRESP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bare {
    /// [`PacketKind::Pingreq`] or [`PacketKind::Pingresp`].
    pub kind: PacketKind,
    /// A body that should not be there.
    pub tail: Bytes,
}

impl Bare {
    /// A PINGREQ.
    pub fn pingreq() -> Self {
        Self { kind: PacketKind::Pingreq, tail: Bytes::new() }
    }

    /// A PINGRESP.
    pub fn pingresp() -> Self {
        Self { kind: PacketKind::Pingresp, tail: Bytes::new() }
    }

    pub(crate) fn read(kind: PacketKind, reader: &mut Reader, findings: &mut Findings) -> Self {
        Self { kind, tail: reader.trailing(findings) }
    }

    pub(crate) fn write(&self, out: &mut Writer) {
        out.raw(&self.tail);
    }
}
