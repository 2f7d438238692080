//! The processes that this process started, each set with its scratch folder. At a second Ctrl-C this process ends without
//! running destructors, and it has to end them all the same.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
};

use crate::{
    LogTail,
    guard::Guard,
    owner::{MARKER, ProcessId},
    run_file::RunFile,
    scratch,
    signal::{self, Signal},
    sweep::end_left,
};

/// Every broker of ours that may be running.
static RUNNING: Mutex<Running> = Mutex::new(Running { closed: false, all: Vec::new() });

struct Running {
    /// Nothing is started any more.
    closed: bool,
    all: Vec<Weak<Owned>>,
}

/// A broker's processes, one after the other, with their scratch folder and guard.
#[derive(Debug)]
pub(crate) struct Owned {
    folder: PathBuf,
    child: Mutex<Option<Child>>,
    guard: Mutex<Option<Guard>>,
}

impl Owned {
    /// A new scratch folder with a guard over what is started in it.
    pub(crate) fn new(name: &str) -> io::Result<Arc<Self>> {
        // Held while it is made: it is either not there or known.
        let mut running = lock(&RUNNING);
        if running.closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the process is about to end"));
        }
        let folder = scratch::make(name)?;
        if let Err(error) = RunFile::new(&folder, None, Vec::new()).write() {
            let _ = fs::remove_dir_all(&folder);
            return Err(error);
        }
        let guard = Mutex::new(Guard::start(&folder));
        let owned = Arc::new(Self { folder, child: Mutex::new(None), guard });
        running.all.retain(|known| known.strong_count() > 0);
        running.all.push(Arc::downgrade(&owned));
        Ok(owned)
    }

    /// The scratch folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What its processes carry in their environment.
    pub(crate) fn marker(&self) -> String {
        scratch::marker(&self.folder)
    }

    /// Starts a process in a group of its own, so that a terminal's Ctrl-C reaches us alone: a broker that ended with it would
    /// look like one that closes connections. What it says goes into the log.
    pub(crate) fn start(
        &self,
        command: &mut Command,
        log: &Arc<LogTail>,
        end: Vec<Vec<String>>,
    ) -> io::Result<()> {
        own_group(command);
        command.env(MARKER, self.marker());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = lock(&RUNNING);
        if running.closed {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "the process is about to end"));
        }
        let mut child = command.spawn()?;
        let id = ProcessId::of(child.id());
        follow(log, child.stdout.take());
        follow(log, child.stderr.take());
        *lock(&self.child) = Some(child);
        drop(running);
        RunFile::new(&self.folder, Some(id), end).write()
    }

    /// Whether the process has ended, and how; absent where none was started.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        lock(&self.child).as_mut()?.try_wait().ok().flatten()
    }

    /// Whether there is a process that has not ended.
    pub(crate) fn runs(&self) -> bool {
        lock(&self.child).as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Tells the whole group something, if its leader has not ended.
    pub(crate) fn tell(&self, word: Signal) {
        // Under the lock, and not waited for yet: the number is still its own.
        if let Some(child) = &mut *lock(&self.child)
            && matches!(child.try_wait(), Ok(None))
        {
            signal::group(child.id(), word);
        }
    }

    /// Kills all of it at once, whoever it started included, and ends what a signal does not reach. The folder stays.
    pub(crate) fn kill(&self) {
        self.tell(Signal::Kill);
        let mut slot = lock(&self.child);
        if let Some(child) = slot.as_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(slot);
        end_left(&self.folder);
    }

    /// Kills it, and removes its folder.
    pub(crate) fn end(&self) {
        self.kill();
        if let Some(guard) = lock(&self.guard).take() {
            guard.dismiss();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.end();
    }
}

fn follow(log: &Arc<LogTail>, output: Option<impl Read + Send + 'static>) {
    if let Some(output) = output {
        let log = Arc::clone(log);
        thread::spawn(move || log.follow(output));
    }
}

/// Kills every broker that this process started and removes their scratch folders. For a process that is about to end without
/// cleaning up: nothing can be started afterwards.
pub fn end_all() {
    let all: Vec<_> = {
        let mut running = lock(&RUNNING);
        running.closed = true;
        running.all.drain(..).filter_map(|known| known.upgrade()).collect()
    };
    all.iter().for_each(|owned| owned.end());
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(unix)]
pub(crate) fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(crate) fn own_group(_command: &mut Command) {}
