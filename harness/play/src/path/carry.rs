//! Carrying a connection: one loop that does the next thing.

use std::{io::ErrorKind, rc::Rc};

use deadzone_history::{By, Close, ConnId, End, EventKind, Overflow, Purpose};
use deadzone_link::{Cut, Direction, Fault, Link, LinkStep, Note, Output, PathId, When};
use deadzone_transport::{Stream, is_broken_below};
use deadzone_wire::Version;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc::UnboundedReceiver,
};

use super::{
    broker_end::{BrokerEnd, Outgoing},
    turns::Turns,
};
use crate::{
    client::{Command, SharedClient, Waker},
    foreign::{self, ForeignLinks},
    recorder::SharedRecorder,
    tap::Taps,
};

/// Bytes read from a target at once.
const READ_SIZE: usize = 16 * 1024;
/// Most bytes that the link may hold for a path before we stop reading more into it.
const HELD_MAX: usize = 1024 * 1024;
/// Most times that a timer of one path is due at one instant.
const TIMERS_AT_ONE_INSTANT: u64 = 10_000;

/// A connection being performed.
pub(crate) struct Path {
    pub(super) conn: ConnId,
    pub(super) path: PathId,
    pub(super) version: Version,
    pub(super) client: SharedClient,
    /// Where the carriers of other connections tell that they made something due here.
    waker: Rc<Waker>,
    pub(super) recorder: SharedRecorder,
    pub(super) taps: Taps,
    pub(super) broker: BrokerEnd,
    pub(super) turns: Turns,
    /// The client's end is closed.
    pub(super) client_done: bool,
    pub(super) ended: bool,
    /// When a timer was last due, µs, and how often at that instant.
    timers: (u64, u64),
}

impl Drop for Path {
    /// However it ends, by itself or by the end of the run, what is incomplete is told.
    fn drop(&mut self) {
        if self.broker.breaks {
            let text = "cut rst at cipher byte".to_owned();
            self.note(Note::NeverFired { fault: 0, effect: Fault::Cut(Cut::Rst), text });
        }
        let mut client = self.client.borrow_mut();
        client.modem.leave(self.path);
        client.presence.passed(self.turns.waiting());
        drop(client);
        for (direction, end) in [
            (Direction::Up, End::Client),
            (Direction::Up, End::Broker),
            (Direction::Down, End::Broker),
            (Direction::Down, End::Client),
        ] {
            self.taps.ended(direction, end);
        }
    }
}

impl Path {
    pub(crate) fn new(
        conn: ConnId,
        client: SharedClient,
        recorder: &SharedRecorder,
        stream: Box<dyn Stream>,
        queue: UnboundedReceiver<Command>,
        foreign: Option<Rc<dyn ForeignLinks>>,
    ) -> Self {
        let version = client.borrow().version;
        let path = PathId(conn.0);
        let waker = client.borrow_mut().modem.serve(path);
        Self {
            conn,
            path,
            version,
            taps: Taps::new(recorder, conn, version),
            client,
            waker,
            recorder: recorder.clone(),
            broker: BrokerEnd::new(stream, foreign),
            turns: Turns::new(queue),
            client_done: false,
            ended: false,
            timers: (0, 0),
        }
    }

    /// Carries the connection to its end.
    pub(crate) async fn carry(mut self) {
        let mut buffer = vec![0u8; READ_SIZE];
        while !self.ended {
            self.drain_link();
            // A close that the link let through has nothing to wait for: there may never be another turn.
            self.close_if_next().await;
            // Past a bound nothing is recorded any more, so nothing more is taken in.
            self.ended |= self.recorder.overflow().is_some();
            if self.ended || (self.broker.done && self.client_done && self.broker.outgoing.is_empty()) {
                break;
            }
            if self.send_unsent() {
                continue;
            }
            if self.turns.unsent.is_empty() && self.broker.outgoing.is_empty() {
                if std::mem::take(&mut self.turns.writing) {
                    self.command_done();
                }
                if let Some(command) = self.turns.behind.pop_front() {
                    self.take(command).await;
                    continue;
                }
            }
            self.turn(&mut buffer).await;
        }
        self.recorder.nudge();
    }

