//! Mistakes with their place, and how they are drawn.

use crate::At;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file can't be run.
    Error,
    /// It can, but look.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code: `E014`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Where.
    pub at: At,
    /// What is wrong: the line after `error[E014]:`.
    pub message: String,
    /// What stands under the carets; may be empty.
    pub label: String,
    /// What to do instead, where we know.
    pub help: Option<String>,
}

/// Draws diagnostics with carets over the source text, one after another. `colour` adds ANSI.
pub fn render(file: &str, source: &str, diagnostics: &[Diagnostic], colour: bool) -> String {
    let _ = (file, source, diagnostics, colour);
    todo!("script helper")
}
