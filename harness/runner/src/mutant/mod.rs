//! Mutants: wrappers round a target's stream that rewrite what any good broker sends.
//!
//! They sit outside the broker-end tap, so that a history sees their output as the broker's. They prove on a real target
//! that the suite can fail: a mutant that nothing catches is a hole in the suite.

mod dial;
mod forged;
mod name;
mod rewrite;
mod stream;

pub(crate) use dial::MutantDial;
pub use name::Mutant;
