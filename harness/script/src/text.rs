//! Placeholders in texts: `{run}` and `{pad N}`. Knows nothing of where a text stands.

use crate::Payload;

/// Most bytes that one `{pad N}` stands for: a packet with it still fits what a history keeps whole.
pub(crate) const PAD_MAX: usize = 60_000;

const RUN: &[u8] = b"{run}";
const USER: &[u8] = b"{user}";
const PASSWORD: &[u8] = b"{password}";
const PAD: &[u8] = b"{pad ";

impl Payload {
    /// The bytes that are sent: `{run}` is this word, `{pad N}` is N dots.
    pub fn filled(&self, run: &[u8]) -> Vec<u8> {
        self.filled_with(&[(RUN, run)])
    }

    /// The same in a user name or a password, where `{user}` and `{password}` are those of the target.
    pub fn filled_as_login(&self, run: &[u8], user: &[u8], password: &[u8]) -> Vec<u8> {
        self.filled_with(&[(RUN, run), (USER, user), (PASSWORD, password)])
    }

    fn filled_with(&self, words: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len());
        let mut rest = self.0.as_slice();
        while let Some((&first, behind)) = rest.split_first() {
            if let Some((word, value)) = words.iter().find(|(word, _)| rest.starts_with(word)) {
                out.extend_from_slice(value);
                rest = &rest[word.len()..];
            } else if let Some((count, behind)) = pad(rest) {
                out.resize(out.len() + count, b'.');
                rest = behind;
            } else {
                out.push(first);
                rest = behind;
            }
        }
        out
    }

    /// Whether a `{pad …}` in it is none.
    pub(crate) fn has_a_wrong_pad(&self) -> bool {
        let begins = |part: &&[u8]| part.starts_with(b"{pad ") || part.starts_with(b"{pad}");
        (0..self.0.len()).map(|at| &self.0[at..]).filter(begins).any(|part| pad(part).is_none())
    }
}

/// `{pad N}` at the beginning: N, and what is behind it.
fn pad(text: &[u8]) -> Option<(usize, &[u8])> {
    let rest = text.strip_prefix(PAD)?;
    let end = rest.iter().position(|byte| *byte == b'}')?;
    let digits = std::str::from_utf8(&rest[..end]).ok().filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let count = digits.parse().ok().filter(|count| (1..=PAD_MAX).contains(count))?;
    Some((count, &rest[end + 1..]))
}
