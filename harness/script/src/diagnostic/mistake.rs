//! One mistake. Knows its place, not how it is drawn.

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

impl Diagnostic {
    pub(crate) fn error(code: &'static str, at: At, message: impl Into<String>) -> Self {
        let (severity, label) = (Severity::Error, String::new());
        Self { code, severity, at, message: message.into(), label, help: None }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Help of the form "did you mean", where something is near.
    pub(crate) fn suggest(mut self, near: Option<&str>) -> Self {
        if let Some(near) = near {
            self.help = Some(format!("did you mean `{near}`?"));
        }
        self
    }
}
