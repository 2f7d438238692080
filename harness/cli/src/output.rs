//! What is printed: stdout that survives a closed pipe and tells any other trouble, errors with their exit code, logs on stderr.

use std::{
    error::Error,
    io::{self, IsTerminal, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use deadzone_runner::{ExitCode, RunError, SuiteError};
use indicatif::ProgressBar;

/// A document has stdout for itself: what is for people goes to stderr.
static STDOUT_IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// The first thing that stdout could not take, for another reason than a reader that went away.
static TROUBLE: OnceLock<String> = OnceLock::new();

/// From now on stdout holds one document and nothing else.
pub(crate) fn leave_stdout_to_a_document() {
    STDOUT_IS_TAKEN.store(true, Ordering::Relaxed);
}

/// Where what is for people is written: stdout, or stderr where a document has that. It never fails: a reader that went away is no
/// error, and any other trouble is kept for [`finish`], since it must cost neither the run nor its reports.
pub(crate) struct ForPeople;

impl Write for ForPeople {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if STDOUT_IS_TAKEN.load(Ordering::Relaxed) {
            let _ = anstream::stderr().lock().write_all(bytes);
        } else {
            to_stdout(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes for people.
pub(crate) fn print(text: &str) {
    let _ = ForPeople.write_all(text.as_bytes());
}

/// A document on stdout. As [`ForPeople`] it never fails, and trouble is kept.
pub(crate) struct Document;

impl Write for Document {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        to_stdout(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn to_stdout(bytes: &[u8]) {
    // What stands behind a hole would be read as if there were none.
    if TROUBLE.get().is_some() {
        return;
    }
    let mut out = anstream::stdout().lock();
    if let Err(error) = out.write_all(bytes).and_then(|()| out.flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = TROUBLE.set(error.to_string());
    }
}

/// The code with which the process ends: output that is not whole is no success, as a report that can't be written is none.
pub(crate) fn finish(code: ExitCode) -> ExitCode {
    let Some(trouble) = TROUBLE.get() else { return code };
    print_error(&format!("error: could not write to standard output\n  because: {trouble}\n"));
    ExitCode::of_runs([code, ExitCode::Usage], true)
}

/// Writes to stderr.
pub(crate) fn print_error(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = out.write_all(text.as_bytes());
}

/// clap's own message, on the stream that it belongs to.
pub(crate) fn print_clap(error: &clap::Error) {
    if let Err(error) = error.print()
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = TROUBLE.set(error.to_string());
    }
}

/// Whether the stream for people is a terminal.
pub(crate) fn is_terminal() -> bool {
    if STDOUT_IS_TAKEN.load(Ordering::Relaxed) {
        io::stderr().is_terminal()
    } else {
        io::stdout().is_terminal()
    }
}

/// Whether what is for people takes colour: a terminal, and NO_COLOR unset.
pub(crate) fn colour() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

/// How wide what is for people may be, where something says: COLUMNS, or the terminal that it goes to. In a pipe nothing does.
pub(crate) fn width() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    said.or_else(|| {
        let seen = match STDOUT_IS_TAKEN.load(Ordering::Relaxed) {
            true => terminal_size::terminal_size_of(io::stderr()),
            false => terminal_size::terminal_size_of(io::stdout()),
        };
        seen.map(|(width, _)| usize::from(width.0))
    })
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
    print_error(&deadzone_reports::on_lines(&text));
    error.downcast_ref::<RunError>().map_or(ExitCode::Usage, RunError::exit_code)
}
