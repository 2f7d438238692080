//! Carrying a connection: one loop that does the next thing.

use std::{collections::VecDeque, rc::Rc};

use bytes::{Buf, Bytes};
use deadzone_history::{By, Close, ConnId, End, EventKind, Overflow, Purpose};
use deadzone_link::{Cut, Direction, Link, LinkStep, Note, Output, PathId};
use deadzone_wire::Version;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc::UnboundedReceiver,
};

use crate::{
    client::{Command, Line, SharedClient},
    foreign::{self, ForeignLinks},
    tap::Taps,
    tape::Tape,
    transport::Stream,
};

/// Bytes read from a target at once.
const READ_SIZE: usize = 16 * 1024;
/// Most bytes that the link may hold for a path before we stop reading more into it.
const HELD_MAX: usize = 1024 * 1024;
/// Most times that a timer of one path is due at one instant.
const TIMERS_AT_ONE_INSTANT: u64 = 10_000;

/// What is on its way to the broker's socket, in order.
pub(super) enum Outgoing {
    Bytes(Bytes),
    Fin,
    Rst,
}

/// A connection being performed.
pub(crate) struct Path {
    pub(super) conn: ConnId,
    pub(super) path: PathId,
    pub(super) version: Version,
    pub(super) client: SharedClient,
    /// Where others tell us that they made something due here.
    line: Rc<Line>,
    pub(super) tape: Tape,
    pub(super) stream: Box<dyn Stream>,
    pub(super) queue: UnboundedReceiver<Command>,
    pub(super) taps: Taps,
    pub(super) outgoing: VecDeque<Outgoing>,
    /// What the client has written and its link has no room for yet, in order.
    pub(super) unsent: VecDeque<(Bytes, Purpose)>,
    /// The turn of the command that wrote it is not over.
    writing: bool,
    /// Commands behind it.
    behind: VecDeque<Command>,
    /// The broker's side ended: nothing more will be read.
    pub(super) broker_done: bool,
    /// The client's end is closed.
    pub(super) client_done: bool,
    /// Nobody can put commands into the queue any more.
    pub(super) orphaned: bool,
    pub(super) ended: bool,
    /// When a timer was last due, µs, and how often at that instant.
    pub(super) timers: (u64, u64),
    /// Somebody else's link that the stream leads through.
    pub(super) foreign: Option<Rc<dyn ForeignLinks>>,
    /// We shut down writing.
    pub(super) fin_sent: bool,
    /// Something came from the broker.
    pub(super) heard: bool,
    /// The foreign link ended this without having reached the target.
    pub(super) unreached: bool,
}

impl Drop for Path {
    /// However it ends, by itself or by the end of the run, what is incomplete is told.
    fn drop(&mut self) {
        let mut client = self.client.borrow_mut();
        client.leave(self.path);
        client.done += self.behind.len() as u64 + u64::from(self.writing);
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
        tape: &Tape,
        stream: Box<dyn Stream>,
        queue: UnboundedReceiver<Command>,
        foreign: Option<Rc<dyn ForeignLinks>>,
    ) -> Self {
        let version = client.borrow().version;
        let path = PathId(conn.0);
        let line = client.borrow_mut().serve(path);
        Self {
            conn,
            path,
            version,
            taps: Taps::new(tape, conn, version),
            client,
            line,
            tape: tape.clone(),
            stream,
            queue,
            outgoing: VecDeque::new(),
            unsent: VecDeque::new(),
            writing: false,
            behind: VecDeque::new(),
            broker_done: false,
            client_done: false,
            orphaned: false,
            ended: false,
            timers: (0, 0),
            foreign,
            fin_sent: false,
            heard: false,
            unreached: false,
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
            self.ended |= self.tape.overflow().is_some();
            if self.ended || (self.broker_done && self.client_done && self.outgoing.is_empty()) {
                break;
            }
            if self.send_unsent() {
                continue;
            }
            if self.unsent.is_empty() && self.outgoing.is_empty() {
                if std::mem::take(&mut self.writing) {
                    self.command_done();
                }
                if let Some(command) = self.behind.pop_front() {
                    self.take(command).await;
                    continue;
                }
            }
            self.turn(&mut buffer).await;
        }
        self.tape.nudge();
    }

