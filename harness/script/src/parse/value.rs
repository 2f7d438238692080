//! Numbers, times, names. Knows their form, not their meaning.

use super::cursor::{Cursor, Parsed};
use super::lexer::Value;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Payload, text::PAD_MAX};

/// Longest time that a scenario may name, ms: a day.
const TIME_MAX_MS: u64 = 24 * 60 * 60 * 1000;

/// Decimal or 0x.
pub(super) fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok(),
        None if !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit()) => word.parse().ok(),
        _ => None,
    }
}

/// `2s`, `250ms`, in ms.
pub(super) fn time_ms(word: &str) -> Option<u64> {
    let (digits, factor) = match word.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (word.strip_suffix('s')?, 1000),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor).filter(|ms| *ms <= TIME_MAX_MS)
}

/// A slug, a client's name, a tag, a defect's name.
pub(super) fn is_name(word: &str) -> bool {
    let tail = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word.bytes().all(tail) && word.len() <= 64
}

/// `64KiB`, `2MiB`, `100` (bytes), in bytes.
pub(super) fn size(word: &str) -> Option<usize> {
    let (digits, factor) = match (word.strip_suffix("KiB"), word.strip_suffix("MiB")) {
        (Some(digits), _) => (digits, 1024),
        (_, Some(digits)) => (digits, 1024 * 1024),
        _ => (word, 1),
    };
    usize::try_from(number(digits).filter(|_| !digits.starts_with("0x"))?).ok()?.checked_mul(factor)
}

impl Cursor<'_> {
    /// A payload: a text in quotes, or `payload of SIZE`.
    pub(super) fn payload(&mut self, what: &str) -> Parsed<Payload> {
        if !self.is_sized_payload() {
            return Ok(self.text(what)?.0);
        }
        self.bump();
        self.bump();
        let (word, at) = self.word("a size")?;
        match size(word).filter(|bytes| (1..=PAD_MAX).contains(bytes)) {
            Some(bytes) => Ok(Payload::counted(bytes)),
            None => {
                let message = format!("`{}` is no size of a payload", shown(word));
                let help = "1 byte to 4 MiB: 100, 64KiB, 2MiB";
                Err(self.fail(Diagnostic::error(code::RANGE, at, message).help(help)))
            }
        }
    }

    /// Whether `payload of` comes next.
    pub(super) fn is_sized_payload(&self) -> bool {
        self.peek_word() == Some("payload") && self.second_word() == Some("of")
    }

    pub(super) fn time(&mut self) -> Parsed<u64> {
        let (word, at) = self.word("a time")?;
        time_ms(word).ok_or_else(|| {
            let message = format!("`{}` is not a time", shown(word));
            self.fail(
                Diagnostic::error(code::TIME, at, message)
                    .help("a time is a whole number with a unit: 250ms, 2s"),
            )
        })
    }

    /// A number of the line itself (not of a field), within bounds.
    pub(super) fn count(&mut self, what: &str, least: u32, most: u32) -> Parsed<u32> {
        let (word, at) = self.word(what)?;
        self.bounded(what, word, at, least, most)
    }

    pub(super) fn bounded(&mut self, what: &str, word: &str, at: At, least: u32, most: u32) -> Parsed<u32> {
        let Some(number) = number(word) else { return Err(self.not_a_number(what, word, at)) };
        if number < least || number > most {
            let message = format!("{what} is {least} to {most}, not {number}");
            return Err(self.fail(Diagnostic::error(code::RANGE, at, message)));
        }
        Ok(number)
    }

    pub(super) fn not_a_number(&mut self, what: &str, word: &str, at: At) -> super::cursor::Abandoned {
        let too_long = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let (code, message) = match too_long {
            true => (code::RANGE, format!("{what} is too large")),
            false => (code::WRONG_SORT, format!("{what} must be a number, not `{}`", shown(word))),
        };
        self.fail(Diagnostic::error(code, at, message).label("decimal or 0x…"))
    }

    /// A pair's value that must be a text.
    pub(super) fn text_value(&mut self, what: &str, value: &Value, at: At) -> Parsed<Payload> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            Value::Word(_) | Value::Pair(..) => {
                let mistake = Diagnostic::error(code::WRONG_SORT, at, format!("{what} must be a text"));
                Err(self.fail(mistake.help(format!("write {what}=\"…\""))))
            }
        }
    }

    /// A pair's value that must be a number.
    pub(super) fn number_value(&mut self, what: &str, value: &Value, at: At) -> Parsed<u32> {
        match value {
            Value::Word(word) => number(word).ok_or_else(|| self.not_a_number(what, word, at)),
            Value::Text(_) | Value::Pair(..) => {
                let mistake =
                    Diagnostic::error(code::WRONG_SORT, at, format!("{what} must be a number, not a text"));
                Err(self.fail(mistake))
            }
        }
    }
}
