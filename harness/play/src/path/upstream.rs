//! Whether a client waits where its link is full: a connection over a pipe, with a paused clock.

use std::{cell::RefCell, rc::Rc};

use bytes::Bytes;
use deadzone_history::{Purpose, Recorder, RecorderLimits};
use deadzone_link::{Catalogue, Direction, Fault, Identity, Link, LinkStep, PathId, Way, When};
use deadzone_transport::pipe;
use deadzone_wire::Version;
use tokio::{
    io::AsyncReadExt,
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::LocalSet,
};

use super::Path;
use crate::{
    client::{Client, Command, SharedClient},
    clock::Clock,
    memory::Reservation,
    recorder::SharedRecorder,
};

/// 80 kbit/s, and 2,000 bytes may wait.
const PROFILE: &str = "title = \"slow\"\n\
    [delay]\n\
    floor_ms = { both = 10, source = \"default\" }\n\
    median_ms = { both = 0, source = \"default\" }\n\
    sigma_ln = { both = 0, source = \"default\" }\n\
    correlation_per_100ms = { value = 0, source = \"default\" }\n\
    [rate]\n\
    mean_kbit_per_s = { both = 80, source = \"default\" }\n\
    sigma_ln = { both = 0, source = \"default\" }\n\
    correlation_per_s = { value = 0, source = \"default\" }\n\
    [queue]\n\
    capacity_bytes = { both = 2000, source = \"default\" }\n";

const CONN: u32 = 1;

/// A connection that is being carried, its queue, and a broker that reads everything: how many bytes it has got.
struct Carried {
    client: SharedClient,
    queue: UnboundedSender<Command>,
    got: Rc<RefCell<usize>>,
    clock: Clock,
}

impl Carried {
    fn begin() -> Self {
        let profile =
            Catalogue::new([("slow", PROFILE)], []).and_then(|c| c.get("slow")).expect("it is sound");
        let identity = Identity { seed: 1, scenario: "s".to_owned(), link: "dev".to_owned() };
        let mut link = Link::with_profile(&profile, identity);
        link.open(0, PathId(CONN));
        let state = Client::new(0usize.into(), Version::V5, "dev".to_owned(), true, link);
        let client = Rc::new(RefCell::new(state));
        let clock = Clock::start();
        let recorder = Recorder::new(RecorderLimits::default());
        let recorder = SharedRecorder::new(recorder, clock, Reservation::of(None, 0));
        let (ours, mut theirs) = pipe(1 << 20);
        let (queue, commands) = unbounded_channel();
        let conn = deadzone_history::ConnId(CONN);
        let path = Path::new(conn, Rc::clone(&client), &recorder, Box::new(ours), commands, None);
        tokio::task::spawn_local(path.carry());
        let got = Rc::new(RefCell::new(0));
        let counted = Rc::clone(&got);
        tokio::task::spawn_local(async move {
            let mut buffer = [0; 4096];
            while let Ok(n) = theirs.read(&mut buffer).await {
                if n == 0 {
                    break;
                }
                *counted.borrow_mut() += n;
            }
        });
        Self { client, queue, got, clock }
    }

    fn put(&self, command: Command) {
        assert!(self.queue.send(command).is_ok());
    }

    fn fault(&self, fault: Fault) {
        self.put(Command::Link(LinkStep { fault, when: When::Now }));
    }

    /// What is on the link, what came out of it, and how many commands are done, at this time.
    async fn at(&self, ms: u64) -> (usize, usize, u64) {
        self.clock.until_us(ms * 1000 + 500).await;
        let client = self.client.borrow();
        (client.modem.link().held_on(PathId(CONN), Direction::Up), *self.got.borrow(), client.presence.done())
    }
}

/// Nothing that can be framed: it passes as it is.
fn bytes(n: usize) -> Command {
    Command::Write(Bytes::from(vec![0xff; n]), Purpose::Script)
}

async fn with_room<F: Future>(test: impl FnOnce() -> F) -> F::Output {
    LocalSet::new().run_until(async { test().await }).await
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_where_its_link_is_full() {
    with_room(|| async {
        let carried = Carried::begin();
        carried.put(bytes(20_000));
        carried.fault(Fault::Slice(Way::Up, 7));
        carried.put(bytes(1));
        let (held, got, done) = carried.at(1_000).await;
        // 10 bytes a millisecond, but for the first ten.
        assert!(held <= 2_100 && (8_000..=9_910).contains(&got), "{held} {got}");
        assert_eq!(done, 0, "its turn is over when it is written");
        assert_eq!(carried.at(3_000).await, (0, 20_001, 3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_step_behind_bytes_that_a_fault_holds_has_its_turn() {
    with_room(|| async {
        let carried = Carried::begin();
        carried.fault(Fault::Hold(Way::Up));
        carried.put(bytes(20_000));
        carried.fault(Fault::Release(Way::Up));
        assert_eq!(carried.at(10).await.2, 3);
        assert_eq!(carried.at(3_000).await, (0, 20_000, 3));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_run_waits_for_nothing() {
    with_room(|| async {
        let carried = Carried::begin();
        carried.put(bytes(20_000));
        carried.put(bytes(1));
        carried.put(Command::End);
        carried.at(100).await;
        // What waited for its turn waits no more.
        assert_eq!(carried.client.borrow().presence.done(), 3);
        assert!(*carried.got.borrow() < 2_100);
    })
    .await;
}
