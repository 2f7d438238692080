//! A history as newline-delimited JSON: a header line, a line for each event, an end footer.

use std::io::{self, BufRead, Write};

use crate::History;

/// Why a history could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file could not be read.
    #[error("could not read the history")]
    Io(#[from] io::Error),
    /// A line is not what the schema says.
    #[error("line {line}: {why}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// Why.
        why: String,
    },
    /// Another schema or another major version of it.
    #[error("unknown schema `{0}`: this deadzone reads deadzone.history/1")]
    Schema(String),
    /// The end footer is missing: the file was cut off.
    #[error("the history has no end: it was cut off after line {0}")]
    Truncated(usize),
}

/// Writes the history. Equal histories give equal bytes.
pub fn write(history: &History, out: &mut dyn Write) -> io::Result<()> {
    let _ = (history, out);
    todo!("history helper")
}

/// Reads a history that [`write`] wrote.
pub fn read(input: &mut dyn BufRead) -> Result<History, HistoryError> {
    let _ = input;
    todo!("history helper")
}
