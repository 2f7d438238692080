//! The suite's scenario files, link profiles and targets as text. It knows nothing of their languages.

mod embedded;

pub use embedded::{File, files, profiles, targets, traces};

/// What was renamed or retired: a line each of kind, old name, new name or `-`, and why, parted by tabs; `#` begins a comment.
pub const ALIASES: &str = include_str!("../aliases.tsv");
