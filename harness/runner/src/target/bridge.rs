//! The link between two brokers of a target: carried in a thread of its own as long as the target is up, since the brokers hold
//! their connection over all scenarios. Whoever performs one on it hears what passes, packet by packet.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use bytes::Bytes;
use deadzone_history::{By, Close, Direction, End};
use deadzone_link::{LinkStep, Note};
use deadzone_play::{Bridge, BridgeEvent};
use deadzone_proxy::{
    CONNECTIONS_MAX, Clock, DIAL_LIMIT, LinkConfig, LinkControl, Links, ModemKind, Record, RecordEvent,
    Recorder, Registry, Who, listen,
};
use deadzone_wire::{Frame, Framer, Packet, Sender, Version, decode};
use tokio::{
    runtime::Builder,
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        oneshot,
    },
};

/// Largest packet that is followed, bytes of Remaining Length; behind a larger one a connection is not heard of.
const FRAME_MAX: u32 = 1024 * 1024;

/// How often it is looked whether a wait is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The link while its target is up. Dropping it ends its connections.
#[derive(Clone)]
pub(crate) struct BridgeLink {
    served: Arc<Served>,
}

impl std::fmt::Debug for BridgeLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BridgeLink").field("listen", &self.served.listen).finish_non_exhaustive()
    }
}

struct Served {
    listen: SocketAddr,
    control: LinkControl,
    heard: Arc<Heard>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl BridgeLink {
    /// Listens for the second broker and carries it to the first.
    pub(crate) fn serve(listen_at: SocketAddr, upstream: SocketAddr) -> Result<Self, String> {
        let failed =
            |why: &dyn std::fmt::Display| format!("the bridge's link can't listen at {listen_at}: {why}");
        let heard = Arc::new(Heard::default());
        let (end, ended) = oneshot::channel::<()>();
        let (sender, control) = std::sync::mpsc::channel();
        let recorder = recorder(&heard);
        let thread = std::thread::spawn(move || {
            let runtime = match Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(why) => return drop(sender.send(Err(why.to_string()))),
            };
            runtime.block_on(async {
                let board = Arc::new(Registry::default());
                let links = listen(config(listen_at, upstream), Clock::new(), &board);
                let links = links.map_err(|why| why.source.to_string());
                let Some(links) = links.map(|mut all| all.pop()).transpose() else { return };
                let _ = sender.send(links.as_ref().map(Links::control).map_err(Clone::clone));
                let Ok(links) = links else { return };
                tokio::select! {
                    biased;
                    _ = ended => {}
                    () = links.serve(Some(recorder)) => {}
                }
            });
        });
        let control = control.recv().map_err(|why| failed(&why))?.map_err(|why| failed(&why))?;
        let served = Served { listen: listen_at, control, heard, end: Some(end), thread: Some(thread) };
        Ok(Self { served: Arc::new(served) })
    }

    /// Waits until the second broker was let in by the first, at most so long: before, every scenario would be slow for it.
    pub(crate) fn wait_until_connected(&self, limit: Duration, cancel: &AtomicBool) {
        let (mut ears, mut left) = (self.served.heard.lock(), limit);
        while !ears.answered && !cancel.load(Ordering::Relaxed) && left > Duration::ZERO {
            let waited = self.served.heard.changed.wait_timeout(ears, LOOK_EVERY);
            ears = waited.unwrap_or_else(PoisonError::into_inner).0;
            left = left.saturating_sub(LOOK_EVERY);
        }
    }

