//! Takes connections in and gives each a session and a modem. Knows nothing of what is carried.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadzone_link::{Fault, Identity, Link, LinkStep, Note, Profile, When};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::{Clock, LinkConfig, ModemKind, Recorder, Registry, clock::pause, modem::Modem, session::Session};

/// Receive buffer of both sockets on an impaired link, bytes (the system doubles it): what a peer's kernel is told to
/// have arrived before the link has looked at it.
pub const IMPAIRED_BUFFER: u32 = 8 * 1024;
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;
/// After the system could give no socket (no descriptors left, say) it is asked again only this much later.
const BREATH: Duration = Duration::from_millis(50);
/// Most modems that are remembered; above it those that are not in use are forgotten, lowest address first.
const MODEMS_MAX: usize = 4_096;
/// The same failure is logged again only this much later, µs.
const LOG_EVERY_US: u64 = 1_000_000;

/// A link could not listen.
#[derive(Debug, thiserror::Error)]
#[error("could not listen on {address}")]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// A link that listens.
pub struct Links {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// What the listeners of one link have in common.
struct Shared {
    config: Arc<LinkConfig>,
    /// The configuration's, once for all modems.
    profile: Option<Arc<Profile>>,
    clock: Clock,
    board: Arc<Registry>,
    modems: Mutex<BTreeMap<IpAddr, Arc<Modem>>>,
    /// When it began: outages that the profile lists by their times count from here.
    since_us: u64,
    /// Modems made for one connection each.
    made: AtomicU64,
    open: Arc<()>,
    failures: Mutex<Failures>,
}

/// Failures that were not logged one by one.
#[derive(Default)]
struct Failures {
    next_us: u64,
    unsaid: u64,
}

/// Listens on every address of a link.
pub fn listen(config: LinkConfig, clock: Clock, board: &Arc<Registry>) -> Result<Vec<Links>, ListenError> {
    let impaired = config.is_impaired();
    let bound = config.listen.iter().map(|address| bind(*address, impaired)).collect::<Result<_, _>>()?;
    listen_on(bound, config, clock, board)
}

/// The same with sockets that listen already.
pub(crate) fn listen_on(
    sockets: Vec<std::net::TcpListener>,
    config: LinkConfig,
    clock: Clock,
    board: &Arc<Registry>,
) -> Result<Vec<Links>, ListenError> {
    let shared = Arc::new(Shared {
        profile: config.profile.clone().map(Arc::new),
        config: Arc::new(config),
        since_us: clock.now_us(),
        clock,
        board: Arc::clone(board),
        modems: Mutex::default(),
        made: AtomicU64::new(0),
        open: Arc::new(()),
        failures: Mutex::default(),
    });
    let one = |(socket, address): (_, &SocketAddr)| {
        let listener =
            TcpListener::from_std(socket).map_err(|source| ListenError { address: *address, source })?;
        Ok(Links { listener, shared: Arc::clone(&shared) })
    };
    sockets.into_iter().zip(&shared.config.listen).map(one).collect()
}

/// Listens on one address, in the network namespace of this thread.
pub(crate) fn bind(address: SocketAddr, impaired: bool) -> Result<std::net::TcpListener, ListenError> {
    socket(address, impaired).map_err(|source| ListenError { address, source })
}

fn socket(address: SocketAddr, impaired: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        // Each family has its own listener, so that `[::]` and `0.0.0.0` go side by side.
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    if impaired {
        // Before the handshake: accepted sockets inherit it, and with it the first window.
        socket.set_recv_buffer_size(IMPAIRED_BUFFER as usize)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Links {
    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Its configuration.
    pub fn config(&self) -> &LinkConfig {
        &self.shared.config
    }

    /// A hold on this link's modems while it serves.
    pub fn control(&self) -> LinkControl {
        LinkControl { shared: Arc::clone(&self.shared) }
    }

    /// Takes connections in, for ever. Each is served by a task of its own on the current runtime, and recorded where a
    /// record is kept.
    pub async fn serve(self, recorder: Option<Arc<Recorder>>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => self.shared.admit(stream, peer, recorder.clone()),
                Err(error) => {
                    self.shared.complain(&format!("could not accept a connection: {error}"));
                    pause(BREATH).await;
                }
            }
        }
    }
}

/// Does something to a link that serves, where its connections share a modem by their source.
#[derive(Clone)]
pub struct LinkControl {
    shared: Arc<Shared>,
}

impl LinkControl {
    /// Has this happen to the modem of a source, now or when its trigger says so. What the link said at once and belongs to no
    /// connection.
    pub fn step(&self, source: IpAddr, step: LinkStep) -> Vec<Note> {
        self.on(source, |link, now_us| link.step(now_us, step))
    }

