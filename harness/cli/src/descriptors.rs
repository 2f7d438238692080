//! Room for many connections: the soft limit on open files is raised to the hard one. Opens none.

/// As many as any command asks for; some systems have a hard limit of a billion, over which programs that we start
/// could stumble.
#[cfg(unix)]
const WANTED: u64 = 65_536;

/// Raises the limit as far as it goes. Where it does not, opening a file fails and says so.
#[cfg(unix)]
pub(crate) fn raise() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    let wanted = hard.min(WANTED);
    if wanted > soft
        && let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard)
    {
        tracing::debug!("the limit on open files stays at {soft}: {error}");
    }
}

#[cfg(not(unix))]
pub(crate) fn raise() {}
