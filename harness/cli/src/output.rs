//! What is printed: stdout that survives a closed pipe, errors with their exit code, logs on stderr, files by rename.

use std::{
    error::Error,
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
    sync::OnceLock,
};

use anyhow::Context;
use deadzone_runner::{ExitCode, RunError, SuiteError};
use indicatif::ProgressBar;

/// Writes to stdout; a reader that went away is no error.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to stderr.
pub(crate) fn print_error(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = out.write_all(text.as_bytes());
}

/// clap's own message, on the stream that it belongs to.
pub(crate) fn print_clap(error: &clap::Error) {
    let _ = error.print();
}

/// Whether stdout takes colour: a terminal, and NO_COLOR unset.
pub(crate) fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// Diagnostics of ours go to stderr; no verdict reads them. `DEADZONE_LOG=debug` shows more.
pub(crate) fn start_logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("DEADZONE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Log)
        // With stderr gone a line is lost, and nothing else: the default complains by a panic.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal())
        .without_time()
        .try_init();
}

/// The moving line of this process, if it has one: a log line must not stick to its end.
static STATUS: OnceLock<ProgressBar> = OnceLock::new();

/// From now on logs and this line take turns on stderr.
pub(crate) fn share_stderr(status: &ProgressBar) {
    let _ = STATUS.set(status.clone());
}

/// Where logs go.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || io::stderr().write_all(bytes);
        match STATUS.get() {
            Some(status) => status.suspend(write),
            None => write(),
        }?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says what went wrong, with every cause, and finds the exit code.
pub(crate) fn report_error(error: &anyhow::Error) -> ExitCode {
    if let Some(RunError::Suite(SuiteError::Mistakes(files))) = error.downcast_ref::<RunError>() {
        for file in files {
            let drawn = deadzone_script::render(&file.file, &file.source, &file.diagnostics, colour());
            print_error(&drawn);
        }
    }
    let mut text = format!("error: {error}\n");
    let mut cause: Option<&dyn Error> = error.source();
    while let Some(source) = cause {
        text.push_str("  because: ");
        text.push_str(&source.to_string());
        text.push('\n');
        cause = source.source();
    }
    print_error(&text);
    error.downcast_ref::<RunError>().map_or(ExitCode::Usage, RunError::exit_code)
}

/// Writes a whole file or none: a temporary one beside it, then a rename.
pub(crate) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    fs::write(&temporary, text).with_context(|| format!("could not write {}", path.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("could not write {}", path.display()))
}
