//! Where a report goes. Only a regular file, or a name that nothing has yet, is replaced as a whole; a device, a FIFO or a symbolic
//! link is what its owner made it for, so that it is written through. It knows nothing of what is written.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::output;

/// How long the reader of a FIFO, or a device, may take to accept a report.
const READER_LIMIT: Duration = Duration::from_secs(30);
/// Names of our own standard output. Opened anew, a redirected one would be cut off and written over.
const STDOUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
/// Names of our own standard error.
const STDERR: [&str; 3] = ["/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"];

/// Where a report goes, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Standard output, which then holds nothing else: the terminal report goes to standard error.
    Stdout,
    /// Standard error.
    Stderr,
    /// A name in the file system.
    File(PathBuf),
}

impl Destination {
    /// What was asked for.
    pub(crate) fn of(path: &Path) -> Self {
        let is = |names: &[&str]| names.iter().any(|name| path.as_os_str() == *name);
        if is(&STDOUT) {
            Self::Stdout
        } else if is(&STDERR) {
            Self::Stderr
        } else {
            Self::File(path.to_owned())
        }
    }

    /// Finds out, before there is something to write, that it can't be written.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        if !folder.is_dir() || path.is_dir() {
            bail!("could not write {self}: no such folder, or a folder itself");
        }
        Ok(())
    }

    /// Writes the whole text.
    pub(crate) fn write(&self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Stdout => Ok(output::Document.write_all(text.as_bytes())?),
            Self::Stderr => {
                output::print_error(text);
                Ok(())
            }
            Self::File(path) => {
                let written = if is_replaced(path) { replace(path, text) } else { write_through(path, text) };
                written.with_context(|| format!("could not write {self}"))
            }
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::Stderr => f.write_str("standard error"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A regular file, or nothing yet. The link itself is looked at, not what it leads to.
pub(crate) fn is_replaced(path: &Path) -> bool {
    fs::symlink_metadata(path).map_or_else(|error| error.kind() == io::ErrorKind::NotFound, |m| m.is_file())
}

/// The whole file or none: one beside it, then a rename. What could not be finished is taken away.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    // A name that exists already may lead somewhere else.
    let written = OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// To whatever is there. A FIFO without a reader keeps whoever opens it waiting, so that this has a limit.
fn write_through(path: &Path, text: &str) -> io::Result<()> {
    let (path, text) = (path.to_owned(), text.to_owned());
    within_limit(move || {
        let mut file = open_through(&path)?;
        file.write_all(text.as_bytes())
    })
}

/// Opens what is not replaced, for a report that is written piece by piece.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let path = path.to_owned();
    within_limit(move || open_through(&path))
}

fn open_through(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

fn within_limit<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let (done, ended) = mpsc::channel();
    thread::Builder::new().name("report".to_owned()).spawn(move || {
        let _ = done.send(work());
    })?;
    ended.recv_timeout(READER_LIMIT).unwrap_or_else(|_| {
        let why = format!("nothing took it within {} s", READER_LIMIT.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_streams_are_known_by_all_their_names() {
        assert_eq!(Destination::of(Path::new("-")), Destination::Stdout);
        assert_eq!(Destination::of(Path::new("/dev/stdout")), Destination::Stdout);
        assert_eq!(Destination::of(Path::new("/dev/fd/2")), Destination::Stderr);
        assert_eq!(Destination::of(Path::new("./-")), Destination::File(PathBuf::from("./-")));
    }
}
