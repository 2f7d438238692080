//! One accepted connection from its first to its last moment. Knows no listener.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use bytes::BytesMut;
use deadzone_link::Note;
use tokio::{io::Interest, net::TcpStream};

use crate::{
    Clock, ConnectionSummary, Control, Ending, Finished, Flow, LinkConfig, Outcome, Recorder, Registry, Stop,
    Traffic, Who,
    connection_path::ConnectionPath,
    dial::dial,
    listener::IMPAIRED_BUFFER,
    modem::Modem,
    registry::Open,
    relay::{relay, unread},
};

/// Most bytes that are taken from a client whose modem is dark, to see whether it is still there.
const EARLY_MAX: usize = 64 * 1024;

/// What a session needs to know.
pub(crate) struct Session {
    pub(crate) config: Arc<LinkConfig>,
    pub(crate) clock: Clock,
    pub(crate) board: Arc<Registry>,
    pub(crate) recorder: Option<Arc<Recorder>>,
    /// Its modem; `None` where nothing impairs.
    pub(crate) modem: Option<Arc<Modem>>,
    pub(crate) peer: SocketAddr,
}

impl Session {
    /// Serves the connection. What is to be told of it at once, if anything.
    pub(crate) async fn run(self, client: TcpStream) -> Option<String> {
        let control = Arc::new(Control::default());
        let traffic = Arc::new(Traffic::default());
        let open = Open { control: Arc::clone(&control), traffic: Arc::clone(&traffic) };
        let number = self.board.accept(open);
        let config = &self.config;
        let who = Who { link: config.name.clone(), number, peer: self.peer, seed: config.seed };
        let from_us = self.clock.now_us();
        let (mut story, end, unread) = self.carry(client, &who, &control, &traffic).await;
        // Whether packets can be read matters where something waits for one.
        story.disarmed = story.disarmed.filter(|_| config.looks_at_packets());
        let flow = |taken, given, unread, swallowed, discarded| Flow {
            acknowledged: Traffic::get(taken) + unread,
            given: Traffic::get(given),
            swallowed,
            discarded,
        };
        let (unread_up, unread_down) = match &end {
            Ending::Carried(finished) => (finished.unread_up, finished.unread_down),
            Ending::Unreached(_) | Ending::Dark => (unread, 0),
        };
        let up =
            flow(&traffic.taken_up, &traffic.given_up, unread_up, story.swallowed_up, story.discarded_up);
        let down = flow(
            &traffic.taken_down,
            &traffic.given_down,
            unread_down,
            story.swallowed_down,
            story.discarded_down,
        );
        let peer = self.peer;
        let news = match (&end, &story.disarmed) {
            (Ending::Unreached(why), _) => Some(format!("{peer} was reset: {why}")),
            (_, Some(why)) => {
                Some(format!("connection {number} from {peer}: {why}: faults at packets were off"))
            }
            _ => None,
        };
        self.board.finish(Outcome { who, from_us, to_us: self.clock.now_us(), up, down, story, end });
        news
    }

    /// Carries the connection to its end. Bytes that its client's kernel got acknowledged and that were never read come last.
    async fn carry(
        &self,
        client: TcpStream,
        who: &Who,
        control: &Arc<Control>,
        traffic: &Traffic,
    ) -> (ConnectionSummary, Ending, u64) {
        let (mut early, mut waited_us, mut notes) = (BytesMut::new(), 0, Vec::new());
        if let Some(modem) = &self.modem {
            let from_us = self.clock.now_us();
            let there = self.wait_for(modem, &client, control, &mut early).await;
            notes = modem.leave(control);
            waited_us = self.clock.now_us() - from_us;
            if !there {
                return self.without_a_way(&client, &early, waited_us, &notes, traffic, Ending::Dark);
            }
        }
        let buffer = self.config.is_impaired().then_some(IMPAIRED_BUFFER);
        let dialled = tokio::select! {
            biased;
            stop = stopped(control) => Err(Ending::Carried(Finished::stopped(stop, unread(&client)))),
            // An end that reset meanwhile waits for nothing.
            _ = client.ready(Interest::ERROR) => Err(Ending::Carried(Finished::reset_by_client())),
            dialled = dial(&self.config.upstream, self.config.dial_limit, buffer) => {
                dialled.map_err(|error| Ending::Unreached(error.to_string()))
            }
        };
        let upstream = match dialled {
            Ok(stream) => stream,
            Err(end) => return self.without_a_way(&client, &early, waited_us, &notes, traffic, end),
        };
        let now_us = self.clock.now_us();
        let record = self.recorder.as_ref().map(|recorder| recorder(who, now_us));
        let mut path = match &self.modem {
            Some(modem) => ConnectionPath::through(modem, now_us, control, self.board.fired(), record),
            None => ConnectionPath::plain(self.board.fired()),
        };
        path.begin_with(now_us, waited_us, &notes);
        let early = early.freeze();
        let finished = relay(self.clock, (client, upstream), early, &mut path, control, traffic).await;
        (path.finish(self.clock.now_us()), Ending::Carried(finished), 0)
    }

    /// It ends before there was a way to upstream.
    fn without_a_way(
        &self,
        client: &TcpStream,
        early: &[u8],
        waited_us: u64,
        notes: &[Note],
        traffic: &Traffic,
        end: Ending,
    ) -> (ConnectionSummary, Ending, u64) {
        Traffic::add(&traffic.taken_up, early.len());
        let mut story = ConnectionSummary { waited_us, ..ConnectionSummary::default() };
        let fired = notes.iter().filter(|note| story.hear(note)).count();
        self.board.fired().fetch_add(fired as u64, Ordering::Relaxed);
        if matches!(end, Ending::Unreached(_)) {
            // Closing without linger resets: a client must not take this for an orderly end.
            let _ = client.set_zero_linger();
        }
        (story, end, unread(client))
    }

    /// Waits until a connection could be made through the modem. A real modem would keep its SYN back; ours can only
    /// keep silent. What the client sends meanwhile is kept; false when it goes away. Half a close is a whole one here:
    /// the connection is not taken yet.
    async fn wait_for(
        &self,
        modem: &Modem,
        client: &TcpStream,
        control: &Arc<Control>,
        early: &mut BytesMut,
    ) -> bool {
        let mut chunk = [0; 1024];
        loop {
            let Err(wake_us) = modem.usable(self.clock.now_us(), control) else {
                return true;
            };
            tokio::select! {
                biased;
                // A wake-up is no stop, but the modem may have changed.
                stop = changed(control) => if stop.is_some() { return false },
                () = self.clock.until(wake_us.unwrap_or(u64::MAX >> 1)), if wake_us.is_some() => {}
                ready = client.readable(), if early.len() < EARLY_MAX => {
                    if ready.is_err() {
                        return false;
                    }
                    match client.try_read(&mut chunk) {
                        Ok(0) => return false,
                        Ok(n) => early.extend_from_slice(&chunk[..n]),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => return false,
                    }
                }
            }
        }
    }
}

/// Waits for the order to stop.
async fn stopped(control: &Control) -> Stop {
    std::future::poll_fn(|cx| control.watch(cx).map_or(std::task::Poll::Pending, std::task::Poll::Ready))
        .await
}

/// Waits for a wake-up; the order to stop, if it was one.
async fn changed(control: &Control) -> Option<Stop> {
    let mut polled = false;
    std::future::poll_fn(|cx| {
        let stop = control.watch(cx);
        if stop.is_some() || std::mem::replace(&mut polled, true) {
            std::task::Poll::Ready(stop)
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}
