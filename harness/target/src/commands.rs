//! Short commands beside a broker: what prepares its folder, what tells its version.

use std::{
    io::Read,
    process::{Command, Stdio},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    owned::own_group,
    signal::{self, Signal},
};

/// How often an end is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long its last words are waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
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
    own_group(command);
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let (sender, said) = mpsc::channel();
    let out = child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>);
    let err = child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>);
    for (number, stream) in [out, err].into_iter().enumerate() {
        let Some(mut stream) = stream else { continue };
        let sender = sender.clone();
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stream.by_ref().take(ANSWER_MAX).read_to_end(&mut text);
            let _ = sender.send((number, String::from_utf8_lossy(&text).into_owned()));
            // What is longer must not make it wait for a reader.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        });
    }
    let deadline = Instant::now() + limit;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline && !cancel.load(Ordering::Relaxed) => {
                thread::sleep(LOOK_EVERY);
            }
            Ok(None) => {
                signal::group(child.id(), Signal::Kill);
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no end within {} s", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    // What it started and left behind may hold its output open for ever.
    let mut texts = [String::new(), String::new()];
    for _ in 0..texts.len() {
        let Ok((number, text)) = said.recv_timeout(LAST_WORDS) else { break };
        texts[number] = text;
    }
    let [out, err] = texts;
    Ok(Answer { ok: status.success(), text: if out.trim().is_empty() { err } else { out } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_waited_for_and_not_what_it_left_behind() {
        let never = AtomicBool::new(false);
        let shell = |text: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", text]);
            command
        };
        let limit = Duration::from_secs(60);
        let began = Instant::now();
        let answer = ask(&mut shell("sleep 40 & echo said; exit 3"), limit, &never).unwrap();
        assert!(!answer.ok && began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        let answer = ask(&mut shell("echo only >&2"), limit, &never).unwrap();
        assert_eq!((answer.ok, answer.text.as_str()), (true, "only\n"));
        let why = ask(&mut shell("sleep 60"), Duration::from_millis(50), &never).err().unwrap();
        assert!(why.starts_with("no end within"), "{why}");
        assert!(ask(&mut shell("sleep 60"), limit, &AtomicBool::new(true)).is_err(), "it was interrupted");
    }
}
