//! `deadzone guard`: outlives the process that started it, to end a broker that would otherwise live on.

use std::{
    io::{self, Read},
    process::{Command, Stdio},
};

use deadzone_runner::ExitCode;

/// Waits for the end of standard input. A word before it means that there is nothing to do.
pub(crate) fn guard(pid: u32) -> ExitCode {
    let mut word = Vec::new();
    let read = io::stdin().lock().take(16).read_to_end(&mut word);
    if read.is_ok() && word.is_empty() {
        let mut kill = Command::new("kill");
        kill.args(["-9", &pid.to_string()]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = kill.status();
    }
    ExitCode::Success
}
