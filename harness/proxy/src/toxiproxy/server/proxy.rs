//! One proxy: where it listens, what it serves. Knows its toxics only as what new connections begin with.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use deadzone_link::Profile;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{
    error::ApiError,
    live::{Live, LiveMiddle},
    toxics::Toxics,
};
use crate::{Clock, Recorder, Stop, Traffic, Who, clock::pause, dial::dial, relay, toxiproxy::chain::Chain};

/// How long upstream may take to answer.
const DIAL_LIMIT: Duration = Duration::from_secs(10);
/// The pause after the system refused a connection, as it does when files run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Numbers of links over all proxies.
static LINKS: AtomicU64 = AtomicU64::new(1);

/// What all proxies of a server share.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    /// Most connections of one proxy at once.
    pub(super) connections: usize,
    /// Makes the record of each connection, where one is kept.
    pub(super) recorder: Option<Arc<Recorder>>,
}

/// Toxics and live connections: what a proxy's accept loop and the API both touch.
#[derive(Default)]
pub(super) struct Served {
    pub(super) toxics: Toxics,
    pub(super) links: BTreeMap<u64, Arc<Live>>,
    /// What new connections behave like.
    pub(super) profile: Option<Arc<Profile>>,
    /// When the outages that it lists began to count, µs.
    pub(super) profile_since_us: u64,
    connections: u64,
    /// It was said that no more are taken.
    is_full: bool,
    /// Bytes of connections that have ended: taken up, given up, taken down, given down.
    pub(super) past: [u64; 4],
}

/// A proxy.
pub(super) struct Proxy {
    pub(super) name: String,
    pub(super) listen: String,
    pub(super) upstream: String,
    ground: Ground,
    running: Option<JoinHandle<()>>,
    served: Arc<Mutex<Served>>,
}

pub(super) fn lock(served: &Mutex<Served>) -> MutexGuard<'_, Served> {
    served.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// The time of its connections, µs.
    pub(super) fn now_us(&self) -> u64 {
        self.ground.clock.now_us()
    }

    pub(super) fn new(ground: Ground, name: &str, listen: &str, upstream: &str) -> Self {
        Self {
            name: name.to_owned(),
            listen: listen.to_owned(),
            upstream: upstream.to_owned(),
            ground,
            running: None,
            served: Arc::default(),
        }
    }

    pub(super) fn enabled(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn served(&self) -> MutexGuard<'_, Served> {
        lock(&self.served)
    }

    /// Listens there. `listen` becomes the address that it got.
    pub(super) async fn start(&mut self, address: SocketAddr) -> Result<(), ApiError> {
        if self.running.is_some() {
            return Ok(());
        }
        let listener = super::address::bind(address).await?;
        if let Ok(local) = listener.local_addr() {
            self.listen = local.to_string();
        }
        tracing::info!("proxy {}: {} to {}", self.name, self.listen, self.upstream);
        let door = Door {
            name: self.name.clone(),
            upstream: self.upstream.clone(),
            ground: self.ground.clone(),
            served: Arc::clone(&self.served),
        };
        self.running = Some(tokio::spawn(door.accept(listener)));
        Ok(())
    }

    /// Stops listening and closes every connection. When it returns the port is free.
    pub(super) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // It ends with an error that says that it was ended.
            let _ = running.await;
            tracing::info!("proxy {}: stopped", self.name);
        }
        for live in self.served().links.values() {
            live.control.stop(Stop::Close);
        }
    }

    /// As in the API.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "listen": self.listen,
            "upstream": self.upstream,
            "enabled": self.enabled(),
            "toxics": self.served().toxics.to_json(),
        })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
        for live in self.served().links.values() {
            live.control.stop(Stop::Close);
        }
    }
}

/// What the accept loop needs.
struct Door {
    name: String,
    upstream: String,
    ground: Ground,
    served: Arc<Mutex<Served>>,
}

impl Door {
    async fn accept(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((client, peer)) => {
                    let Some(live) = self.welcome(peer) else {
                        // Without linger the close is a reset: it must not be taken for an orderly end.
                        let _ = client.set_zero_linger();
                        continue;
                    };
                    // Each dials for itself: an upstream that does not answer keeps no other connection waiting.
                    tokio::spawn(serve(client, live, self.ground.clone(), Arc::clone(&self.served)));
                }
                Err(error) => {
                    tracing::warn!("proxy {}: a connection could not be taken in: {error}", self.name);
                    pause(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// A new connection begins with the toxics of this moment; later ones reach it through the list. `None` where there
    /// are as many as may be.
    fn welcome(&self, peer: SocketAddr) -> Option<Arc<Live>> {
        let clock = self.ground.clock;
        let mut served = lock(&self.served);
        if served.links.len() >= self.ground.connections {
            if !std::mem::replace(&mut served.is_full, true) {
                tracing::warn!(
                    "proxy {}: {} connections are open, more are reset",
                    self.name,
                    served.links.len()
                );
            }
            return None;
        }
        served.is_full = false;
        served.connections += 1;
        let mut chain = Chain::new(clock.now_us(), self.ground.seed, &self.name, served.connections);
        if let Some(profile) = &served.profile {
            let (now_us, profile) = (clock.now_us(), Arc::clone(profile));
            let since_us = served.profile_since_us;
            chain.change_link(now_us, |link| link.begin_profile(now_us, since_us, profile));
        }
        served.toxics.equip(clock.now_us(), &mut chain);
        let id = LINKS.fetch_add(1, Ordering::Relaxed);
        let live = Arc::new(Live::new(id, &self.name, peer, &self.upstream, clock, chain));
        served.links.insert(id, Arc::clone(&live));
        Some(live)
    }
}

async fn serve(client: TcpStream, live: Arc<Live>, ground: Ground, served: Arc<Mutex<Served>>) {
    if let Err(why) = carry(client, &live, &ground).await {
        tracing::warn!("proxy {}: connection from {}: {why}", live.proxy, live.peer);
    }
    let traffic = &live.traffic;
    let counts = [&traffic.taken_up, &traffic.given_up, &traffic.taken_down, &traffic.given_down];
    let mut served = lock(&served);
    for (sum, count) in served.past.iter_mut().zip(counts) {
        *sum += Traffic::get(count);
    }
    served.links.remove(&live.id);
}

async fn carry(client: TcpStream, live: &Arc<Live>, ground: &Ground) -> Result<(), String> {
    client.set_nodelay(true).map_err(|e| e.to_string())?;
    let stopped = poll_fn(|cx| live.control.watch(cx).map_or(Poll::Pending, |_| Poll::Ready(())));
    let upstream = tokio::select! {
        biased;
        () = stopped => return Ok(()),
        dialled = dial(&live.upstream, DIAL_LIMIT, None) => dialled.map_err(|e| e.to_string())?,
    };
    let who = || Who { link: live.proxy.clone(), number: live.id, peer: live.peer, seed: ground.seed };
    let record = ground.recorder.as_ref().map(|recorder| recorder(&who(), live.clock.now_us()));
    let mut middle = LiveMiddle::new(Arc::clone(live), record);
    relay(live.clock, (client, upstream), Bytes::new(), &mut middle, &live.control, &live.traffic).await;
    Ok(())
}
