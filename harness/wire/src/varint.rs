//! The Variable Byte Integer, with the width it was written in (5.0 §1.5.5, 3.1.1 §2.2.3).

/// A Variable Byte Integer: its value and how many bytes carry it, so that a non-minimal encoding survives a round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VarInt {
    value: u32,
    width: u8,
}

impl VarInt {
    /// The largest value that four bytes can carry.
    pub const MAX: u32 = 268_435_455;

    /// The value in the fewest bytes. Values above [`Self::MAX`] are clamped to it.
    pub fn minimal(value: u32) -> Self {
        let value = value.min(Self::MAX);
        Self { value, width: Self::fewest(value) }
    }

    /// The value in `width` bytes (clamped to what the value needs, and to four).
    pub fn with_width(value: u32, width: u8) -> Self {
        let value = value.min(Self::MAX);
        Self { value, width: width.clamp(Self::fewest(value), 4) }
    }

    /// The number carried.
    pub fn value(self) -> u32 {
        self.value
    }

    /// How many bytes carry it, 1 to 4.
    pub fn width(self) -> u8 {
        self.width
    }

    /// Whether it uses the fewest bytes, as 5.0/MQTT-1.5.5-1 demands.
    pub fn is_minimal(self) -> bool {
        self.width == Self::fewest(self.value)
    }

    /// Reads one from the start of `bytes`: `Ok(None)` when more bytes are needed, `Err` when the fourth byte still continues.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, Overlong> {
        let mut value = 0u32;
        for (i, byte) in bytes.iter().take(4).enumerate() {
            value |= u32::from(byte & 0x7f) << (7 * i);
            if byte & 0x80 == 0 {
                return Ok(Some(Self { value, width: i as u8 + 1 }));
            }
        }
        if bytes.len() >= 4 { Err(Overlong) } else { Ok(None) }
    }

    /// Appends the bytes.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut rest = self.value;
        for i in 1..=self.width {
            let byte = (rest & 0x7f) as u8;
            rest >>= 7;
            out.push(if i < self.width { byte | 0x80 } else { byte });
        }
    }

    fn fewest(value: u32) -> u8 {
        match value {
            0..=127 => 1,
            128..=16_383 => 2,
            16_384..=2_097_151 => 3,
            _ => 4,
        }
    }
}

/// A Variable Byte Integer whose fourth byte has its continuation bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("variable byte integer longer than four bytes")]
pub struct Overlong;
