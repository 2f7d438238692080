//! Reads length-prefixed fields one after another from bytes of which the end may be missing. Knows no packets.

use std::ops::Range;

use deadzone_wire::VarInt;

/// Bytes below this one stand in no text that is for people, but in the lengths of nearly all fields.
const PRINTED: u8 = 0x20;

/// Why the next field can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its bytes are not there; nothing says that they would not fit.
    Missing,
    /// It does not fit: nothing from this offset on is what it should be.
    Misfit(usize),
}

/// A place in bytes that should go on to `end`.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) end: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        if self.at >= self.end {
            return Err(Stop::Misfit(self.at));
        }
        let byte = self.bytes.get(self.at).ok_or(Stop::Missing)?;
        self.at += 1;
        Ok(*byte)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<Range<usize>, Stop> {
        let passed = self.at..self.at + count;
        if passed.end > self.end {
            return Err(Stop::Misfit(self.at));
        }
        self.at = passed.end;
        Ok(passed)
    }

    pub(super) fn varint(&mut self) -> Result<usize, Stop> {
        let inside = self.bytes.get(self.at..self.end.min(self.bytes.len())).unwrap_or_default();
        match VarInt::read(inside) {
            // Behind the bytes that show it.
            Err(_) => Err(Stop::Misfit(self.at + 4)),
            Ok(None) if self.bytes.len() >= self.end => Err(Stop::Misfit(self.end)),
            Ok(None) => Err(Stop::Missing),
            Ok(Some(found)) => {
                self.at += usize::from(found.width());
                Ok(found.value() as usize)
            }
        }
    }

    /// Where the content of a field with a length of two bytes lies; its end may be missing.
    pub(super) fn field(&mut self) -> Result<Range<usize>, Stop> {
        let length = u16::from_be_bytes([self.byte()?, self.byte()?]);
        self.skip(usize::from(length))
    }

    /// Where a list of properties lies behind its length.
    pub(super) fn block(&mut self) -> Result<Range<usize>, Stop> {
        let length = self.varint()?;
        self.skip(length)
    }

    /// What is there of a field, and whether its end is missing.
    pub(super) fn visible(&self, field: &Range<usize>) -> (&'a [u8], bool) {
        let end = field.end.min(self.bytes.len());
        (self.bytes.get(field.start..end).unwrap_or_default(), field.end > end)
    }

    /// What stands in a text behind U+0000, which no text may hold: one that took in the next field has its length inside.
    pub(super) fn behind_nul(&self, text: &Range<usize>) -> Option<Range<usize>> {
        self.behind(text, |byte| byte == 0)
    }

    /// The same of any field where not all fits, behind any byte that is no printed one: lengths above 255 do not begin with 0.
    pub(super) fn behind_control(&self, field: &Range<usize>) -> Option<Range<usize>> {
        self.behind(field, |byte| byte < PRINTED)
    }

    fn behind(&self, field: &Range<usize>, what: impl Fn(u8) -> bool) -> Option<Range<usize>> {
        let found = self.visible(field).0.iter().position(|byte| what(*byte))?;
        Some(field.start + found + 1..field.end)
    }
}
