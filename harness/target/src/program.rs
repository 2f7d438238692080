//! Where a program is.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Where servers are that are not on everybody's PATH.
const SERVERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The program of this name, on PATH or where servers are; a name with a `/` is a place of its own. Else where it was looked for.
pub(crate) fn find(name: &str) -> Result<PathBuf, String> {
    if name.contains('/') {
        // It is started in another folder.
        let path = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
        return if is_program(&path) { Ok(path) } else { Err(name.to_owned()) };
    }
    let on_path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&on_path).chain(SERVERS.map(PathBuf::from));
    folders
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
        .ok_or_else(|| format!("{name} (looked on PATH and in {})", SERVERS.join(" and ")))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