    /// Waits for the one next thing and does it.
    async fn turn(&mut self, buffer: &mut [u8]) {
        let clock = self.recorder.clock();
        let (wake_us, ping_us, held, room) = {
            let client = self.client.borrow();
            // A client that waits until it can write has something to send anyway.
            let pings = !self.client_done && self.turns.unsent.is_empty() && !client.presence.inside_packet;
            let ping = client.ping_due_us().filter(|_| pings);
            let room = client.modem.link().room(self.path, Direction::Down);
            (client.modem.link().wake_at_us(), ping, client.modem.link().held_bytes(self.path), room)
        };
        let next_us = [wake_us, ping_us].into_iter().flatten().min();
        let timer = async {
            match next_us {
                Some(at_us) => clock.until_us(at_us).await,
                None => std::future::pending().await,
            }
        };
        let front = self.broker.front();
        let may_read = !self.broker.done && held < HELD_MAX && room > 0;
        let may_take = self.broker.outgoing.is_empty() && !self.turns.orphaned;
        // Reading and writing share the stream, so they are polled through its two halves.
        let (mut reader, mut writer) = tokio::io::split(&mut self.broker.stream);
        tokio::select! {
            biased;
            written = async { writer.write(front.as_deref().unwrap_or_default()).await }, if front.is_some() => {
                drop((reader, writer));
                self.broker.written(written);
            }
            command = self.turns.queue.recv(), if may_take => {
                drop((reader, writer));
                match command {
                    // What is to be done behind bytes waits for them, but not the end of the run.
                    Some(command) if !self.turns.unsent.is_empty() && !matches!(command, Command::End) => {
                        self.turns.behind.push_back(command);
                    }
                    Some(command) => self.take(command).await,
                    // The client has let go of this connection; its broker's end lives on.
                    None => self.turns.orphaned = true,
                }
            }
            read = reader.read(buffer), if may_read => {
                drop((reader, writer));
                self.read(read, buffer).await;
            }
            // The next round does what is due.
            () = self.waker.woken() => {}
            () = timer => {
                drop((reader, writer));
                self.ping_if_due();
                self.mind_spinning();
            }
        }
    }

    /// A command's turn comes. It is over once all that it writes is on the link.
    async fn take(&mut self, command: Command) {
        self.command(command).await;
        if self.turns.unsent.is_empty() || self.ended {
            self.command_done();
        } else {
            self.turns.writing = true;
        }
    }

    fn command_done(&self) {
        self.client.borrow_mut().presence.passed(1);
        self.recorder.nudge();
    }

    /// A timer that is due again and again without anything coming of it would keep virtual time still for ever.
    fn mind_spinning(&mut self) {
        let now_us = self.recorder.clock().now_us();
        self.timers = if self.timers.0 == now_us { (now_us, self.timers.1 + 1) } else { (now_us, 1) };
        if self.timers.1 > TIMERS_AT_ONE_INSTANT {
            self.recorder.stop(Overflow::Instant(TIMERS_AT_ONE_INSTANT));
        }
    }

    /// Carries out a FIN or RST whose turn has come.
    async fn close_if_next(&mut self) {
        match self.broker.outgoing.front() {
            Some(Outgoing::Fin) => {
                self.broker.outgoing.clear();
                self.closed(End::Broker, By::Harness, Close::Fin);
                self.broker.fin_sent = true;
                self.taps.ended(Direction::Up, End::Broker);
                // It fails only when the broker closed first, which reading shows.
                let _ = self.broker.stream.shutdown().await;
            }
            Some(Outgoing::Rst) => {
                self.broker.outgoing.clear();
                self.closed(End::Broker, By::Harness, Close::Rst);
                self.taps.ended(Direction::Up, End::Broker);
                self.broker.stream.abort();
                self.ended = true;
            }
            _ => {}
        }
    }

    pub(super) fn closed(&self, end: End, by: By, how: Close) -> u64 {
        self.recorder.append(EventKind::Closed { conn: self.conn, end, by, how })
    }

    async fn read(&mut self, read: std::io::Result<usize>, buffer: &[u8]) {
        match read {
            Ok(n) if n > 0 => {
                self.heard();
                self.taps.seen(&buffer[..n]);
                self.on_link(|link, now_us, path| link.broker_bytes(now_us, path, &buffer[..n]));
            }
            // The script's own cut, below TLS: from here on it is a cut like any other.
            Err(error) if is_broken_below(&error) => {
                self.broker.breaks = false;
                self.broker.outgoing.clear();
                let cut = LinkStep { fault: Fault::Cut(Cut::Rst), when: When::Now };
                self.on_link(|link, now_us, _| link.step(now_us, cut));
            }
            other => {
                // What is no MQTT below MQTT (a text frame, a record that can't be read) ends it by our doing, not by a reset.
                let unreadable = other.as_ref().is_err_and(|error| error.kind() == ErrorKind::InvalidData);
                let rst = other.is_err() && !unreadable;
                self.mind_the_way().await;
                self.broker.done = true;
                self.taps.ended(Direction::Down, End::Broker);
                // A foreign link may close both directions when one ends: that proves nothing of what the broker sent.
                let ours = unreadable
                    || self.broker.unreached
                    || (self.broker.foreign.is_some() && self.broker.fin_sent);
                let by = if ours { By::Harness } else { By::Broker };
                self.closed(End::Broker, by, if rst { Close::Rst } else { Close::Fin });
                self.on_link(|link, now_us, path| link.broker_closed(now_us, path, rst));
                if rst {
                    self.broker.outgoing.clear();
                }
            }
        }
    }

