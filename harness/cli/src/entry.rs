//! How clients get in: flags, `DEADZONE_*`, `./deadzone.toml`. Nothing of it is ever shown but names of files and users.

use std::path::{Path, PathBuf};

use deadzone_target::{Entry, EntryFiles, TargetError};

use crate::args::EntryArgs;

/// An option with its value; none for one that is a word alone.
pub(crate) type EntryOption = (&'static str, Option<String>);

/// Names of users and files, not yet read.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntrySettings {
    pub(crate) user: Option<String>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) insecure: bool,
}

impl EntrySettings {
    /// Flags before the file. A password and a token are one thing, and so is a certificate with its key.
    pub(crate) fn resolve(args: &EntryArgs, file: Self) -> Self {
        let (password_file, token_file) = match (&args.password_file, &args.token_file) {
            (None, None) => (file.password_file, file.token_file),
            given => (given.0.clone(), given.1.clone()),
        };
        let (cert, key) = match (&args.cert, &args.key) {
            (None, None) => (file.cert, file.key),
            given => (given.0.clone(), given.1.clone()),
        };
        Self {
            user: args.user.clone().or(file.user),
            password_file,
            token_file,
            ca: args.ca.clone().or_else(|| file.ca.filter(|_| !args.insecure)),
            cert,
            key,
            insecure: args.insecure || file.insecure && args.ca.is_none(),
        }
    }

    /// Reads the files.
    pub(crate) fn read(&self) -> Result<Entry, TargetError> {
        Entry::read(&EntryFiles {
            user: self.user.as_deref(),
            password: None,
            password_file: self.password_file.as_deref(),
            token_file: self.token_file.as_deref(),
            ca: self.ca.as_deref(),
            cert: self.cert.as_deref(),
            key: self.key.as_deref(),
            insecure: self.insecure,
            ..EntryFiles::default()
        })
    }

    /// The options that say the same, for the command that repeats a run.
    pub(crate) fn options(&self) -> Vec<EntryOption> {
        let file = |path: &Option<PathBuf>| path.as_deref().map(Path::to_string_lossy).map(String::from);
        let mut options = vec![
            ("--user", self.user.clone()),
            ("--password-file", file(&self.password_file)),
            ("--token-file", file(&self.token_file)),
            ("--ca", file(&self.ca)),
            ("--cert", file(&self.cert)),
            ("--key", file(&self.key)),
        ];
        options.retain(|(_, value)| value.is_some());
        if self.insecure {
            options.push(("--insecure", None));
        }
        options
    }

    /// Whether a password comes from a file.
    pub(crate) fn has_password(&self) -> bool {
        self.password_file.is_some() || self.token_file.is_some()
    }
}
