//! Which scenarios: the filter language of `run`, `list` and `selftest`, and the tiers. Pure: words and scenarios in, yes or no out.
//!
//! A filter is a list of words. Each chooses, or with `!` in front takes away; what is chosen by one and taken away by none is
//! meant, and where no word chooses, everything is chosen. See [`Selection::new`] for what a word may be.

mod braces;
mod selection;
mod tier;
mod word;

pub use selection::{Selection, SelectionError};
pub use tier::Tier;
pub(crate) use word::glob;
pub use word::{names_clause, version};
