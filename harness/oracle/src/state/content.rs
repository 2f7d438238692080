//! Bytes of the record that are compared later.

use std::{
    borrow::Borrow,
    hash::{Hash, Hasher},
    ops::Deref,
};

use bytes::Bytes;

/// The longest content that is copied, bytes.
const SHORT: usize = 38;

/// A topic or a payload. A short one is copied: the packet that it came in need not be touched again when it is let go.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// So many bytes of these.
    Short(u8, [u8; SHORT]),
    /// A part of the packet.
    Long(Bytes),
}

impl Content {
    pub(super) fn of(bytes: &Bytes) -> Self {
        let mut copy = [0; SHORT];
        match copy.get_mut(..bytes.len()) {
            Some(part) => {
                part.copy_from_slice(bytes);
                Self::Short(bytes.len() as u8, copy)
            }
            None => Self::Long(bytes.clone()),
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Short(0, [0; SHORT])
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Content {}

impl Hash for Content {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Borrow<[u8]> for Content {
    fn borrow(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Content, SHORT};

    #[test]
    fn short_and_long_ones_are_what_they_were_made_of() {
        for length in [0, 1, SHORT, SHORT + 1] {
            let bytes = Bytes::from(vec![7; length]);
            let content = Content::of(&bytes);
            assert_eq!(*content, *bytes);
            assert_eq!(matches!(content, Content::Long(_)), length > SHORT);
        }
        assert_ne!(Content::of(&Bytes::from_static(b"a")), Content::of(&Bytes::from_static(b"a\0")));
    }
}
