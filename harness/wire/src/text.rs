//! The UTF-8 Encoded String as it came: possibly not UTF-8 at all.

use std::fmt;

use bytes::Bytes;

/// The bytes of a UTF-8 Encoded String, kept even when they are ill-formed. At most 65,535 bytes can be written.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(pub Bytes);

impl Text {
    /// The text, if it is well-formed UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text with replacement characters where it is ill-formed; for people, never for comparison.
    pub fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// Whether it holds a character that a sender should leave out and a receiver may close on: a control character but U+0000,
    /// which is forbidden, or a non-character (3.1.1 §1.5.3, 5.0 §1.5.4).
    pub fn is_discouraged(&self) -> bool {
        let discouraged = |c: char| {
            let code = u32::from(c);
            c != '\0' && c.is_control() || (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe
        };
        let plain = |byte: &u8| matches!(byte, b' '..=b'~');
        !self.0.iter().all(plain) && self.as_str().is_some_and(|text| text.chars().any(discouraged))
    }

    /// Whether no byte is held.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Text {
    fn from(s: &str) -> Self {
        Self(Bytes::copy_from_slice(s.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(s: String) -> Self {
        Self(Bytes::from(s))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_non_characters_are_discouraged() {
        for text in ["a\u{1}", "\u{7f}", "\u{9f}", "\u{fdd0}", "\u{fffe}", "\u{1ffff}"] {
            assert!(Text::from(text).is_discouraged(), "{text:?}");
        }
        for text in ["", "t/ä", "\u{fffd}", "a\0", "\u{a0}"] {
            assert!(!Text::from(text).is_discouraged(), "{text:?}");
        }
    }
}
