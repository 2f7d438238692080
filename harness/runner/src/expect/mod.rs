//! Expectations: the known failures of one target, in a file of the user's (`deadzone.expect/1`).
//!
//! `parse` reads the [`Expectations`] of a file, `known` says of one result whether the file names it, `whole` what a run and the
//! file have to do with each other when it is over, and `update` edits the file by what a run showed. What is expected still runs:
//! the file changes the exit code and nothing of a verdict.

mod alias;
mod condition;
mod edit;
mod error;
mod file;
mod fingerprint;
mod floor;
mod known;
#[cfg(test)]
mod made;
mod parse;
mod pattern;
mod pin;
mod update;
mod whole;

pub use error::ExpectError;
pub use file::Expectations;
pub(crate) use known::{Known, Marks, counted, fails};
pub use update::{Showed, Updated, update};
pub(crate) use whole::Played;
