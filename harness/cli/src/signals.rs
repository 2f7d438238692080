//! The first SIGINT or SIGTERM asks for an end, the second ends at once.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Sets the flag at the first signal; at the second the process exits with 130, and with it what it started. Signals count
/// from when this returns.
pub(crate) fn cancel_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    if let Err(error) = watch(Arc::clone(&flag)) {
        tracing::warn!("signals are not watched: {error}");
    }
    flag
}

fn watch(flag: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Here, not in the thread, which may not have begun when the first signal comes.
    let mut signals = runtime.block_on(async { Signals::new() })?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async move {
            signals.wait().await;
            flag.store(true, Ordering::Relaxed);
            // Made anew: two signals that came together count as one.
            if let Ok(mut again) = Signals::new() {
                again.wait().await;
                // Nothing else will: an exit runs no destructors.
                deadzone_runner::end_started_brokers();
                std::process::exit(130);
            }
        });
    })?;
    Ok(())
}

/// Signals that ask for an end.
#[cfg(unix)]
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
