//! The first SIGINT or SIGTERM asks for an end, the second ends at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Sets the flag at the first signal; at the second the process exits with 130, and with it what it started.
pub(crate) fn cancel_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let shared = Arc::clone(&flag);
    let watch = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async move {
            for round in 0.. {
                if wait().await.is_err() {
                    return;
                }
                if round > 0 {
                    // Nothing else will: an exit runs no destructors.
                    deadzone_runner::end_started_brokers();
                    std::process::exit(130);
                }
                shared.store(true, Ordering::Relaxed);
            }
        });
    });
    if let Err(error) = watch {
        tracing::warn!("signals are not watched: {error}");
    }
    flag
}

#[cfg(unix)]
async fn wait() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    // Made anew for each round: two signals that come together count as one.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        biased;
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn wait() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
