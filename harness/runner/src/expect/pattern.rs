//! Which scenarios an entry is about: one id, or a glob over few of them.

use crate::select::glob;

/// Most scenarios that a glob may cover, unless the entry says `max`.
pub(super) const COVERED: usize = 20;

/// An id, or a glob as a selection has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(pub(super) String);

impl Pattern {
    pub(super) fn covers(&self, id: &str) -> bool {
        self.0 == id || (self.is_glob() && glob(self.0.as_bytes(), id.as_bytes()))
    }

    pub(super) fn is_glob(&self) -> bool {
        self.0.contains('*')
    }
}
