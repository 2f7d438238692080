//! A cursor over a frame's body. Knows the data types of MQTT, not its packets.

use bytes::Bytes;

use crate::{Text, VarInt, clause, clause::Rule, findings::Findings};

/// Reads data types one after another; offsets count from the start of the frame's body.
pub(crate) struct Reader {
    bytes: Bytes,
    at: usize,
    base: usize,
}

/// Why the next field could not be read; the packet cannot be taken apart any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The bytes end inside the field that starts at this offset.
    Short(usize),
    /// The Variable Byte Integer at this offset runs over four bytes.
    Overlong(usize),
    /// The property identifier at this offset is none of the listed.
    UnknownProperty(usize, u32),
}

impl Broken {
    /// Notes it.
    pub(crate) fn note(self, findings: &mut Findings) {
        match self {
            Self::Short(at) => findings.note(&clause::TRUNCATED, at, "field runs past the end"),
            Self::Overlong(at) => {
                findings.note(&clause::OVERLONG, at, "variable byte integer longer than four bytes");
            }
            Self::UnknownProperty(at, id) => {
                findings.note(
                    &clause::UNKNOWN_PROPERTY,
                    at,
                    format!("unknown property identifier 0x{id:02x}"),
                );
            }
        }
    }
}

impl Reader {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, at: 0, base: 0 }
    }

    /// Offset of the next byte in the frame's body.
    pub(crate) fn offset(&self) -> usize {
        self.base + self.at
    }

    /// Whether every byte was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// What is left, without reading it.
    pub(crate) fn peek(&self) -> Bytes {
        self.bytes.slice(self.at..)
    }

    /// What is left.
    pub(crate) fn rest(&mut self) -> Bytes {
        let rest = self.peek();
        self.at = self.bytes.len();
        rest
    }

    /// What is left and should not be there.
    pub(crate) fn trailing(&mut self, findings: &mut Findings) -> Bytes {
        let offset = self.offset();
        let tail = self.rest();
        findings.trailing(&tail, offset);
        tail
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<Bytes, Broken> {
        let left = self.bytes.len() - self.at;
        if left < count {
            return Err(Broken::Short(self.offset()));
        }
        self.at += count;
        Ok(self.bytes.slice(self.at - count..self.at))
    }

    /// A cursor over the next `count` bytes, which are read by that.
    pub(crate) fn sub(&mut self, count: usize) -> Result<Self, Broken> {
        let base = self.offset();
        Ok(Self { bytes: self.take(count)?, at: 0, base })
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Broken> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Broken> {
        let b = self.take(2)?;
        Ok(u16::from_be_bytes([b[0], b[1]]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Broken> {
        let b = self.take(4)?;
        Ok(u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }

    /// A Packet Identifier, which is not 0.
    pub(crate) fn packet_id(&mut self, findings: &mut Findings, rule: &Rule) -> Result<u16, Broken> {
        let offset = self.offset();
        let id = self.u16()?;
        findings.note_if(id == 0, rule, offset, "Packet Identifier 0");
        Ok(id)
    }

    /// A Variable Byte Integer, which uses the fewest bytes.
    pub(crate) fn varint(&mut self, findings: &mut Findings) -> Result<VarInt, Broken> {
        let offset = self.offset();
        match VarInt::read(&self.bytes[self.at..]) {
            Ok(Some(found)) => {
                self.at += usize::from(found.width());
                if !found.is_minimal() {
                    findings.note(
                        &clause::NON_MINIMAL,
                        offset,
                        "variable byte integer not in the fewest bytes",
                    );
                }
                Ok(found)
            }
            Ok(None) => Err(Broken::Short(offset)),
            Err(_) => Err(Broken::Overlong(offset)),
        }
    }

    /// Binary Data: a length of two bytes, then as many.
    pub(crate) fn binary(&mut self) -> Result<Bytes, Broken> {
        let start = self.offset();
        let length = self.u16()?;
        self.take(usize::from(length)).map_err(|_| Broken::Short(start))
    }

    /// A UTF-8 Encoded String, checked.
    pub(crate) fn text(&mut self, findings: &mut Findings) -> Result<Text, Broken> {
        let text = Text(self.binary()?);
        findings.text(&text, self.offset() - text.0.len());
        Ok(text)
    }
}
