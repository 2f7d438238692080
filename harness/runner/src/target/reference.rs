//! The reference broker as a process of its own: this very program, told to serve on a free loopback port.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use super::{
    EmbeddedSpec, LogTail,
    mosquitto::scratch_folder,
    owned::Owned,
    started::{Parts, wait_until_ready},
};
use crate::RunError;

/// What its first line begins with, in front of its address.
const LISTENS: &str = "listening on mqtt://";
/// Longest first line, in bytes.
const LINE_MAX: u64 = 200;

/// Starts one and waits until it is ready, unless `cancel` is set meanwhile.
pub(super) fn start(spec: &EmbeddedSpec, cancel: &AtomicBool) -> Result<Parts, RunError> {
    let failed = |why: String| RunError::Start { program: "deadzone broker".to_owned(), why };
    let program = env::current_exe().map_err(|e| failed(e.to_string()))?;
    let mut words = vec!["broker".to_owned(), "--listen".to_owned(), "127.0.0.1:0".to_owned()];
    spec.defects.iter().for_each(|d| words.extend(["--defect".to_owned(), d.name().to_owned()]));
    spec.variants.iter().for_each(|v| words.extend(["--variant".to_owned(), v.name().to_owned()]));
    let mut command = Command::new(program);
    command.args(&words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let scratch = scratch_folder("reference", 0)?;
    let process = Owned::start(&mut command, &scratch).map_err(|e| failed(e.to_string()))?;
    let log = Arc::new(LogTail::default());
    if let Some(stderr) = process.child().stderr.take() {
        let log = Arc::clone(&log);
        thread::spawn(move || log.follow(stderr));
    }
    let mut line = String::new();
    let stdout = process.child().stdout.take();
    if let Some(stdout) = stdout {
        let mut reader = BufReader::new(stdout);
        let _ = reader.by_ref().take(LINE_MAX).read_line(&mut line);
        let log = Arc::clone(&log);
        thread::spawn(move || log.follow(reader));
    }
    let address = line.trim().strip_prefix(LISTENS).and_then(|text| text.parse().ok());
    let ready = match address {
        Some(address) => wait_until_ready(&process, address, &log, cancel).map(|()| address),
        None => Err(format!("it does not say where it listens\n{}", log.since(0))),
    };
    let address = ready.map_err(|why| {
        process.end();
        failed(why)
    })?;
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    Ok(Parts { process, address, log, configuration: format!("deadzone {}", words.join(" ")), version })
}
