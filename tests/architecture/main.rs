//! Holds the workspace to what ARCHITECTURE.md and CONTRIBUTING.md promise. Each check is a function from text to
//! complaints, with a bad snippet that it must complain about, and one test that runs it over the repository.
//!
//! `repo` reads the files, `mask` blanks comments and strings, `items` and `paths` find functions, test code and paths;
//! the rest are checks. It knows Rust's surface only: what needs types is for clippy.

mod arrows;
mod clauses;
mod complaint;
mod documents;
mod homes;
mod items;
mod mask;
mod modules;
mod panics;
mod paths;
mod purity;
mod readme;
mod repo;
mod size;
mod text;
