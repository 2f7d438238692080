//! A line of a file by its first word. Knows no keyword.

use super::header::Rest;
use crate::At;

/// A line by its first word.
pub(super) struct Line<'l> {
    pub(super) number: u32,
    pub(super) text: &'l str,
    pub(super) first: &'l str,
    pub(super) first_at: At,
    pub(super) indent: usize,
    /// Bytes before and with the first word.
    behind_first: usize,
}

impl<'l> Line<'l> {
    /// `None` for an empty line and a comment.
    pub(super) fn of(number: u32, text: &'l str) -> Option<Self> {
        let content = text.trim_start();
        if content.is_empty() || content.starts_with('#') {
            return None;
        }
        let first = content.split(char::is_whitespace).next().unwrap_or(content);
        let start = text.len() - content.len();
        let indent = text[..start].chars().count();
        let length = first.chars().count() as u32;
        let first_at = At { line: number, column: indent as u32 + 1, length };
        Some(Self { number, text, first, first_at, indent, behind_first: start + first.len() })
    }

    pub(super) fn rest(&self) -> Rest<'l> {
        Rest::of(self.text, self.number, self.behind_first)
    }

    /// From the first word to the last.
    pub(super) fn whole_at(&self) -> At {
        let end = self
            .rest()
            .whole()
            .map_or(self.first_at.column + self.first_at.length, |(_, at)| at.column + at.length);
        At { length: end - self.first_at.column, ..self.first_at }
    }
}