    /// Waits for the one next thing and does it.
    async fn turn(&mut self, buffer: &mut [u8]) {
        let clock = self.tape.clock();
        let (wake_us, ping_us, held, room) = {
            let client = self.client.borrow();
            // Who waits until he can write has something to say anyway.
            let pings = !self.client_done && self.unsent.is_empty();
            let ping = client.ping_due_us().filter(|_| pings);
            let room = client.link().room(self.path, Direction::Down);
            (client.link().wake_at_us(), ping, client.link().held_bytes(self.path), room)
        };
        let next_us = [wake_us, ping_us].into_iter().flatten().min();
        let timer = async {
            match next_us {
                Some(at_us) => clock.until_us(at_us).await,
                None => std::future::pending().await,
            }
        };
        let front: Option<Bytes> = match self.outgoing.front() {
            Some(Outgoing::Bytes(bytes)) => Some(bytes.clone()),
            _ => None,
        };
        let may_read = !self.broker_done && held < HELD_MAX && room > 0;
        let may_take = self.outgoing.is_empty() && !self.orphaned;
        // Reading and writing share the stream, so they are polled through its two halves.
        let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
        tokio::select! {
            biased;
            written = async { writer.write(front.as_deref().unwrap_or_default()).await }, if front.is_some() => {
                drop((reader, writer));
                self.written(written);
            }
            command = self.queue.recv(), if may_take => {
                drop((reader, writer));
                match command {
                    // What is to be done behind bytes waits for them, but not the end of the run.
                    Some(command) if !self.unsent.is_empty() && !matches!(command, Command::End) => {
                        self.behind.push_back(command);
                    }
                    Some(command) => self.take(command).await,
                    // The client has let go of this connection; its broker's end lives on.
                    None => self.orphaned = true,
                }
            }
            read = reader.read(buffer), if may_read => {
                drop((reader, writer));
                self.read(read, buffer).await;
            }
            // The next round does what is due.
            () = self.line.poked() => {}
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
        if self.unsent.is_empty() || self.ended {
            self.command_done();
        } else {
            self.writing = true;
        }
    }

    fn command_done(&self) {
        self.client.borrow_mut().done += 1;
        self.tape.nudge();
    }

    /// A timer that is due again and again without anything coming of it would keep virtual time still for ever.
    fn mind_spinning(&mut self) {
        let now_us = self.tape.clock().now_us();
        self.timers = if self.timers.0 == now_us { (now_us, self.timers.1 + 1) } else { (now_us, 1) };
        if self.timers.1 > TIMERS_AT_ONE_INSTANT {
            self.tape.stop(Overflow::Instant(TIMERS_AT_ONE_INSTANT));
        }
    }

    fn written(&mut self, written: std::io::Result<usize>) {
        match written {
            Ok(n) if n > 0 => {
                if let Some(Outgoing::Bytes(bytes)) = self.outgoing.front_mut() {
                    bytes.advance(n);
                    if bytes.is_empty() {
                        self.outgoing.pop_front();
                    }
                }
            }
            // The broker's end is gone; reading tells how. Nothing more can be given.
            _ => self.outgoing.clear(),
        }
    }

    /// Carries out a FIN or RST whose turn has come.
    async fn close_if_next(&mut self) {
        match self.outgoing.front() {
            Some(Outgoing::Fin) => {
                self.outgoing.clear();
                self.closed(End::Broker, By::Harness, Close::Fin);
                self.fin_sent = true;
                self.taps.ended(Direction::Up, End::Broker);
                // It fails only when the broker closed first, which reading shows.
                let _ = self.stream.shutdown().await;
            }
            Some(Outgoing::Rst) => {
                self.outgoing.clear();
                self.closed(End::Broker, By::Harness, Close::Rst);
                self.taps.ended(Direction::Up, End::Broker);
                self.stream.abort();
                self.ended = true;
            }
            _ => {}
        }
    }

    pub(super) fn closed(&self, end: End, by: By, how: Close) -> u64 {
        self.tape.append(EventKind::Closed { conn: self.conn, end, by, how })
    }

    async fn read(&mut self, read: std::io::Result<usize>, buffer: &[u8]) {
        match read {
            Ok(n) if n > 0 => {
                self.heard();
                self.taps.seen(&buffer[..n]);
                self.on_link(|link, now_us, path| link.broker_bytes(now_us, path, &buffer[..n]));
            }
            other => {
                let rst = other.is_err();
                self.mind_the_way().await;
                self.broker_done = true;
                self.taps.ended(Direction::Down, End::Broker);
                // A foreign link may close both directions when one ends: that proves nothing of what the broker sent.
                let ours = self.unreached || (self.foreign.is_some() && self.fin_sent);
                let by = if ours { By::Harness } else { By::Broker };
                self.closed(End::Broker, by, if rst { Close::Rst } else { Close::Fin });
                self.on_link(|link, now_us, path| link.broker_closed(now_us, path, rst));
                if rst {
                    self.outgoing.clear();
                }
            }
        }
    }

    fn heard(&mut self) {
        if !self.heard {
            self.heard = true;
            self.client.borrow_mut().heard_on(self.conn);
        }
    }

    /// A foreign link may accept a client, fail to reach the target, and close: that is none of the target's doing.
    async fn mind_the_way(&mut self) {
        let Some(links) = self.foreign.clone().filter(|_| !self.heard) else { return };
        let client = self.client.borrow().index;
        if let Some(why) = foreign::unreached(&*links, &self.tape, client).await {
            self.unreached = true;
            self.client.borrow_mut().unreached = Some(why);
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Write(bytes, sender) => self.write(bytes, sender),
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
                self.stream.abort();
                self.ended = true;
            }
        }
    }

