//! The tail of a target's log, bounded.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    sync::{Mutex, PoisonError},
};

use crate::secrets::Secrets;

/// Lines that are kept: enough for what many clients log at once.
const LINES_KEPT: usize = 2_000;
/// Most lines that are told.
const LINES_TOLD: usize = 30;
/// Most bytes of a line that are kept.
const LINE_KEPT: usize = 400;

/// The last lines that a target logged, each with its number.
#[derive(Debug, Default)]
pub struct LogTail {
    lines: Mutex<(u64, VecDeque<String>)>,
    /// What must not be shown of them.
    secrets: Secrets,
}

impl LogTail {
    /// An empty one that masks these.
    pub(crate) fn masking(secrets: Secrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Reads until the end; runs on a thread of its own.
    pub(crate) fn follow(&self, input: impl Read) {
        let mut reader = BufReader::new(input);
        let mut line = Vec::new();
        loop {
            line.clear();
            // A line without end must not grow: it is cut into pieces.
            match reader.by_ref().take(LINE_KEPT as u64).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => self.push(String::from_utf8_lossy(&line).trim_end().to_owned()),
            }
        }
    }

    fn push(&self, line: String) {
        let line = self.secrets.mask(line);
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.0 += 1;
        if lines.1.len() == LINES_KEPT {
            lines.1.pop_front();
        }
        lines.1.push_back(line);
    }

    /// How many lines came so far: a mark for [`Self::since`].
    pub fn mark(&self) -> u64 {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// What came after a mark and is still kept, at most the last 30 lines.
    pub fn since(&self, mark: u64) -> String {
        self.about(mark, "")
    }

    /// The same, of the lines alone that name this word: every client id and topic of a performance begins with one of its own.
    pub fn about(&self, mark: u64, word: &str) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = usize::try_from(lines.0.saturating_sub(mark)).unwrap_or(usize::MAX).min(lines.1.len());
        let told = lines.1.iter().skip(lines.1.len() - fresh).filter(|line| line.contains(word));
        let told: Vec<&str> = told.map(String::as_str).collect();
        told[told.len().saturating_sub(LINES_TOLD)..].join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_kept() {
        let known = deadzone_wire::Credentials { user: None, password: Some("hunter2".into()) };
        let log = LogTail::masking(Secrets::of([Some(&known)]));
        log.follow(&b"auth: got hunter2 from dz1\n"[..]);
        assert_eq!(log.since(0), "auth: got (password) from dz1");
    }

    #[test]
    fn row_e12_what_was_logged_of_other_clients_is_left_out() {
        let log = LogTail::default();
        log.follow(&b"1: before dz1c0\n"[..]);
        let mark = log.mark();
        log.follow(&b"2: CONNECT from dz1c0\n3: CONNECT from dz2c0\n4: dz1c0 disconnected\n"[..]);
        assert_eq!(log.about(mark, "dz1"), "2: CONNECT from dz1c0\n4: dz1c0 disconnected");
        assert_eq!(log.since(mark).lines().count(), 3);
    }
}