    /// What waits for its packet or its time never happens, and every effect ends. What the link says of that.
    pub fn restore(&self, source: IpAddr) -> Vec<Note> {
        let mut never = Vec::new();
        let notes = self.on(source, |link, now_us| {
            never = link.finish();
            link.step(now_us, LinkStep { fault: Fault::Restore, when: When::Now });
        });
        never.extend(notes);
        never
    }

    fn on(&self, source: IpAddr, call: impl FnOnce(&mut Link, u64)) -> Vec<Note> {
        let Some(modem) = self.shared.modem(source) else { return Vec::new() };
        let now_us = self.shared.clock.now_us();
        let mut inner = modem.lock();
        call(&mut inner.link, now_us);
        inner.wake_others(None);
        std::iter::from_fn(|| inner.link.poll_note()).collect()
    }
}

impl Shared {
    fn admit(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, recorder: Option<Arc<Recorder>>) {
        if Arc::strong_count(&self.open) > self.config.connections_max {
            let _ = stream.set_zero_linger();
            self.board.refuse();
            let most = self.config.connections_max;
            self.complain(&format!("{peer} was reset: {most} connections are open"));
            return;
        }
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("{peer}: no TCP_NODELAY: {error}");
        }
        let session = Session {
            config: Arc::clone(&self.config),
            clock: self.clock,
            board: Arc::clone(&self.board),
            recorder,
            modem: self.modem(peer.ip()),
            peer,
        };
        let shared = Arc::clone(self);
        let open = Arc::clone(&self.open);
        tokio::spawn(async move {
            if let Some(news) = session.run(stream).await {
                shared.complain(&news);
            }
            drop(open);
        });
    }

    /// The modem of a source; `None` where nothing impairs.
    fn modem(&self, source: IpAddr) -> Option<Arc<Modem>> {
        if self.config.is_plain() {
            return None;
        }
        if self.config.modem == ModemKind::PerConnection {
            let ordinal = self.made.fetch_add(1, Ordering::Relaxed) + 1;
            return Some(self.make_modem(&ordinal.to_string()));
        }
        let mut modems = self.modems.lock().unwrap_or_else(PoisonError::into_inner);
        if modems.len() >= MODEMS_MAX && !modems.contains_key(&source) {
            let idle = modems.iter().find(|(_, modem)| modem.is_idle()).map(|(source, _)| *source);
            idle.and_then(|source| modems.remove(&source));
        }
        Some(Arc::clone(modems.entry(source).or_insert_with(|| self.make_modem(&source.to_string()))))
    }

    /// A modem whose chances are those of the seed, the link and this name: the n-th connection or the source has the
    /// same every time.
    fn make_modem(&self, name: &str) -> Arc<Modem> {
        let (config, now_us) = (&self.config, self.clock.now_us());
        let identity = Identity { seed: config.seed, scenario: config.name.clone(), link: name.to_owned() };
        let mut link = Link::with_identity(identity);
        let book = config.decisions.as_ref();
        if let Some(decisions) = book.and_then(|book| book.of(&config.name, name)) {
            link.replay_decisions(decisions);
        }
        let recording = book.filter(|book| book.is_recording());
        if recording.is_some() {
            link.record_decisions();
        }
        if let Some(profile) = &self.profile {
            link.begin_profile(now_us, self.since_us, Arc::clone(profile));
        }
        if let Some(cell) = &config.cell {
            link.share(cell);
        }
        let modem = Modem::new(now_us, link, &config.steps);
        let Some(book) = recording else { return Arc::new(modem) };
        let modem = Arc::new(modem.written_to(book, &config.name, name));
        book.enter(&modem);
        modem
    }

    /// Logs a failure, but not a flood of them.
    fn complain(&self, what: &str) {
        let now_us = self.clock.now_us();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if now_us < failures.next_us {
            failures.unsaid += 1;
            return;
        }
        let more = match std::mem::take(&mut failures.unsaid) {
            0 => String::new(),
            n => format!(" (and {n} more since the last line)"),
        };
        failures.next_us = now_us + LOG_EVERY_US;
        tracing::warn!("link {}: {what}{more}", self.config.name);
    }
}
