//! Short commands beside a broker: what prepares its folder, what tells its version.

use std::{
    io::Read,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How often an end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Most bytes of an answer that are read.
const ANSWER_MAX: u64 = 16 * 1024;

/// What a command said, and whether it ended well.
pub(crate) struct Answer {
    pub(crate) ok: bool,
    /// Its standard output, or its standard error where that is all it said.
    pub(crate) text: String,
}

/// Runs a command to its end, at most this long.
pub(crate) fn ask(command: &mut Command, limit: Duration, cancel: &AtomicBool) -> Result<Answer, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let mut readers = Vec::new();
    let out = child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>);
    let err = child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>);
    for stream in [out, err].into_iter().flatten() {
        readers.push(thread::spawn(move || {
            let mut text = Vec::new();
            let mut stream = stream;
            let _ = stream.by_ref().take(ANSWER_MAX).read_to_end(&mut text);
            // What is longer must not make it wait for a reader.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
            String::from_utf8_lossy(&text).into_owned()
        }));
    }
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline && !cancel.load(Ordering::Relaxed) => {
                thread::sleep(LOOK_EVERY);
            }
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no end within {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    let mut said = readers.into_iter().map(|reader| reader.join().unwrap_or_default());
    let (out, err) = (said.next().unwrap_or_default(), said.next().unwrap_or_default());
    Ok(Answer { ok: status.success(), text: if out.trim().is_empty() { err } else { out } })
}
