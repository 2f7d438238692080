//! How the terminal report looks. The caller finds out what the terminal can do; nothing here asks the environment.

/// How much is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Counts, causes in two lines each and coverage only.
    Summary,
    /// The causes of failures, each in full once, and the summary.
    Quiet,
    /// What is run as well, and what goes on.
    #[default]
    Normal,
    /// Every scenario by itself, with its whole timeline, also of passes, and all grades.
    Verbose,
}

/// How the terminal report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Whether colours are written. They never carry meaning alone.
    pub colour: bool,
    /// Whether only ASCII is written.
    pub ascii: bool,
    /// Columns; held between 72 and 200.
    pub width: usize,
    /// Commands are on one line however long they are: in a file or a pipe no terminal breaks them, and a search finds them.
    pub whole_commands: bool,
    /// How much is written.
    pub verbosity: Verbosity,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { colour: false, ascii: false, width: 110, whole_commands: true, verbosity: Verbosity::Normal }
    }
}

impl TerminalOptions {
    /// What other documents hold: no colour, any character, 110 columns.
    pub fn plain() -> Self {
        Self::default()
    }
}
