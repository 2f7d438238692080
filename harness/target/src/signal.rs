//! Signals to a whole process group: a broker is often a script with the real one as its child.

/// What a group is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGKILL.
    Kill,
    /// SIGSTOP: it keeps its sockets, the kernel answers for them, and it does nothing.
    Freeze,
    /// SIGCONT.
    Thaw,
}

/// Tells every process of the group that this process leads. Gone ones are no error.
#[cfg(unix)]
pub(crate) fn group(leader: u32, signal: Signal) {
    send(i32::try_from(leader).ok().filter(|pid| *pid > 1).map(|pid| -pid), signal);
}

/// Tells one process.
#[cfg(unix)]
pub(crate) fn process(pid: u32, signal: Signal) {
    send(i32::try_from(pid).ok().filter(|pid| *pid > 1), signal);
}

#[cfg(unix)]
fn send(pid: Option<i32>, signal: Signal) {
    use nix::{sys::signal as unix, unistd::Pid};
    let signal = match signal {
        Signal::Terminate => unix::Signal::SIGTERM,
        Signal::Kill => unix::Signal::SIGKILL,
        Signal::Freeze => unix::Signal::SIGSTOP,
        Signal::Thaw => unix::Signal::SIGCONT,
    };
    if let Some(pid) = pid {
        let _ = unix::kill(Pid::from_raw(pid), signal);
    }
}

#[cfg(not(unix))]
pub(crate) fn group(_leader: u32, _signal: Signal) {}

#[cfg(not(unix))]
pub(crate) fn process(_pid: u32, _signal: Signal) {}