    fn heard(&mut self) {
        if !self.broker.heard {
            self.broker.heard = true;
            self.client.borrow_mut().presence.heard_on(self.conn);
        }
    }

    /// A foreign link may accept a client, fail to reach the target, and close: that is not the target's doing.
    async fn mind_the_way(&mut self) {
        let Some(links) = self.broker.foreign.clone().filter(|_| !self.broker.heard) else { return };
        let client = self.client.borrow().index;
        if let Some(why) = foreign::unreached(&*links, &self.recorder, client.index()).await {
            self.broker.unreached = true;
            self.client.borrow_mut().presence.unreached = Some(why);
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Write(bytes, sender) => self.write(bytes, sender),
            Command::WriteFramed(bytes, planned) => {
                // Its link is direct and empty: what passes it next are these bytes.
                if let Some(frames) = self.broker.stream.frames() {
                    frames.plan(planned);
                }
                self.write(bytes, Purpose::Script);
            }
            Command::BreakBelow(bytes) => {
                // Where nothing can break the end of the path says that it never did.
                self.broker.stream.break_below(bytes);
                self.broker.breaks = true;
            }
            Command::Link(step) => self.step(step).await,
            Command::Profile(profile) => {
                self.on_link(|link, now_us, _| link.change_profile(now_us, &profile));
            }
            Command::Close => {
                if !self.client_done {
                    self.client_end_closed(By::Harness, Close::Fin);
                    self.on_link(|link, now_us, path| link.client_closed(now_us, path, false));
                }
            }
            Command::End => {
                self.broker.stream.abort();
                self.ended = true;
            }
        }
    }

    /// A link step. While a foreign link is at it nothing is read, so that what comes of it is recorded behind it.
    async fn step(&mut self, step: LinkStep) {
        if let Some(links) = self.broker.foreign.clone() {
            let client = self.client.borrow().index;
            if !foreign::apply(&*links, &self.recorder, client.index(), Some(self.conn), &step).await {
                return;
            }
        }
        self.on_link(|link, now_us, _| link.step(now_us, step));
    }

    /// Does something to the link now, on behalf of this path.
    pub(super) fn on_link<T>(&self, call: impl FnOnce(&mut Link, u64, PathId) -> T) -> T {
        let now_us = self.recorder.clock().now_us();
        self.client.borrow_mut().modem.on(Some(self.path), |link| call(link, now_us, self.path))
    }

    /// Does everything that the link has due for this path.
    fn drain_link(&mut self) {
        let woken = self.waker.take();
        loop {
            match self.on_link(Link::poll) {
                None => break,
                Some(Output::ToBroker(bytes)) => {
                    self.taps.given(&bytes);
                    self.broker.give(bytes);
                }
                Some(Output::ToClient(bytes)) => self.hand_over(&bytes),
                Some(Output::FinToBroker) => self.broker.outgoing.push_back(Outgoing::Fin),
                Some(Output::RstToBroker) => self.broker.outgoing.push_back(Outgoing::Rst),
                Some(Output::FinToClient) => self.lost(Close::Fin),
                Some(Output::RstToClient) => self.lost(Close::Rst),
                Some(Output::Note(note)) => self.note(note),
            }
        }
        while let Some(note) = self.on_link(|link, _, _| link.poll_note()) {
            self.note(note);
        }
        if woken {
            self.recorder.nudge();
        }
    }

    fn note(&mut self, note: Note) {
        // A silent cut tells the broker nothing, so what passed up until now is all that it will ever get.
        if matches!(note, Note::Cut { how: Cut::Silent }) {
            self.taps.ended(Direction::Up, End::Broker);
        }
        let client = self.client.borrow().index;
        self.recorder.append(EventKind::Link { client, conn: Some(self.conn), note: Box::new(note) });
    }
}
