//! The scratch folder of a broker that we start: its configuration, its store, and the file that says whose it is.

use std::{
    env, fs,
    hash::{BuildHasher, Hasher, RandomState},
    io,
    path::{Path, PathBuf},
};

/// What every scratch folder's name begins with.
pub(crate) const PREFIX: &str = "deadzone-target-";

/// Makes a folder of our own; its name is the marker of what is started in it.
pub(crate) fn make(name: &str) -> io::Result<PathBuf> {
    let random = RandomState::new().build_hasher().finish();
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    let path = std::path::absolute(env::temp_dir())?
        .join(format!("{PREFIX}{name}-{}-{random:016x}", std::process::id()));
    // A folder that exists already may be another user's, and what is written here is run: never into that.
    private_folder(&path)?;
    Ok(path)
}

#[cfg(unix)]
fn private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// The marker that goes with a folder: its name.
pub(crate) fn marker(folder: &Path) -> String {
    folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether the folder is ours alone: of this user, and closed to others. Where the system has no users, yes.
#[cfg(unix)]
pub(crate) fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = fs::metadata("/proc/self").map(|own| own.uid());
    fs::symlink_metadata(folder)
        .is_ok_and(|of| of.is_dir() && of.mode() & 0o077 == 0 && me.is_ok_and(|me| me == of.uid()))
}

#[cfg(not(unix))]
pub(crate) fn is_private(_folder: &Path) -> bool {
    true
}

/// Empties the folder but for these.
pub(crate) fn empty(folder: &Path, but: &[&str]) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if but.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