    /// For a performance.
    pub(crate) fn played(&self) -> Rc<dyn Bridge> {
        Rc::new(self.clone())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Bridge for BridgeLink {
    fn listen(&self) -> UnboundedReceiver<BridgeEvent> {
        self.served.heard.listen()
    }

    fn step(&self, step: LinkStep) {
        self.served.heard.notes(self.served.control.step(self.served.listen.ip(), step));
    }

    fn restore(&self) {
        self.served.heard.notes(self.served.control.restore(self.served.listen.ip()));
    }
}

fn config(listen_at: SocketAddr, upstream: SocketAddr) -> LinkConfig {
    LinkConfig {
        name: "bridge".to_owned(),
        listen: vec![listen_at],
        upstream: upstream.to_string(),
        profile: None,
        seed: 0,
        cell: None,
        steps: Vec::new(),
        // What happens to the link lasts over all connections of the one broker behind it.
        modem: ModemKind::PerSource,
        connections_max: CONNECTIONS_MAX,
        dial_limit: DIAL_LIMIT,
        recorded: true,
        decisions: None,
    }
}

/// What is heard of the link, and who hears it.
#[derive(Default)]
struct Heard {
    ears: Mutex<Ears>,
    changed: Condvar,
}

#[derive(Default)]
struct Ears {
    /// Connections that are open, with the version of their CONNECT.
    open: BTreeMap<u64, Option<Version>>,
    listener: Option<UnboundedSender<BridgeEvent>>,
    /// A packet came down to the second broker.
    answered: bool,
}

impl Heard {
    fn lock(&self) -> MutexGuard<'_, Ears> {
        self.ears.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self) -> UnboundedReceiver<BridgeEvent> {
        let (sender, receiver) = unbounded_channel();
        let mut ears = self.lock();
        for (number, version) in &ears.open {
            let _ = sender.send(BridgeEvent::Open { number: *number, version: *version });
        }
        ears.listener = Some(sender);
        receiver
    }

    fn notes(&self, notes: Vec<Note>) {
        let mut ears = self.lock();
        notes.into_iter().for_each(|note| ears.tell(BridgeEvent::Note { number: None, note }));
    }
}

impl Ears {
    fn tell(&mut self, event: BridgeEvent) {
        // One that listens no more hears nothing.
        if self.listener.as_ref().is_some_and(|listener| listener.send(event).is_err()) {
            self.listener = None;
        }
    }
}

fn recorder(heard: &Arc<Heard>) -> Arc<Recorder> {
    let heard = Arc::clone(heard);
    Arc::new(move |who: &Who, _: u64| {
        let number = who.number;
        let mut ears = heard.lock();
        ears.open.insert(number, None);
        ears.tell(BridgeEvent::Open { number, version: None });
        drop(ears);
        let framers = std::array::from_fn(|_| Framer::new(FRAME_MAX));
        Box::new(Connection { number, heard: Arc::clone(&heard), framers, lost: [false; 4] })
            as Box<dyn Record>
    })
}

/// One connection of the link. Whoever begins to listen hears whole packets.
struct Connection {
    number: u64,
    heard: Arc<Heard>,
    /// Up and down, each at the second broker's end and at the first's.
    framers: [Framer; 4],
    /// What came at this end can't be framed any more.
    lost: [bool; 4],
}

impl Connection {
    fn bytes(&mut self, direction: Direction, end: End, bytes: &Bytes) {
        let lane = 2 * usize::from(direction == Direction::Down) + usize::from(end == End::Broker);
        if self.lost[lane] {
            return;
        }
        let framer = &mut self.framers[lane];
        framer.push(bytes);
        while let Some(frame) = framer.next() {
            let Ok(frame) = frame else {
                self.lost[lane] = true;
                return;
            };
            let mut ears = self.heard.lock();
            if (direction, end) == (Direction::Up, End::Client) {
                ears.open.entry(self.number).and_modify(|known| {
                    known.get_or_insert_with(|| spoken(&frame));
                });
            }
            if (direction, end) == (Direction::Down, End::Client)
                && !std::mem::replace(&mut ears.answered, true)
            {
                self.heard.changed.notify_all();
            }
            let bytes = frame.to_bytes();
            ears.tell(BridgeEvent::Bytes { number: self.number, direction, end, bytes });
        }
    }
}

impl Record for Connection {
    fn happened(&mut self, _: u64, what: RecordEvent<'_>) {
        let number = self.number;
        match what {
            RecordEvent::Bytes { direction, end, bytes } => self.bytes(direction, side(end), bytes),
            RecordEvent::Note(note) => {
                self.heard.lock().tell(BridgeEvent::Note { number: Some(number), note: note.clone() });
            }
            RecordEvent::Closed { end, by_upstream, rst } => {
                let by = if by_upstream { By::Broker } else { By::Harness };
                let how = if rst { Close::Rst } else { Close::Fin };
                self.heard.lock().tell(BridgeEvent::Closed { number, end: side(end), by, how });
            }
        }
    }

    fn finish(self: Box<Self>, _: u64) {
        self.heard.lock().open.remove(&self.number);
    }
}

/// What a CONNECT says that it speaks. A level that only bridges use is one of 3.1.1.
fn spoken(connect: &Frame) -> Version {
    match &decode(connect, Version::V311, Sender::Client).packet {
        Packet::Connect(connect) => connect.layout(Version::V311),
        _ => Version::V311,
    }
}

fn side(end: deadzone_proxy::End) -> End {
    match end {
        deadzone_proxy::End::Client => End::Client,
        deadzone_proxy::End::Upstream => End::Broker,
    }
}
