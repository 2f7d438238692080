//! One accepted connection from its first to its last moment. Knows no listener.

use std::{net::SocketAddr, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::net::TcpStream;

use crate::{
    Board, Clock, Control, Ending, Finished, Flow, LinkConfig, Outcome, Recorder, Stop, Story, Traffic, Who,
    board::Open, dial::dial, line::Line, listener::IMPAIRED_BUFFER, modem::Modem, relay,
};

/// Most bytes that are taken from a client whose modem is dark, to see whether it is still there.
const EARLY_MAX: usize = 64 * 1024;

/// What a session needs to know.
pub(crate) struct Session {
    pub(crate) config: Arc<LinkConfig>,
    pub(crate) clock: Clock,
    pub(crate) board: Arc<Board>,
    pub(crate) recorder: Option<Arc<Recorder>>,
    /// Its modem; `None` where nothing impairs.
    pub(crate) modem: Option<Arc<Modem>>,
    pub(crate) peer: SocketAddr,
}

impl Session {
    /// Serves the connection. The error is why upstream could not be reached.
    pub(crate) async fn run(self, client: TcpStream) -> Result<(), String> {
        let control = Arc::new(Control::default());
        let traffic = Arc::new(Traffic::default());
        let open = Open { control: Arc::clone(&control), traffic: Arc::clone(&traffic) };
        let number = self.board.accept(open);
        let who = Who { link: self.config.name.clone(), number, peer: self.peer };
        let from_us = self.clock.now_us();
        let (story, end) = self.carry(client, &who, &control, &traffic).await;
        let flow = |taken, given, unread, swallowed, discarded| Flow {
            acknowledged: Traffic::get(taken) + unread,
            given: Traffic::get(given),
            swallowed,
            discarded,
        };
        let (unread_up, unread_down) = match &end {
            Ending::Carried(finished) => (finished.unread_up, finished.unread_down),
            Ending::Unreached(_) | Ending::Dark => (0, 0),
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
        let why = match &end {
            Ending::Unreached(why) => Err(why.clone()),
            Ending::Carried(_) | Ending::Dark => Ok(()),
        };
        self.board.finish(Outcome { who, from_us, to_us: self.clock.now_us(), up, down, story, end });
        why
    }

    async fn carry(
        &self,
        client: TcpStream,
        who: &Who,
        control: &Arc<Control>,
        traffic: &Traffic,
    ) -> (Story, Ending) {
        let early = match &self.modem {
            Some(modem) => {
                let early = self.wait_for(modem, &client, control).await;
                modem.leave(control);
                match early {
                    Some(early) => early,
                    None => return (Story::default(), Ending::Dark),
                }
            }
            None => Bytes::new(),
        };
        let buffer = self.config.is_impaired().then_some(IMPAIRED_BUFFER);
        let dialled = tokio::select! {
            biased;
            stop = stopped(control) => {
                let finished = Finished { first: None, stopped: Some(stop), unread_up: 0, unread_down: 0 };
                return (Story::default(), Ending::Carried(finished));
            }
            dialled = dial(&self.config.upstream, self.config.dial_limit, buffer) => dialled,
        };
        let upstream = match dialled {
            Ok(stream) => stream,
            Err(error) => {
                // Closing without linger resets: a client must not take this for an orderly end.
                let _ = client.set_zero_linger();
                return (Story::default(), Ending::Unreached(error.to_string()));
            }
        };
        let now_us = self.clock.now_us();
        let record = self.recorder.as_ref().map(|recorder| recorder(who));
        let mut line = match &self.modem {
            Some(modem) => Line::through(modem, now_us, control, self.board.fired(), record),
            None => Line::plain(now_us, self.board.fired()),
        };
        let finished = relay(self.clock, (client, upstream), early, &mut line, control, traffic).await;
        let story = line.finish(self.clock.now_us());
        if let Some(why) = story.disarmed.as_ref().filter(|_| self.config.is_impaired()) {
            tracing::warn!("connection {} from {}: {why}: faults at packets were off", who.number, who.peer);
        }
        (story, Ending::Carried(finished))
    }

    /// Waits until a connection could be made through the modem. A real modem would keep its SYN back; ours can only
    /// keep silent. What the client sends meanwhile is kept; `None` when it goes away.
    async fn wait_for(&self, modem: &Modem, client: &TcpStream, control: &Arc<Control>) -> Option<Bytes> {
        let mut early = BytesMut::new();
        let mut chunk = [0; 1024];
        loop {
            let Err(wake_us) = modem.usable(self.clock.now_us(), control) else {
                return Some(early.freeze());
            };
            tokio::select! {
                biased;
                // A poke is no stop, but the modem may have changed.
                stop = changed(control) => if stop.is_some() { return None },
                () = self.clock.until(wake_us.unwrap_or(u64::MAX >> 1)), if wake_us.is_some() => {}
                ready = client.readable(), if early.len() < EARLY_MAX => {
                    ready.ok()?;
                    match client.try_read(&mut chunk) {
                        Ok(0) => return None,
                        Ok(n) => early.extend_from_slice(&chunk[..n]),
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => return None,
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

/// Waits for a poke; the order to stop, if it was one.
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
