//! Placeholders in texts: `{run}`, `{pad N}`, `{fill N}` and `{counted N}`. Knows nothing of where a text stands.

use crate::Payload;

/// Most bytes that one placeholder stands for, 4 MiB: a packet with it still fits what a history keeps whole (8 MiB).
pub(crate) const PAD_MAX: usize = 4 << 20;

const RUN: &[u8] = b"{run}";
const USER: &[u8] = b"{user}";
const PASSWORD: &[u8] = b"{password}";
const PAD: &[u8] = b"{pad ";
const FILL: &[u8] = b"{fill ";
const COUNTED: &[u8] = b"{counted ";

impl Payload {
    /// `payload of N`: N bytes that tell their place, so that a part that is missing or stands twice is seen.
    pub fn counted(bytes: usize) -> Self {
        Self(format!("{{counted {bytes}}}").into_bytes())
    }

    /// How many bytes, if it is `payload of N` and nothing else.
    pub(crate) fn is_counted(&self) -> Option<usize> {
        length(COUNTED, &self.0).filter(|(_, rest)| rest.is_empty()).map(|(count, _)| count)
    }

    /// The bytes that are sent: `{run}` is this word, `{pad N}` is N dots, `{fill N}` as many as make the text N bytes long,
    /// `{counted N}` N bytes that count themselves.
    pub fn filled(&self, run: &[u8]) -> Vec<u8> {
        self.filled_with(&[(RUN, run)])
    }

    /// The same in a user name or a password, where `{user}` and `{password}` are those of the target.
    pub fn filled_as_login(&self, run: &[u8], user: &[u8], password: &[u8]) -> Vec<u8> {
        self.filled_with(&[(RUN, run), (USER, user), (PASSWORD, password)])
    }

    fn filled_with(&self, words: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len());
        let mut fill = None;
        for piece in (Pieces { words, rest: &self.0 }) {
            match piece {
                Piece::Byte(byte) => out.push(byte),
                Piece::Word(value) => out.extend_from_slice(value),
                Piece::Pad(count) => out.resize(out.len() + count, b'.'),
                Piece::Counted(count) => count_into(&mut out, count),
                Piece::Fill(count) => fill = Some((out.len(), count)),
            }
        }
        if let Some((at, whole)) = fill {
            let dots = whole.saturating_sub(out.len());
            out.splice(at..at, std::iter::repeat_n(b'.', dots));
        }
        out
    }

    /// At most so many bytes are sent in its place, where each word of the run takes this many.
    pub fn most_bytes(&self, word: usize) -> usize {
        let (mut bytes, mut fill) = (0, 0);
        for piece in (Pieces { words: &[(RUN, b"")], rest: &self.0 }) {
            match piece {
                Piece::Byte(_) => bytes += 1,
                Piece::Word(_) => bytes += word,
                Piece::Pad(count) | Piece::Counted(count) => bytes += count,
                Piece::Fill(count) => fill = count,
            }
        }
        bytes.max(fill)
    }

    /// Whether a placeholder with a length in it is none.
    pub(crate) fn has_a_wrong_length(&self) -> bool {
        [PAD, FILL, COUNTED].iter().any(|word| {
            let bare = [&word[..word.len() - 1], b"}"].concat();
            let begins = |part: &&[u8]| part.starts_with(word) || part.starts_with(&bare);
            (0..self.0.len()).map(|at| &self.0[at..]).filter(begins).any(|part| length(word, part).is_none())
        })
    }
}

/// A part of a text.
enum Piece<'t> {
    Byte(u8),
    Word(&'t [u8]),
    Pad(usize),
    Counted(usize),
    Fill(usize),
}

/// The parts of a text in their order.
struct Pieces<'t> {
    words: &'t [(&'t [u8], &'t [u8])],
    rest: &'t [u8],
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        let (&first, behind) = self.rest.split_first()?;
        let word = self.words.iter().find(|(word, _)| self.rest.starts_with(word));
        let (piece, rest) = if let Some((word, value)) = word {
            (Piece::Word(value), &self.rest[word.len()..])
        } else if let Some((count, rest)) = length(PAD, self.rest) {
            (Piece::Pad(count), rest)
        } else if let Some((count, rest)) = length(COUNTED, self.rest) {
            (Piece::Counted(count), rest)
        } else if let Some((count, rest)) = length(FILL, self.rest) {
            (Piece::Fill(count), rest)
        } else {
            (Piece::Byte(first), behind)
        };
        self.rest = rest;
        Some(piece)
    }
}

/// Eight digits for every eight bytes: where they begin, in hexadecimal.
fn count_into(out: &mut Vec<u8>, count: usize) {
    let end = out.len() + count;
    out.reserve(count + 8);
    for at in (0..count).step_by(8) {
        out.extend((0..8).rev().map(|digit| b"0123456789abcdef"[at >> (4 * digit) & 0xf]));
    }
    out.truncate(end);
}

/// `{word N}` at the beginning: N, and what is behind it.
fn length<'t>(word: &[u8], text: &'t [u8]) -> Option<(usize, &'t [u8])> {
    let rest = text.strip_prefix(word)?;
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let digits = std::str::from_utf8(&rest[..end]).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let count = digits.parse().ok().filter(|count| (1..=PAD_MAX).contains(count))?;
    Some((count, &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        String::from_utf8(Payload(text.as_bytes().to_vec()).filled(b"dz1")).unwrap_or_default()
    }

    #[test]
    fn placeholders_are_filled() {
        assert_eq!(filled("{run}/{pad 3}x"), "dz1/...x");
        assert_eq!(filled("{run}/{fill 8}/x"), "dz1/../x");
        assert_eq!(filled("{run}/{fill 3}/x"), "dz1//x", "it is longer already");
        assert_eq!(filled("{counted 20}"), "00000000000000080000");
        assert!(filled("{counted 4194304}").ends_with("003ffff8"));
        assert_eq!(Payload::counted(20).is_counted(), Some(20));
        assert_eq!(Payload(b"a{counted 20}".to_vec()).is_counted(), None);
    }

    #[test]
    fn what_is_sent_has_a_bound_that_needs_no_filling() {
        for text in ["{run}/{pad 3}x", "{run}/{fill 8}/x", "{run}/{fill 3}/x", "{counted 20}"] {
            assert_eq!(Payload(text.as_bytes().to_vec()).most_bytes(3), filled(text).len(), "{text}");
        }
    }

    #[test]
    fn lengths_are_looked_at() {
        for wrong in ["{pad}", "{pad 0}", "{fill x}", "{counted 4194305}", "a{fill }"] {
            assert!(Payload(wrong.as_bytes().to_vec()).has_a_wrong_length(), "{wrong}");
        }
        assert!(!Payload(b"{pad 1}{fill 2}{counted 3}{padding}".to_vec()).has_a_wrong_length());
    }
}