    /// A link step. While a foreign link is at it nothing is read, so that what comes of it is recorded behind it.
    async fn step(&mut self, step: LinkStep) {
        if let Some(links) = self.foreign.clone() {
            let client = self.client.borrow().index;
            if !foreign::apply(&*links, &self.tape, client, Some(self.conn), &step).await {
                return;
            }
        }
        self.on_link(|link, now_us, _| link.step(now_us, step));
    }

    /// Does something to the link now, on behalf of this path.
    pub(super) fn on_link<T>(&self, call: impl FnOnce(&mut Link, u64, PathId) -> T) -> T {
        let now_us = self.tape.clock().now_us();
        self.client.borrow_mut().on_link(Some(self.path), |link| call(link, now_us, self.path))
    }

    /// Does everything that the link has due for this path.
    fn drain_link(&mut self) {
        let poked = self.line.see_to();
        loop {
            match self.on_link(Link::poll) {
                None => break,
                Some(Output::ToBroker(bytes)) => {
                    self.taps.given(&bytes);
                    if !self.broker_done {
                        self.outgoing.push_back(Outgoing::Bytes(bytes));
                    }
                }
                Some(Output::ToClient(bytes)) => self.hand_over(&bytes),
                Some(Output::FinToBroker) => self.outgoing.push_back(Outgoing::Fin),
                Some(Output::RstToBroker) => self.outgoing.push_back(Outgoing::Rst),
                Some(Output::FinToClient) => self.lost(Close::Fin),
                Some(Output::RstToClient) => self.lost(Close::Rst),
                Some(Output::Note(note)) => self.note(note),
            }
        }
        while let Some(note) = self.on_link(|link, _, _| link.poll_note()) {
            self.note(note);
        }
        if poked {
            self.tape.nudge();
        }
    }

    fn note(&mut self, note: Note) {
        // A silent cut tells the broker nothing, so what passed up until now is all that it will ever get.
        if matches!(note, Note::Cut { how: Cut::Silent }) {
            self.taps.ended(Direction::Up, End::Broker);
        }
        let client = self.client.borrow().index;
        self.tape.append(EventKind::Link {
            client: client.into(),
            conn: Some(self.conn),
            note: Box::new(note),
        });
    }
}
