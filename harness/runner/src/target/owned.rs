//! Processes that this process started and that no other process ends: each with its scratch folder. At a second Ctrl-C this
//! process ends without running destructors, and it has to end them all the same.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

use crate::links::leave_all;

/// Every process of ours that may be running.
static RUNNING: Mutex<Running> = Mutex::new(Running { closed: false, all: Vec::new() });

/// The program that guards our processes when we can't any more: this one, where it knows the word.
static GUARD: OnceLock<PathBuf> = OnceLock::new();

/// From here on every process of ours has a guard: `program guard PID`, which kills it when this process is gone.
pub fn guard_with(program: PathBuf) {
    let _ = GUARD.set(program);
}

/// Starts a guard. Its standard input is ours: it ends with us, or with a word.
fn guard(pid: u32) -> Option<(Child, ChildStdin)> {
    let mut command = Command::new(GUARD.get()?);
    command
        .args(["guard", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    own_group(&mut command);
    let mut child = command.spawn().ok()?;
    let stdin = child.stdin.take()?;
    Some((child, stdin))
}

struct Running {
    /// Nothing is started any more.
    closed: bool,
    all: Vec<Weak<Owned>>,
}

/// A process with its scratch folder.
#[derive(Debug)]
pub(super) struct Owned {
    child: Mutex<Child>,
    guard: Mutex<Option<(Child, ChildStdin)>>,
    scratch: PathBuf,
}

impl Owned {
    /// Starts it in a process group of its own, so that a terminal's Ctrl-C reaches us alone: a broker that ended with it
    /// would look like one that closes connections.
    pub(super) fn start(command: &mut Command, scratch: &Path) -> io::Result<Arc<Self>> {
        own_group(command);
        // Held while it starts: it is either not started or known.
        let mut running = lock(&RUNNING);
        if running.closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the process is about to end"));
        }
        let child = command.spawn()?;
        let guard = Mutex::new(guard(child.id()));
        let owned = Arc::new(Self { child: Mutex::new(child), guard, scratch: scratch.to_owned() });
        running.all.retain(|known| known.strong_count() > 0);
        running.all.push(Arc::downgrade(&owned));
        Ok(owned)
    }

    /// Its process, for a moment.
    pub(super) fn child(&self) -> MutexGuard<'_, Child> {
        lock(&self.child)
    }

    /// Whether it has ended, and how.
    pub(super) fn ended(&self) -> io::Result<Option<ExitStatus>> {
        self.child().try_wait()
    }

    /// Ends it without asking, and removes its folder.
    pub(super) fn end(&self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
        if let Some((mut guard, mut stdin)) = lock(&self.guard).take() {
            // Its work is done; without this word it would kill whatever has that number now.
            let _ = stdin.write_all(b"done");
            drop(stdin);
            let _ = guard.wait();
        }
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

/// Kills every broker that this process started and removes their scratch folders, and takes down what a run made where
/// foreign links come from. For a process that is about to end without cleaning up: nothing can be started afterwards.
pub fn end_started_brokers() {
    let mut running = lock(&RUNNING);
    running.closed = true;
    for owned in running.all.drain(..).filter_map(|known| known.upgrade()) {
        owned.end();
    }
    drop(running);
    leave_all();
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}
