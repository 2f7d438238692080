//! A network namespace without a name. Knows no devices and no packets.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd},
    sync::Arc,
    thread,
};

use nix::sched::{CloneFlags, setns, unshare};

/// A namespace of this process; it ends with the last clone and the last program in it.
#[derive(Clone, Debug)]
pub struct Namespace(Arc<File>);

impl Namespace {
    /// Makes one with nothing in it. Needs CAP_SYS_ADMIN.
    pub(super) fn make() -> io::Result<Self> {
        // A namespace belongs to a thread: one that ends at once, so that ours stay where they are.
        let file = on_a_thread(|| {
            unshare(CloneFlags::CLONE_NEWNET)?;
            File::open("/proc/thread-self/ns/net")
        })?;
        Ok(Self(Arc::new(file)))
    }

    /// Does something in it: sockets and devices that are made there belong to it for good.
    pub(super) fn within<T: Send>(&self, what: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        on_a_thread(|| {
            self.enter()?;
            what()
        })
    }

    /// Moves the calling thread into it.
    pub(super) fn enter(&self) -> io::Result<()> {
        Ok(setns(self.0.as_fd(), CloneFlags::CLONE_NEWNET)?)
    }

    /// The file by which other programs get into it (`nsenter --net=FILE`), as long as this process lives.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd())
    }
}

fn on_a_thread<T: Send>(what: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| match scope.spawn(what).join() {
        Ok(result) => result,
        Err(_) => Err(io::Error::other("a thread panicked")),
    })
}
