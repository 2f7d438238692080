//! The names of all proxies that this process may have made in a Toxiproxy server, and their removal. A name is known
//! before the server is asked to make it, and forgotten when it is surely gone. Other proxies are not touched.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use deadzone_proxy::toxiproxy::{Api, ClientError, ProxyInfo};
use tokio::{
    runtime::Builder,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::output::print_error;

/// How often it is tried again to remove what is still being made, or what the server did not remove.
const AGAIN_EVERY: Duration = Duration::from_millis(100);

/// What is known of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The server was asked for it and has not answered: it may come yet.
    Asked,
    /// The server has it.
    Made,
}

#[derive(Debug, Default)]
struct Known {
    /// Nothing is made any more.
    closed: bool,
    all: BTreeMap<String, Stage>,
}

/// A shared handle on the names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Mutex<Known>>);

impl Names {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a proxy. Dropped halfway, it leaves its name here, and is not asked for again: of two questions the second might
    /// be answered behind the removal.
    pub(super) async fn create(
        &self,
        api: &Api,
        name: &str,
        listen: &str,
        upstream: &str,
    ) -> Result<ProxyInfo, ClientError> {
        {
            let mut known = self.known();
            let why = match known.all.get(name) {
                _ if known.closed => Some("the run is over"),
                Some(_) => Some("it did not answer the question for this proxy"),
                None => None,
            };
            if let Some(why) = why {
                return Err(ClientError::Unreachable(api.authority().to_owned(), why.to_owned()));
            }
            known.all.insert(name.to_owned(), Stage::Asked);
        }
        let made = api.create(name, listen, upstream).await;
        match &made {
            // It said that it made none.
            Err(ClientError::Refused { status: 400..=499, .. }) => self.forget(name),
            // It may have, whatever it said, and may yet.
            Err(ClientError::Unreachable(..) | ClientError::Refused { status: 500.., .. }) => {}
            Ok(_) | Err(_) => {
                if let Some(stage) = self.known().all.get_mut(name) {
                    *stage = Stage::Made;
                }
            }
        }
        made
    }

    fn forget(&self, name: &str) {
        self.known().all.remove(name);
    }

    fn stage(&self, name: &str) -> Option<Stage> {
        self.known().all.get(name).copied()
    }

    /// Removes a proxy, once: what is not there is no error, but is looked for again at the end if it may come yet.
    pub(super) async fn remove(&self, api: &Api, name: &str) -> Result<(), ClientError> {
        let Some(stage) = self.stage(name) else { return Ok(()) };
        match api.delete(name).await {
            Err(error) if error.is_not_found() && stage == Stage::Asked => Ok(()),
            Err(error) if !error.is_not_found() => Err(error),
            _ => {
                self.forget(name);
                Ok(())
            }
        }
    }

    /// Removes all that is left, within this time, and lets nothing be made afterwards. What may stay is told.
    pub(super) fn leave(&self, api: &Api, limit: Duration) {
        self.known().closed = true;
        if self.known().all.is_empty() {
            return;
        }
        let (names, of) = (self.clone(), api.clone());
        // It may be called from within a runtime, in which no other can be entered.
        let left = thread::spawn(move || {
            let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
            // Past the limit nothing is to be said but what is left.
            let _ = runtime.block_on(async { timeout(limit, names.remove_all(&of)).await });
        });
        let _ = left.join();
        let left: Vec<String> = self.known().all.keys().cloned().collect();
        if !left.is_empty() {
            let (at, names) = (api.authority(), left.join(", "));
            print_error(&format!("warning: Toxiproxy at {at} may be left with these proxies: {names}\n"));
        }
    }

    /// All at once: one that takes long must not keep the others.
    async fn remove_all(&self, api: &Api) {
        let mut tasks = JoinSet::new();
        let all: Vec<String> = self.known().all.keys().cloned().collect();
        for name in all {
            let (names, api) = (self.clone(), api.clone());
            tasks.spawn(async move {
                while names.stage(&name).is_some() {
                    if names.remove(&api, &name).await.is_err() || names.stage(&name).is_some() {
                        sleep(AGAIN_EVERY).await;
                    }
                }
            });
        }
        while tasks.join_next().await.is_some() {}
    }
}
