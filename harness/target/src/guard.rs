//! The guard: this program once more, which outlives a harness that was killed, to end the broker that it started.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
};

use crate::{owned::own_group, scratch, sweep::end_left};

/// The program that guards, where it knows the word.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From here on every broker that we start has a guard: `program guard FOLDER`.
pub fn guard_with(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// A guard that waits. Its standard input is ours: it ends with us, or with a word.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    stdin: ChildStdin,
}

impl Guard {
    /// Starts one for a scratch folder; `None` where no program is known or it can't be started.
    pub(crate) fn start(folder: &Path) -> Option<Self> {
        let mut command = Command::new(PROGRAM.get()?);
        command.arg("guard").arg(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        own_group(&mut command);
        let mut child = command.spawn().ok()?;
        let stdin = child.stdin.take()?;
        Some(Self { child, stdin })
    }

    /// Its work is done.
    pub(crate) fn dismiss(mut self) {
        let _ = self.stdin.write_all(b"done");
        drop(self.stdin);
        let _ = self.child.wait();
    }
}

/// What the guard does: waits for the end of its standard input. Without a word before it the harness is gone, and what was
/// started for this folder ends. The folder stays for the next start, which says what it cleaned.
pub fn guard(folder: &Path) {
    let mut word = Vec::new();
    let read = io::stdin().lock().take(16).read_to_end(&mut word);
    if read.is_ok() && word.is_empty() && scratch::is_private(folder) {
        end_left(folder);
    }
}
