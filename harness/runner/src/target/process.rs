//! The process of a target that we started, in the hands of one script. While it has it, the pulse of the target is no sign of
//! its health; afterwards the target is whole again.

use std::{
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use deadzone_play::{Handle, Handling, Process};
use deadzone_target::{Started, Store, TargetError};
use tokio::sync::oneshot;

use super::Pulse;

/// Longest reason that a record keeps, in characters.
const WHY_MAX: usize = 200;

/// A process of ours that a script may do something to.
#[derive(Clone, Debug)]
pub(crate) struct ScriptedProcess {
    pub(super) started: Arc<Started>,
    pub(super) pulse: Arc<Pulse>,
    pub(crate) cancel: Arc<AtomicBool>,
}

impl Process for ScriptedProcess {
    fn handle(&self, what: Handle) -> Handling<'_> {
        self.pulse.scripted();
        let (started, cancel) = (Arc::clone(&self.started), Arc::clone(&self.cancel));
        let (sender, done) = oneshot::channel();
        // Each has a time of its own: the descriptor's for a start and a stop, none is waited for otherwise.
        thread::spawn(move || sender.send(handle(&started, what, &cancel)));
        Box::pin(async move { done.await.unwrap_or_else(|_| Err("it was given up".to_owned())) })
    }
}

fn handle(started: &Started, what: Handle, cancel: &AtomicBool) -> Result<(), String> {
    match what {
        Handle::Kill => started.kill(),
        Handle::Stop => started.stop(),
        Handle::Freeze => started.freeze(),
        Handle::Thaw => started.thaw(),
        Handle::Restart { fresh } => {
            let store = if fresh { Store::Fresh } else { Store::Kept };
            return started.restart(store, cancel).map_err(|why| shown(&why));
        }
    }
    Ok(())
}

/// Why it does not run, without its log and the folders that stand there.
fn shown(why: &TargetError) -> String {
    why.to_string().lines().next().unwrap_or_default().chars().take(WHY_MAX).collect()
}

impl ScriptedProcess {
    /// What the script left halted or dead runs again. One that did not come back with its store begins without; where that
    /// fails too, the watch over its health finds it dead. From here on its health is its own affair.
    fn give_back(&self) {
        if !self.pulse.is_scripted() {
            return;
        }
        self.started.thaw();
        if (self.started.ended())().is_some() {
            let _ = self.started.restart(Store::Fresh, &self.cancel);
        }
        self.pulse.given_back();
    }
}

/// A process that a performance has in its hands: it is given back however that ends.
pub(crate) struct Lent(pub(crate) ScriptedProcess);

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.give_back();
    }
}
