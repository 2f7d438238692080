//! Renderings of verdicts and histories: terminal, JUnit, JSON.
//!
//! Everything here listens to the runner's [`deadzone_history::RunEvent`]s and writes text. [`Terminal`] writes as a run
//! goes on; [`Collector`] gathers a [`RunModel`], from which the whole-run documents are made. All of them share the
//! two-ended timeline and the escaping: whatever came from a broker is hostile until escaped.
//!
//! Nothing here runs anything, judges anything or opens a file.

mod escape;
mod model;
mod terminal;
mod timeline;

pub use model::{Collector, RunModel};
pub use terminal::{Terminal, TerminalOptions, Verbosity, failure_block};
